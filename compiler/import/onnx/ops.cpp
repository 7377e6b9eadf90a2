// Nodes of the source in order: find the operator for the opset in force, hand over, collect
// problems. SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/ops.h"

#include "compiler/import/onnx/limits.h"
#include "compiler/import/onnx/text.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;
using onnx_pb::NodeProto;

const Operator* find(std::string_view type, int opset) {
  for (const auto family :
       {linear_operators(), activation_operators(), elementwise_operators(), normalise_operators(),
        shape_operators(), pick_operators(), constant_operators()})
    for (const Operator& candidate : family)
      if (type == candidate.type && opset >= candidate.first && opset <= candidate.last)
        return &candidate;
  return nullptr;
}

struct Refusal {
  std::string_view type, reason, hint;
};

constexpr std::string_view kFlow = "control flow is not compiled";
constexpr std::string_view kUnroll = "export the model with the branch or loop resolved";
constexpr std::string_view kQuantised = "quantised graphs are not compiled";
constexpr std::string_view kFloatModel = "convert the float32 model it was made from";
constexpr std::string_view kNetwork = "mle compiles multi-layer perceptrons and linear models";

constexpr Refusal kRefusals[] = {
    {"If", kFlow, kUnroll},
    {"Loop", kFlow, kUnroll},
    {"Scan", kFlow, kUnroll},
    {"QuantizeLinear", kQuantised, kFloatModel},
    {"DequantizeLinear", kQuantised, kFloatModel},
    {"DynamicQuantizeLinear", kQuantised, kFloatModel},
    {"MatMulInteger", kQuantised, kFloatModel},
    {"QLinearMatMul", kQuantised, kFloatModel},
    {"Conv", "convolutions are out of scope", kNetwork},
    {"ConvTranspose", "convolutions are out of scope", kNetwork},
    {"MaxPool", "pooling is out of scope", kNetwork},
    {"AveragePool", "pooling is out of scope", kNetwork},
    {"LSTM", "recurrent networks are out of scope", kNetwork},
    {"GRU", "recurrent networks are out of scope", kNetwork},
    {"RNN", "recurrent networks are out of scope", kNetwork},
    {"Erfc", "it is no ONNX operator, although tf2onnx writes it for GELU",
     "export the GELU as tanh approximation or in its erf form"},
};

Status refuse(const Importing& importing, const NodeProto& node) {
  const std::string type = quoted(node.op_type());
  if (!node.domain().empty() && node.domain() != "ai.onnx") {
    for (const onnx_pb::FunctionProto& function : importing.model->functions())
      if (function.domain() == node.domain() && function.name() == node.op_type())
        return unsupported(C205_UnsupportedOp, "operator " + type + " is a function of the model",
                           "inline the model's functions before converting");
    return unsupported(C205_UnsupportedOp,
                       "operator " + type + " of domain " + quoted(node.domain()) + " is not read",
                       "export with operators of the default ONNX domain");
  }
  for (const Refusal& refusal : kRefusals)
    if (refusal.type == node.op_type())
      return unsupported(C205_UnsupportedOp,
                         "operator " + type + ": " + std::string(refusal.reason), refusal.hint);
  return unsupported(
      C205_UnsupportedOp,
      "operator " + type + " is not known in opset " + std::to_string(importing.opset),
      "docs/onnx.md lists the operators");
}

std::string where(const NodeProto& node, int index) {
  if (!node.name().empty()) return "node " + quoted(node.name());
  return "node " + std::to_string(index) + " (" + quoted(node.op_type()) + ")";
}

Status check_counts(const Operator& op, const NodeProto& node, const OperatorNode& site) {
  if (site.input_count() < op.least_inputs || site.input_count() > op.most_inputs)
    return broken(C213_GraphBroken,
                  node.op_type() + " with " + std::to_string(site.input_count()) + " inputs");
  for (size_t i = 0; i < op.least_inputs; ++i)
    if (!site.has(i)) return broken(C213_GraphBroken, node.op_type() + " without an input");
  if (node.output_size() < 1 || node.output_size() > op.most_outputs)
    return broken(C213_GraphBroken,
                  node.op_type() + " with " + std::to_string(node.output_size()) + " outputs");
  return {};
}

