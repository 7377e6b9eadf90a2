// Nodes of the source in order: find the operator for the opset in force, hand over, collect
// problems.
// SPDX-License-Identifier: Apache-2.0
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

template <class Fits>
const Operator* find_if(Fits fits) {
  for (const auto family :
       {linear_operators(), activation_operators(), elementwise_operators(), normalise_operators(),
        shape_operators(), pick_operators(), constant_operators(), reduce_operators(),
        layer_norm_operators(), along_operators(), matmul_operators(), quantize_operators()})
    for (const Operator& candidate : family)
      if (fits(candidate)) return &candidate;
  return nullptr;
}

const Operator* find(std::string_view type, int opset) {
  return find_if([&](const Operator& candidate) {
    return type == candidate.type && opset >= candidate.first && opset <= candidate.last;
  });
}

// Of the domain of ONNX Runtime's own tools.
const Operator* find_runtime(std::string_view type) {
  for (const Operator& candidate : runtime_operators())
    if (type == candidate.type) return &candidate;
  return nullptr;
}

bool is_known(std::string_view type) {
  return find_if([&](const Operator& candidate) { return type == candidate.type; }) != nullptr;
}

struct Refusal {
  std::string_view type, reason, hint;
};

constexpr std::string_view kFlow = "control flow is not compiled";
constexpr std::string_view kUnroll = "export the model with the branch or loop resolved";
constexpr std::string_view kQuantised = "quantised convolutions are not compiled";
constexpr std::string_view kFloatModel = "convert the float32 model it was made from";
constexpr std::string_view kNetwork = "mle compiles multi-layer perceptrons and linear models";

constexpr Refusal kRefusals[] = {
    {"If", kFlow, kUnroll},
    {"Loop", kFlow, kUnroll},
    {"Scan", kFlow, kUnroll},
    {"ConvInteger", kQuantised, kFloatModel},
    {"QLinearConv", kQuantised, kFloatModel},
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
  const std::string opset = std::to_string(importing.opset);
  if (is_known(node.op_type()))
    return broken(C205_UnsupportedOp, "operator " + type + " does not exist in opset " + opset,
                  "export the model with another opset_version");
  return unsupported(C205_UnsupportedOp,
                     "operator " + type + " of opset " + opset + " is not compiled",
                     "docs/onnx.md lists the operators that are");
}

std::string where(const NodeProto& node, int index) {
  if (!node.name().empty()) return "node " + quoted(node.name());
  return "node " + std::to_string(index) + " (" + quoted(node.op_type()) + ")";
}

bool exceeds(size_t count, uint8_t most) { return most != kAny && count > most; }

Status check_counts(const Operator& op, const NodeProto& node, const OperatorNode& site) {
  if (site.input_count() < op.least_inputs || exceeds(site.input_count(), op.most_inputs))
    return broken(C213_GraphBroken,
                  node.op_type() + " with " + std::to_string(site.input_count()) + " inputs");
  // Of a list every input has to be there.
  const size_t required = op.most_inputs == kAny ? site.input_count() : op.least_inputs;
  for (size_t i = 0; i < required; ++i)
    if (!site.has(i)) return broken(C213_GraphBroken, node.op_type() + " without an input");
  if (site.output_count() < 1 || exceeds(site.output_count(), op.most_outputs))
    return broken(C213_GraphBroken,
                  node.op_type() + " with " + std::to_string(node.output_size()) + " outputs");
  return {};
}

// Which nodes there are to do, found backwards from the outputs, and an order in which every node
// comes after those it needs. Files are nearly always sorted: then the order is theirs.
class LiveNodes {
 public:
  explicit LiveNodes(Importing& importing)
      : importing_(importing), graph_(importing.source()), is_live_(node_count()) {}

  std::vector<int> find() {
    for (int n = 0; n < graph_.node_size(); ++n)
      for (const std::string& output : graph_.node(n).output()) add_producer(output, n);
    for (const onnx_pb::ValueInfoProto& output : graph_.output()) use(output.name());
    while (!to_visit_.empty()) {
      const int n = to_visit_.back();
      to_visit_.pop_back();
      for (const std::string& input : graph_.node(n).input()) use(input);
    }
    return sorted();
  }

