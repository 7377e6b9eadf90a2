// Both put a scope of names around import_nodes().
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/flow.h"

#include "compiler/import/onnx/limits.h"
#include "compiler/import/onnx/operator_node.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;
using onnx_pb::AttributeProto;
using onnx_pb::FunctionProto;
using onnx_pb::GraphProto;
using onnx_pb::ModelProto;
using onnx_pb::NodeProto;

// The branch a constant condition takes.
Result<const GraphProto*> taken_branch(OperatorNode& site) {
  constexpr const char* kHint = "export the model with the branch resolved";
  if (!site.is_constant(0) || site.per_row(0))
    return unsupported(C205_UnsupportedOp, "If on a condition that depends on the inputs", kHint);
  const Tensor& condition = site.tensor(0);
  if (condition.dtype != DType::Bool || condition.count() != 1)
    return broken(C208_Shape, "If on a condition that is not one truth value");
  MLE_TRY_ASSIGN(const auto* yes, site.attribute("then_branch", AttributeProto::GRAPH));
  MLE_TRY_ASSIGN(const auto* no, site.attribute("else_branch", AttributeProto::GRAPH));
  if (yes == nullptr || no == nullptr) return broken(C209_Attribute, "If without its branches");
  return condition.integer(0) != 0 ? &yes->g() : &no->g();
}

// Names that a branch defines.
std::set<std::string> names_inside(const GraphProto& graph) {
  std::set<std::string> names;
  for (const NodeProto& node : graph.node())
    names.insert(node.output().begin(), node.output().end());
  for (const auto& initializer : graph.initializer()) names.insert(initializer.name());
  return names;
}

// The attributes of a call, and the function's own values for those it leaves out.
using Attributes = std::map<std::string, const AttributeProto*>;

Attributes attributes_of_call(const FunctionProto& function, const NodeProto& node) {
  Attributes attributes;
  for (const AttributeProto& otherwise : function.attribute_proto())
    attributes[otherwise.name()] = &otherwise;
  for (const AttributeProto& given : node.attribute()) attributes[given.name()] = &given;
  return attributes;
}

bool refers(const NodeProto& node) {  // NOLINT(misc-no-recursion): bounded by wire_scan.h
  for (const AttributeProto& attribute : node.attribute()) {
    if (!attribute.ref_attr_name().empty()) return true;
    for (const NodeProto& inner : attribute.g().node())
      if (refers(inner)) return true;
  }
  return false;
}

// References to attributes of the call become its values; one that has none is left out.
void fill_in(NodeProto& node, const Attributes& call) {  // NOLINT(misc-no-recursion): as refers()
  google::protobuf::RepeatedPtrField<AttributeProto> filled;
  for (AttributeProto& attribute : *node.mutable_attribute()) {
    if (attribute.has_g())
      for (NodeProto& inner : *attribute.mutable_g()->mutable_node()) fill_in(inner, call);
    const auto value = call.find(attribute.ref_attr_name());
    if (attribute.ref_attr_name().empty()) {
      *filled.Add() = std::move(attribute);
    } else if (value != call.end()) {
      AttributeProto& copy = *filled.Add();
      copy = *value->second;
      copy.set_name(attribute.name());
    }
  }
  node.mutable_attribute()->Swap(&filled);
}

// The function's nodes with the attributes of this call, as a model that keeps their tensors alive.
std::shared_ptr<const ModelProto> body_of(const FunctionProto& function, const Attributes& call) {
  auto body = std::make_shared<ModelProto>();
  *body->mutable_graph()->mutable_node() = function.node();
  for (NodeProto& node : *body->mutable_graph()->mutable_node()) fill_in(node, call);
  return body;
}

Result<int> opset_of(const Importing& importing, const FunctionProto& function) {
  for (const onnx_pb::OperatorSetIdProto& import : function.opset_import()) {
    if (!import.domain().empty() && import.domain() != "ai.onnx") continue;
    if (import.version() < kOldestOpset || import.version() > kNewestOpset)
      return unsupported(C206_UnsupportedOpset,
                         "the function is written in opset " + std::to_string(import.version()) +
                             ", mle reads opsets " + std::to_string(kOldestOpset) + " to " +
                             std::to_string(kNewestOpset),
                         "export it with another opset_version");
    return static_cast<int>(import.version());
  }
  return importing.opset;
}

