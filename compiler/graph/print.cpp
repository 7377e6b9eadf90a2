// The text form: names as in the schema, one line per thing.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/print.h"

#include "format/mle_generated.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace mle::compiler {
namespace {

std::string text_of(double number) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.9g", number);
  return text.data();
}

// "Dense.Relu", "Binary.Add", "Slice": what the node computes.
std::string function_of(const Node& node) {
  std::string text = name_of(node.kind);
  if (node.act != Act::None) text += std::string(".") + name_of(node.act);
  if (node.kind == OpKind::Binary && node.iattr.size() == 1)
    text += std::string(".") + name_of(static_cast<BinaryFn>(node.iattr[0]));
  if (node.kind == OpKind::Compare && node.iattr.size() == 1)
    text += std::string(".") + name_of(static_cast<CompareFn>(node.iattr[0]));
  if ((node.kind == OpKind::Reduce && node.iattr.size() == 2) ||
      (node.kind == OpKind::ReduceRows && node.iattr.size() == 1))
    text += std::string(".") + name_of(static_cast<ReduceFn>(node.iattr[0]));
  return text;
}

// "[0 2 1]", cut short where it is long.
std::string list_of(const std::vector<uint32_t>& numbers) {
  constexpr size_t kShown = 8;
  std::string text = "[";
  for (size_t i = 0; i < std::min(numbers.size(), kShown); ++i)
    text += (i == 0 ? "" : " ") + std::to_string(numbers[i]);
  if (numbers.size() > kShown) text += " ... " + std::to_string(numbers.size()) + " in all";
  return text + "]";
}

// " {1, 0.01}": what it is told, beyond its function.
std::string attributes_of(const Node& node) {
  std::string text;
  const auto append = [&text](const std::string& item) {
    text += (text.empty() ? " {" : ", ") + item;
  };
  if (node.kind != OpKind::Binary && node.kind != OpKind::Compare)
    for (uint32_t attribute : node.iattr) append(std::to_string(attribute));
  for (double attribute : node.fattr) append(text_of(attribute));
  if (!node.indices.empty()) append(list_of(node.indices));
  if (!node.strings.empty()) append(std::to_string(node.strings.size()) + " strings");
  return text.empty() ? text : text + "}";
}

std::string ports_of(const Graph& graph, const std::vector<GraphPort>& ports) {
  std::string text;
  for (const GraphPort& port : ports) {
    if (!text.empty()) text += ", ";
    const std::string value = text_of(graph, port.value);
    text += port.name == value ? value : port.name + "=" + value;
  }
  return text;
}

}  // namespace

const char* name_of(OpKind kind) { return fb::EnumNameOpKind(static_cast<fb::OpKind>(kind)); }
const char* name_of(Act act) { return fb::EnumNameAct(static_cast<fb::Act>(act)); }

const char* name_of(BinaryFn fn) {
  constexpr std::array<const char*, format::kBinaryFnCount> kNames = {
      "Add", "Sub", "Mul", "Div", "Min",  "Max",       "Pow",       "PRelu",
      "And", "Or",  "Xor", "Mod", "Fmod", "ShiftLeft", "ShiftRight"};
  return static_cast<size_t>(fn) < kNames.size() ? kNames[static_cast<size_t>(fn)] : "?";
}

const char* name_of(CompareFn fn) {
  constexpr std::array<const char*, format::kCompareFnCount> kNames = {
      "Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual"};
  return static_cast<size_t>(fn) < kNames.size() ? kNames[static_cast<size_t>(fn)] : "?";
}

const char* name_of(ReduceFn fn) {
  constexpr std::array<const char*, format::kReduceFnCount> kNames = {"Sum", "Mean", "Max",
                                                                      "Min", "Prod", "SumSquare"};
  return static_cast<size_t>(fn) < kNames.size() ? kNames[static_cast<size_t>(fn)] : "?";
}

std::string text_of(const Fact& fact) {
  std::string dims = fact.rows == Rows::PerRow ? "*" : "";
  for (uint32_t dim : fact.dims) dims += (dims.empty() ? "" : ", ") + std::to_string(dim);
  return "[" + dims + "] " + name_of(fact.dtype);
}

std::string text_of(const Graph& graph, ValueId id) {
  const std::string& name = graph.value(id).name;
  return name.empty() ? "%" + std::to_string(id) : name;
}

std::string print(const Graph& graph) {
  std::string text = "graph " + graph.name + "\n";
  for (const GraphEntry& entry : graph.entries)
    text += "  entry " + entry.name + ": " + ports_of(graph, entry.inputs) + " -> " +
            ports_of(graph, entry.outputs) + "\n";
  for (ValueId v = 0; v < graph.value_count(); ++v) {
    const Value& value = graph.value(v);
    if (!value.is_input && !value.is_constant) continue;
    text += std::string(value.is_input ? "  input " : "  constant ") + text_of(graph, v) + " " +
            text_of(value.fact) + "\n";
  }
  for (const Node& node : graph.nodes()) {
    text += "  ";
    for (size_t o = 0; o < node.outputs.size(); ++o)
      text += (o == 0 ? "" : ", ") + text_of(graph, node.outputs[o]);
    text += " = " + function_of(node) + "(";
    for (size_t i = 0; i < node.inputs.size(); ++i)
      text += (i == 0 ? "" : ", ") + text_of(graph, node.inputs[i]);
    text += ")" + attributes_of(node);
    if (!node.outputs.empty()) text += " " + text_of(graph.value(node.outputs[0]).fact);
    text += "\n";
  }
  return text;
}

}  // namespace mle::compiler