// Which nodes there are to do, found backwards from the outputs.
class LiveNodes {
 public:
  explicit LiveNodes(Importing& importing)
      : importing_(importing), live_(static_cast<size_t>(importing.source().node_size())) {}

  std::vector<bool> find() {
    const onnx_pb::GraphProto& graph = importing_.source();
    for (int n = 0; n < graph.node_size(); ++n)
      for (const std::string& output : graph.node(n).output()) add_producer(output, n);
    for (const onnx_pb::ValueInfoProto& output : graph.output()) use(output.name());
    while (!to_visit_.empty()) {
      const int n = to_visit_.back();
      to_visit_.pop_back();
      for (const std::string& input : graph.node(n).input()) use(input);
    }
    return std::move(live_);
  }

 private:
  void add_producer(const std::string& name, int n) {
    if (name.empty()) return;
    if (!producers_.try_emplace(name, n).second)
      importing_.problems.add(
          broken(C213_GraphBroken, "value " + quoted(name) + " is computed twice"),
          where(importing_.source().node(n), n));
  }

  void use(const std::string& name) {
    if (name.empty()) return;
    ++importing_.uses[name];
    const auto found = producers_.find(name);
    if (found == producers_.end() || live_[static_cast<size_t>(found->second)]) return;
    live_[static_cast<size_t>(found->second)] = true;
    to_visit_.push_back(found->second);
  }

  Importing& importing_;
  std::unordered_map<std::string, int> producers_;
  std::vector<bool> live_;
  std::vector<int> to_visit_;
};

// Every input is there already, no output is.
Status check_names(const Importing& importing, const NodeProto& node) {
  if (node.input_size() > static_cast<int>(kMaxNodeInputs))
    return unsupported(C216_LimitReached, "more than 4,096 inputs");
  for (const std::string& input : node.input())
    if (!input.empty() && !importing.operands.contains(input))
      return broken(
          C213_GraphBroken,
          "input " + quoted(input) + " is defined by no earlier node, input or initializer",
          "the graph has a cycle, is unsorted or incomplete: export it again");
  for (const std::string& output : node.output())
    if (!output.empty() && importing.operands.contains(output))
      return broken(C213_GraphBroken, "value " + quoted(output) + " is defined twice");
  return {};
}

Status import_node(Importing& importing, const NodeProto& node) {
  const bool default_domain = node.domain().empty() || node.domain() == "ai.onnx";
  const Operator* op = default_domain ? find(node.op_type(), importing.opset) : nullptr;
  if (op == nullptr) return refuse(importing, node);
  MLE_TRY(check_names(importing, node));
  OperatorNode site(importing, node);
  MLE_TRY(check_counts(*op, node, site));
  if (site.any_refused()) return {};
  MLE_TRY(op->read(site));
  return site.all_attributes_known();
}

}  // namespace

std::vector<bool> find_live_nodes(Importing& importing) { return LiveNodes(importing).find(); }

void import_nodes(Importing& importing, const std::vector<bool>& live) {
  const onnx_pb::GraphProto& graph = importing.source();
  for (int n = 0; n < graph.node_size(); ++n) {
    if (!live[static_cast<size_t>(n)]) continue;
    const NodeProto& node = graph.node(n);
    Status status = import_node(importing, node);
    if (!status.ok()) importing.problems.add(status, where(node, n));
    // What a refused node should have made is known, but refused: no follow-up problems.
    for (const std::string& output : node.output())
      if (!output.empty()) importing.operands.try_emplace(output);
  }
}

}  // namespace mle::compiler::onnx
