// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/network/network.h"

#include "compiler/import/network/layers.h"
#include "format/limits.h"

#include <set>
#include <string>
#include <utility>

namespace mle::compiler::network {
namespace {

using enum format::rule::Rule;

std::string place_of(const Architecture& architecture, size_t index) {
  return "layer " + std::to_string(index + 1) + " (" + architecture.layers[index].op + ")";
}

bool names_are_there(const Weights& weights, const Architecture& architecture, Problems& problems) {
  bool all = true;
  for (size_t i = 0; i < architecture.layers.size(); ++i) {
    for (const auto& [role, name] : architecture.layers[i].tensors) {
      if (weights.contains(name)) continue;
      all = false;
      problems.add(Code::InvalidArgument, C209_Attribute, place_of(architecture, i),
                   "the file has no tensor '" + name.substr(0, 80) + "' for its " + role,
                   "its tensors are " + list_of(weights));
    }
    if (architecture.layers[i].op == "linear" &&
        !architecture.layers[i].tensors.contains("weight")) {
      all = false;
      problems.add(Code::InvalidArgument, C209_Attribute, place_of(architecture, i),
                   "it names no tensor as its \"weight\"");
    }
  }
  return all;
}

// Dims of an input row: as told, else what the first linear layer takes.
Dims input_row(const Weights& weights, const Architecture& architecture) {
  if (!architecture.row.empty()) return architecture.row;
  for (const Layer& layer : architecture.layers) {
    const auto named = layer.tensors.find("weight");
    if (named == layer.tensors.end()) continue;
    const std::vector<uint64_t>& shape = weights.find(named->second)->second.shape;
    if (!shape.empty() && shape.back() >= 1 && shape.back() <= format::kMaxDim)
      return {static_cast<uint32_t>(shape.back())};
  }
  return {};
}

// A network computes in f64 where one of its weights is: its framework would take no other input.
DType computed_in(const Weights& weights, const Architecture& architecture) {
  for (const Layer& layer : architecture.layers)
    for (const auto& [role, name] : layer.tensors)
      if (weights.find(name)->second.dtype == DType::F64) return DType::F64;
  return DType::F32;
}

}  // namespace

std::optional<Graph> build_network(const Weights& weights, const Architecture& architecture,
                                   Problems& problems) {
  if (!names_are_there(weights, architecture, problems)) return std::nullopt;
  const Dims row = input_row(weights, architecture);
  if (row.empty()) {
    problems.add(Code::InvalidArgument, C208_Shape, "inputs",
                 "nothing says how wide the rows of the input are",
                 "give \"inputs\": {\"x\": [\"N\", WIDTH]} in the architecture file");
    return std::nullopt;
  }
  Graph graph;
  std::set<std::string, std::less<>> used;
  const DType dtype = computed_in(weights, architecture);
  Building building{graph, weights, used,
                    graph.add_input(architecture.input, {dtype, Rows::PerRow, row}), dtype};
  const ValueId input = building.value;
  for (size_t i = 0; i < architecture.layers.size(); ++i) {
    const Layer& layer = architecture.layers[i];
    if (const Status built = find_layer_kind(layer.op)->build(building, layer); !built.ok()) {
      problems.add(built, place_of(architecture, i));
      return std::nullopt;  // the width of what follows depends on it
    }
  }
  if (building.value == input) {  // an output is never an input
    Node copy;
    copy.kind = OpKind::Unary;
    copy.inputs = {input};
    if (const Status built = building.emit(std::move(copy)); !built.ok()) problems.add(built, "");
  }
  graph.notes = architecture.notes;
  GraphEntry entry;
  entry.name = "predict";
  entry.inputs.push_back({input, architecture.input, {}, {}});
  entry.outputs.push_back({building.value, architecture.output, {}, {}});
  graph.entries.push_back(std::move(entry));
  return graph;
}

std::optional<Graph> read_network(const Weights& weights, const char* format,
                                  const SourceFile& source, const ImportOptions& options,
                                  Problems& problems) {
  const auto architecture = options.architecture
                                ? parse_architecture(options.architecture->bytes, problems)
                                : infer_architecture(weights, problems);
  if (!architecture) return std::nullopt;
  auto graph = build_network(weights, *architecture, problems);
  if (graph) graph->origin = {format, source.path.substr(source.path.rfind('/') + 1), "", ""};
  return graph;
}

}  // namespace mle::compiler::network
