// Nodes of the source in order: find the operator for the opset in force, hand over, collect
// problems.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/ops.h"

#include "compiler/import/onnx/flow.h"
#include "compiler/import/onnx/limits.h"
#include "compiler/import/onnx/runtime_functions.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;
using onnx_pb::NodeProto;

template <class Fits>
const Operator* find_if(bool ml, Fits fits) {
  if (ml) {
    for (const auto family : {ml_feature_operators(), ml_linear_operators(), ml_key_operators()})
      for (const Operator& candidate : family)
        if (fits(candidate)) return &candidate;
    return nullptr;
  }
  for (const auto family :
       {linear_operators(), activation_operators(), elementwise_operators(), normalise_operators(),
        shape_operators(),  reshape_operators(),    axes_operators(),        pick_operators(),
        gather_operators(), pool_operators(),       resize_operators(),      pad_operators(),
        make_operators(),   constant_operators(),   reduce_operators(),      layer_norm_operators(),
        along_operators(),  einsum_operators(),     quantize_operators(),    logic_operators()})
    for (const Operator& candidate : family)
      if (fits(candidate)) return &candidate;
  return nullptr;
}

const Operator* find(bool ml, std::string_view type, int opset) {
  return find_if(ml, [&](const Operator& candidate) {
    return type == candidate.type && opset >= candidate.first && opset <= candidate.last;
  });
}

// Of the domain of ONNX Runtime's own tools.
const Operator* find_runtime(std::string_view type) {
  for (const Operator& candidate : runtime_operators())
    if (type == candidate.type) return &candidate;
  return nullptr;
}

bool is_known(bool ml, std::string_view type) {
  return find_if(ml, [&](const Operator& candidate) { return type == candidate.type; }) != nullptr;
}

struct Refusal {
  std::string_view type, reason, hint;
};

constexpr std::string_view kFlow = "loops are not compiled";
constexpr std::string_view kUnroll = "export the model with the loop unrolled";
constexpr std::string_view kQuantised = "quantised convolutions are not compiled";
constexpr std::string_view kFloatModel = "convert the float32 model it was made from";
constexpr std::string_view kNetwork = "mle compiles multi-layer perceptrons and linear models";

constexpr std::string_view kTrees = "trees are not compiled";
constexpr std::string_view kText = "text is not taken apart, strings are keys";
constexpr std::string_view kPrepare = "prepare the text before the model";

constexpr Refusal kRefusals[] = {
    {"Loop", kFlow, kUnroll},
    {"Scan", kFlow, kUnroll},
    {"ConvInteger", kQuantised, kFloatModel},
    {"QLinearConv", kQuantised, kFloatModel},
    {"Conv", "convolutions are out of scope", kNetwork},
    {"ConvTranspose", "convolutions are out of scope", kNetwork},
    {"LSTM", "recurrent networks are out of scope", kNetwork},
    {"GRU", "recurrent networks are out of scope", kNetwork},
    {"RNN", "recurrent networks are out of scope", kNetwork},
    {"TreeEnsemble", kTrees, kNetwork},
    {"TreeEnsembleClassifier", kTrees, kNetwork},
    {"TreeEnsembleRegressor", kTrees, kNetwork},
    {"StringNormalizer", kText, kPrepare},
    {"StringSplit", kText, kPrepare},
    {"StringConcat", kText, kPrepare},
    {"RegexFullMatch", kText, kPrepare},
    {"TfIdfVectorizer", kText, kPrepare},
    {"Tokenizer", kText, kPrepare},
    {"DictVectorizer", "it takes a map, and mle takes tensors", "feed columns instead of maps"},
    {"CastMap", "it takes a map, and mle takes tensors", "feed columns instead of maps"},
    {"Erfc", "it is no ONNX operator, although tf2onnx writes it for GELU",
     "export the GELU as tanh approximation or in its erf form"},
};

bool is_default_domain(const NodeProto& node) {
  return node.domain().empty() || node.domain() == "ai.onnx";
}