 private:
  size_t node_count() const { return static_cast<size_t>(importing_.source().node_size()); }

  void add_producer(const std::string& name, int n) {
    if (name.empty()) return;
    if (!producers_.try_emplace(name, n).second)
      importing_.problems.add(
          broken(C213_GraphBroken, "value " + quoted(name) + " is computed twice"),
          where(graph_.node(n), n));
  }

  void use(const std::string& name) {
    if (name.empty()) return;
    ++importing_.uses[name];
    const auto found = producers_.find(name);
    if (found == producers_.end() || is_live_[static_cast<size_t>(found->second)]) return;
    is_live_[static_cast<size_t>(found->second)] = true;
    to_visit_.push_back(found->second);
  }

  // Depth first with a stack of our own. Where a cycle closes, the order is wrong, and the node
  // that comes too early will miss its input.
  std::vector<int> sorted() const {
    struct Visit {
      int node;
      int next_input;
    };
    std::vector<int> order;
    std::vector<bool> seen(node_count());
    std::vector<Visit> stack;
    const auto enter = [&](int n) {
      if (seen[static_cast<size_t>(n)]) return;
      seen[static_cast<size_t>(n)] = true;
      stack.push_back({n, 0});
    };
    for (int root = 0; root < graph_.node_size(); ++root) {
      if (is_live_[static_cast<size_t>(root)]) enter(root);
      while (!stack.empty()) {
        Visit& visit = stack.back();
        const NodeProto& node = graph_.node(visit.node);
        if (visit.next_input == node.input_size()) {
          order.push_back(visit.node);
          stack.pop_back();
          continue;
        }
        const auto producer = producers_.find(node.input(visit.next_input++));
        if (producer != producers_.end()) enter(producer->second);
      }
    }
    return order;
  }

  Importing& importing_;
  const onnx_pb::GraphProto& graph_;
  std::unordered_map<std::string, int> producers_;
  std::vector<bool> is_live_;
  std::vector<int> to_visit_;
};

// Every input is there already, no output is.
Status check_names(const Importing& importing, const NodeProto& node) {
  if (node.input_size() > kMaxNodePorts || node.output_size() > kMaxNodePorts)
    return unsupported(C216_LimitReached, "more than 4,096 inputs or outputs");
  for (const std::string& input : node.input())
    if (!input.empty() && !importing.operands.contains(input))
      return broken(C213_GraphBroken,
                    "input " + quoted(input) + " is defined by no other node, input or initializer",
                    "the graph has a cycle or is incomplete: export it again");
  for (const std::string& output : node.output())
    if (!output.empty() && importing.operands.contains(output))
      return broken(C213_GraphBroken, "value " + quoted(output) + " is defined twice");
  return {};
}

Status import_node(Importing& importing, const NodeProto& node) {
  const bool default_domain = node.domain().empty() || node.domain() == "ai.onnx";
  const Operator* op = default_domain                     ? find(node.op_type(), importing.opset)
                       : node.domain() == "com.microsoft" ? find_runtime(node.op_type())
                                                          : nullptr;
  if (op == nullptr) return refuse(importing, node);
  MLE_TRY(check_names(importing, node));
  OperatorNode site(importing, node);
  MLE_TRY(check_counts(*op, node, site));
  if (site.any_refused()) return {};
  MLE_TRY(op->read(site));
  return site.all_attributes_known();
}

}  // namespace

std::vector<int> find_live_nodes(Importing& importing) { return LiveNodes(importing).find(); }

void import_nodes(Importing& importing, const std::vector<int>& live) {
  for (const int n : live) {
    const NodeProto& node = importing.source().node(n);
    Status status = import_node(importing, node);
    if (!status.ok()) importing.problems.add(status, where(node, n));
    // What a refused node should have made is known, but refused: no follow-up problems.
    for (const std::string& output : node.output())
      if (!output.empty()) importing.operands.try_emplace(output);
  }
}

}  // namespace mle::compiler::onnx
