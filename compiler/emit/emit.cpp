// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/emit.h"

#include "compiler/emit/program.h"
#include "format/limits.h"
#include "format/rules.h"

#include <cstring>
#include <utility>

namespace mle::compiler {
namespace {

// In a file an output lies in the caller's memory: an op writes it, and nothing reads it. Outputs
// that are inputs, constants, needed by other ops or named twice get a copy of their own.
void copy_shared_outputs(Graph& graph) {
  std::vector<size_t> uses(graph.value_count());
  for (const Node& node : graph.nodes())
    for (ValueId id : node.inputs) ++uses[id];
  for (const GraphEntry& entry : graph.entries)
    for (const GraphPort& port : entry.outputs) ++uses[port.value];

  for (GraphEntry& entry : graph.entries) {
    for (GraphPort& port : entry.outputs) {
      const Value& value = graph.value(port.value);
      if (value.producer != kNone && uses[port.value] == 1) continue;
      Node copy;
      copy.kind = OpKind::Reshape;
      copy.inputs = {port.value};
      copy.name = port.name;
      port.value = graph.add_node(std::move(copy), Fact(value.fact), port.name);
    }
  }
}

// A row-wise file has no value that is the same for all rows, except constants.
Status check_rows(const Graph& graph) {
  if (graph.value(graph.entries[0].inputs[0].value).fact.rows == Rows::Whole) return {};
  for (const GraphEntry& entry : graph.entries)
    for (const GraphPort& port : entry.outputs)
      if (graph.value(port.value).fact.rows == Rows::Whole)
        return error(Code::Unsupported, format::rule::C208_Shape, Status::kNoOffset,
                     "remove this output from the model",
                     "output '%s' has no rows: it is a constant, or one for all rows of a call",
                     port.name.c_str());
  return {};
}

// Before anything is planned: planning takes time that grows with the square.
Status check_size(const Graph& graph) {
  if (graph.nodes().size() <= format::kMaxTensors) return {};
  return error(Code::Unsupported, format::rule::C216_LimitReached, Status::kNoOffset,
               "split the model", "the model needs %zu ops, a file holds at most %llu",
               graph.nodes().size(), static_cast<unsigned long long>(format::kMaxTensors));
}

format::SegmentSpec card_segment(const std::string& card) {
  format::SegmentSpec segment(format::kCard);
  segment.add({card.size(), [card](std::span<std::byte> out) {
                 std::memcpy(out.data(), card.data(), out.size());
               }});
  return segment;
}

}  // namespace

Result<format::FileWriter> emit(const Graph& source, const EmitOptions& options) {
  MLE_TRY(check_rows(source));
  MLE_TRY(check_size(source));
  Graph graph = source;
  copy_shared_outputs(graph);
  std::vector<bool> outside(graph.value_count());
  for (const GraphEntry& entry : graph.entries)
    for (const GraphPort& port : entry.outputs) outside[port.value] = true;

  ProgramBuilder builder(graph, outside, options.narrow_weights);
  builder.add_inputs();
  builder.add_ops();
  builder.add_entries();
  for (size_t entry = 0; entry < options.golden.size(); ++entry)
    if (options.golden[entry].rows != 0) builder.add_golden(entry, options.golden[entry]);
  builder.add_source(options);
  MLE_TRY(builder.finish(options));

  std::vector<format::SegmentSpec> segments = builder.take_segments();
  if (!options.card.empty()) segments.push_back(card_segment(options.card));
  return format::FileWriter::plan(builder.program(), std::move(segments),
                                  builder.required_features());
}

}  // namespace mle::compiler