Status refuse(const Importing& importing, const NodeProto& node) {
  const std::string type = quoted(node.op_type());
  for (const Refusal& refusal : kRefusals)
    if (refusal.type == node.op_type())
      return unsupported(C205_UnsupportedOp,
                         "operator " + type + ": " + std::string(refusal.reason), refusal.hint);
  const bool ml = node.domain() == kMlDomain;
  if (!ml && !is_default_domain(node)) {
    return unsupported(C205_UnsupportedOp,
                       "operator " + type + " of domain " + quoted(node.domain()) + " is not read",
                       "export with operators of ONNX and ai.onnx.ml");
  }
  const std::string opset = std::to_string(ml ? importing.ml_opset : importing.opset);
  if (is_known(ml, node.op_type()))
    return broken(C205_UnsupportedOp, "operator " + type + " does not exist in opset " + opset,
                  "export the model with another opset_version");
  return unsupported(C205_UnsupportedOp,
                     "operator " + type + " of opset " + opset + " is not compiled",
                     "docs/onnx.md lists the operators that are");
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

// Operators that leave axes they don't name where they are, wherever the batch axis is.
bool takes_any_layout(const OperatorNode& site) {
  constexpr std::string_view kTypes[] = {
      "ArgMax", "ArgMin",   "Cast",     "CastLike",  "Concat", "Dropout",  "Expand", "Flatten",
      "Gather", "GatherND", "Identity", "OneHot",    "Pad",    "Reshape",  "Shape",  "Size",
      "Slice",  "Split",    "Squeeze",  "Transpose", "Tile",   "Unsqueeze"};
  if (std::ranges::find(kTypes, site.type()) != std::end(kTypes)) return true;
  if (site.type().starts_with("Reduce")) return true;
  if (site.type() == "MatMul" || site.type() == "Gemm") {  // rows times fixed weights
    const RowLayout layout = site.layout(0);
    return site.input_count() >= 2 && site.is_constant(1) && !site.per_row(1) &&
           layout.axis + layout.merged < site.dims(0).size();
  }
  for (const auto family : {activation_operators(), elementwise_operators(), logic_operators()})
    for (const Operator& op : family)
      if (op.type == site.type()) return true;
  return (site.type() == "Softmax" || site.type() == "LogSoftmax") && site.opset() >= 13;
}

// Rows that were joined along the batch axis are looked at again once they are taken apart.
bool takes_led_rows(const OperatorNode& site) {
  return site.type() == "Reshape" || site.type() == "Identity" || site.type() == "Cast";
}

Status check_layouts(const OperatorNode& site) {
  for (size_t i = 0; i < site.input_count(); ++i) {
    if (!site.has(i) || !site.per_row(i) || site.layout(i) == RowLayout{}) continue;
    if (site.layout(i).led != 0 ? takes_led_rows(site) : takes_any_layout(site)) continue;
    return unsupported(
        C214_MixesRows,
        site.layout(i).merged != 0 ? site.type() + " of rows that were merged with another axis"
                                   : site.type() + " of a tensor whose batch axis is not the first",
        "move the batch axis to the first place before it, or fix the number of rows "
        "with --shape NAME=N");
  }
  return {};
}

}  // namespace

Status import_node(Importing& importing, const NodeProto& node) {
  const bool ml = node.domain() == kMlDomain;
  const bool default_domain = is_default_domain(node);
  const Operator* op = ml               ? find(true, node.op_type(), importing.ml_opset)
                       : default_domain ? find(false, node.op_type(), importing.opset)
                       : node.domain() == "com.microsoft" ? find_runtime(node.op_type())
                                                          : nullptr;
  if (default_domain && node.op_type() == "If") {
    MLE_TRY(check_names(importing, node));
    return import_if(importing, node);
  }
  if (const onnx_pb::FunctionProto* function = importing.function_of(node)) {
    MLE_TRY(check_names(importing, node));
    return call_function(importing, *function, node);
  }
  if (op == nullptr && node.domain() == "com.microsoft") {
    if (const RuntimeFunction* runtime = find_runtime_function(node.op_type())) {
      MLE_TRY(check_names(importing, node));
      if (OperatorNode(importing, node).any_refused()) return {};
      MLE_TRY_ASSIGN(const auto function, runtime_function(importing, *runtime, node));
      return call_function(importing, function, node);
    }
  }
  if (default_domain && importing.opset == 0)
    return broken(C206_UnsupportedOpset, "the model does not say which opset it is written in",
                  "export it again");
  if (op == nullptr) return refuse(importing, node);
  MLE_TRY(check_names(importing, node));
  OperatorNode site(importing, node);
  MLE_TRY(check_counts(*op, node, site));
  if (site.any_refused()) return {};
  MLE_TRY(check_layouts(site));
  MLE_TRY(op->read(site));
  if (default_domain) site.stay_dequantized();
  return site.all_attributes_known();
}

std::string where(const NodeProto& node, int index) {
  if (!node.name().empty()) return "node " + quoted(node.name());
  return "node " + std::to_string(index) + " (" + quoted(node.op_type()) + ")";
}

void import_nodes(Importing& importing, const Nodes& nodes, const std::vector<int>& live) {
  const Nodes* const nodes_around = std::exchange(importing.nodes, &nodes);
  const std::vector<int>* const live_around = std::exchange(importing.live, &live);
  auto neighbours_around = std::exchange(importing.neighbours, {});
  for (const int n : live) {
    const NodeProto& node = nodes.Get(n);
    Status status = import_node(importing, node);
    if (!status.ok()) importing.problems.add(status, importing.context + where(node, n));
    // What a refused node should have made is known, but refused: no follow-up problems.
    for (const std::string& output : node.output())
      if (!output.empty()) importing.operands.try_emplace(output);
  }
  importing.nodes = nodes_around;
  importing.live = live_around;
  importing.neighbours = std::move(neighbours_around);
}

}  // namespace mle::compiler::onnx
