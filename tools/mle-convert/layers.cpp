// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-convert/layers.h"

#include <mle/model.h>
#include <mle/session.h>

#include "compiler/emit/emit.h"
#include "compiler/evaluate/evaluate.h"
#include "tools/golden/elements.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <new>

namespace mle::tools {
namespace {

using compiler::Elements;
using compiler::Graph;

// The nodes whose outputs a file can give: where rows mix, what is one for all rows is none.
std::vector<size_t> shown_nodes(const Graph& graph) {
  const auto rows_of = [&](compiler::ValueId id) { return graph.value(id).fact.rows; };
  const compiler::Rows rows = rows_of(graph.entries[0].inputs[0].value);
  std::vector<size_t> shown;
  for (size_t i = 0; i < graph.nodes().size(); ++i)
    if (rows_of(graph.nodes()[i].outputs[0]) == rows) shown.push_back(i);
  return shown;
}

// Their outputs become those of the first entry, in topological order.
Graph with_all_outputs(const Graph& compiled, const std::vector<size_t>& shown) {
  Graph graph = compiled;
  graph.entries.resize(1);
  graph.entries[0].outputs.clear();
  for (const size_t i : shown)
    graph.entries[0].outputs.push_back(
        {graph.nodes()[i].outputs[0], "node " + std::to_string(i), {}, {}});
  return graph;
}

struct AlignedDelete {
  void operator()(std::byte* bytes) const { operator delete[](bytes, std::align_val_t{64}); }
};

std::string layer_text(const Graph& graph, size_t node) {
  const std::string& name = graph.nodes()[node].name;
  return "first layer that differs: " + std::to_string(node + 1) + " of " +
         std::to_string(graph.nodes().size()) + (name.empty() ? "" : ", '" + name + "'");
}

bool same(const Elements& got, const Elements& want, double tolerance) {
  double size = 0;
  for (double y : want)
    if (std::isfinite(y)) size = std::max(size, std::fabs(y));
  for (size_t i = 0; i < want.size(); ++i) {
    if (got[i] == want[i] || (std::isnan(got[i]) && std::isnan(want[i]))) continue;
    if (!(std::fabs(got[i] - want[i]) <= tolerance * size)) return false;
  }
  return true;
}

}  // namespace

Result<std::string> first_wrong_layer(const Graph& compiled, const std::vector<Elements>& inputs,
                                      double tolerance) {
  const std::vector<size_t> shown = shown_nodes(compiled);
  const Graph graph = with_all_outputs(compiled, shown);
  MLE_TRY_ASSIGN(const auto writer, compiler::emit(graph, {}));
  const std::unique_ptr<std::byte, AlignedDelete> memory(
      static_cast<std::byte*>(operator new[](writer.size(), std::align_val_t{64})));
  const std::span<std::byte> bytes(memory.get(), writer.size());
  std::fill(bytes.begin(), bytes.end(), std::byte{0});
  MLE_TRY(writer.write(bytes));
  MLE_TRY_ASSIGN(const Model model, Model::from_memory(bytes));
  MLE_TRY_ASSIGN(Session session, Session::make(model));

  const TensorSpec& first = session.inputs()[0];
  const uint64_t rows = first.per_row ? inputs[0].size() / std::max<size_t>(first.width(), 1) : 1;
  InputBuffers buffers;
  for (size_t i = 0; i < inputs.size(); ++i) buffers.add(session.inputs()[i].dtype, inputs[i]);
  MLE_TRY_ASSIGN(const auto answered, run_elements(session, buffers.inputs(), rows));
  MLE_TRY_ASSIGN(const auto judged, compiler::evaluate_outputs(graph, inputs, rows));
  for (size_t i = 0; i < judged.size(); ++i)
    if (!same(answered[i], judged[i], tolerance)) return layer_text(graph, shown[i]);
  return std::string(
      "no layer of the compiled model differs by as much: compare --dump passes step by step");
}

}  // namespace mle::tools