// What an import has changed while a function's nodes are read, put back at the end.
class Scope {
 public:
  explicit Scope(Importing& importing)
      : importing_(importing),
        operands_(std::move(importing.operands)),
        uses_(std::move(importing.uses)),
        owner_(importing.owner),
        context_(importing.context),
        opset_(importing.opset) {
    importing.operands.clear();
    importing.uses.clear();
    ++importing.depth;
  }
  ~Scope() {
    importing_.operands = std::move(operands_);
    importing_.uses = std::move(uses_);
    importing_.owner = std::move(owner_);
    importing_.context = std::move(context_);
    importing_.opset = opset_;
    --importing_.depth;
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  const Operand& outside(const std::string& name) const { return operands_.at(name); }

 private:
  Importing& importing_;
  std::unordered_map<std::string, Operand> operands_;
  std::unordered_map<std::string, size_t> uses_;
  std::shared_ptr<const ModelProto> owner_;
  std::string context_;
  int opset_;
};

Status check_call(Importing& importing, const FunctionProto& function, const NodeProto& node) {
  importing.nodes_in_calls += static_cast<size_t>(function.node_size());
  if (importing.depth >= kMaxCallDepth || importing.nodes_in_calls > kMaxNodes)
    return unsupported(C216_LimitReached,
                       "functions of the model call each other too often or too deep",
                       "inline the model's functions before converting");
  if (node.input_size() > function.input_size() || node.output_size() > function.output_size())
    return broken(C213_GraphBroken, "a call of " + quoted(function.name()) +
                                        " with more inputs or outputs than it has");
  return {};
}

}  // namespace

Status import_if(Importing& importing, const NodeProto& node) {
  OperatorNode site(importing, node);
  if (site.input_count() != 1) return broken(C213_GraphBroken, "If without a condition");
  if (site.any_refused()) return {};
  MLE_TRY_ASSIGN(const GraphProto* branch, taken_branch(site));
  if (branch->output_size() < node.output_size())
    return broken(C213_GraphBroken, "If whose branch has fewer outputs than it");
  const std::set<std::string> inside = names_inside(*branch);
  const std::vector<int> live = find_live_nodes(importing, branch->node(), output_names(*branch));
  import_initializers(importing, *branch);
  import_nodes(importing, branch->node(), live);
  for (int i = 0; i < node.output_size(); ++i) {
    if (node.output(i).empty()) continue;
    const auto made = importing.operands.find(branch->output(i).name());
    if (made == importing.operands.end())
      return broken(C213_GraphBroken, "If whose branch does not compute its output");
    importing.operands[node.output(i)] = Operand(made->second);
  }
  // Names inside may be used again by other graphs.
  for (const std::string& name : inside) {
    const bool is_output =
        std::find(node.output().begin(), node.output().end(), name) != node.output().end();
    if (!is_output) importing.operands.erase(name);
  }
  return {};
}

Status call_function(Importing& importing, const FunctionProto& function, const NodeProto& node) {
  MLE_TRY(check_call(importing, function, node));
  MLE_TRY_ASSIGN(const int opset, opset_of(importing, function));
  std::vector<Operand> made;
  {
    Scope scope(importing);
    importing.opset = opset;
    importing.context += "function " + quoted(function.name()) + ", ";
    for (int i = 0; i < node.input_size(); ++i)
      if (!node.input(i).empty())
        importing.operands[function.input(i)] = scope.outside(node.input(i));
    const Nodes* nodes = &function.node();
    if (std::any_of(nodes->begin(), nodes->end(), refers)) {
      importing.owner = body_of(function, attributes_of_call(function, node));
      nodes = &importing.owner->graph().node();
    }
    const std::vector<std::string> outputs(function.output().begin(), function.output().end());
    import_nodes(importing, *nodes, find_live_nodes(importing, *nodes, outputs));
    for (int i = 0; i < node.output_size(); ++i) {
      const auto result = importing.operands.find(function.output(i));
      made.push_back(result == importing.operands.end() ? Operand{} : Operand(result->second));
      if (result == importing.operands.end())
        importing.problems.add(
            broken(C213_GraphBroken, "computes no output " + quoted(function.output(i))),
            importing.context);
    }
  }
  for (int i = 0; i < node.output_size(); ++i)
    if (!node.output(i).empty())
      importing.operands[node.output(i)] = std::move(made[static_cast<size_t>(i)]);
  return {};
}

}  // namespace mle::compiler::onnx
