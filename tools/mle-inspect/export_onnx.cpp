// A program as ONNX: one node or a few per op. What an op means in ONNX is in onnx_ops.cpp.
// SPDX-License-Identifier: Apache-2.0
#include <mle/version.h>

#include "tools/mle-inspect/export.h"
#include "tools/mle-inspect/onnx_graph.h"

#include <unordered_set>

namespace mle::tools {
namespace {

using format::FileView;

constexpr uint64_t kMostBytes = uint64_t{2} << 30;  // protobuf counts in 31 bits

// Tensors that are used, constants written out.
Status add_constants(OnnxGraph& graph) {
  const fb::Model& model = graph.view().model();
  std::vector<bool> used(model.tensors()->size());
  for (const fb::Op* op : *model.ops())
    for (const uint16_t index : *op->inputs()) used[index] = true;
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < used.size(); ++i)
    if (used[i] && is_constant(graph.tensor(i))) bytes += graph.tensor(i).bytes();
  if (bytes + graph.out.bytes() + (1 << 20) > kMostBytes)
    return Status::make(Code::Unsupported, format::rule::T306_Export, Status::kNoOffset,
                        "the constants are larger than 2 GiB, the most one ONNX file can hold",
                        "export the constants as .npz");
  for (uint32_t i = 0; i < used.size(); ++i) {
    const fb::Tensor& tensor = graph.tensor(i);
    if (!used[i] || !is_constant(tensor)) continue;
    MLE_TRY_ASSIGN(const std::vector<std::byte> elements, unpack(graph.view(), tensor));
    graph.out.initializer(graph.name(i), dtype_of(tensor), dims_of(tensor), elements);
  }
  return {};
}

// An input or output is called as mle-run calls it. The first port of a tensor gives it its name.
void name_ports(OnnxGraph& graph) {
  const auto& entries = *graph.view().model().entries();
  std::unordered_set<uint32_t> named;
  for (const fb::Entry* entry : entries)
    for (const auto* ports : {entry->inputs(), entry->outputs()})
      for (const fb::Port* port : *ports)
        if (named.insert(port->tensor()).second)
          graph.rename(port->tensor(), std::string(graph.view().string(port->name())) +
                                           (port->source_rows() != 1 ? ".rows" : ""));
}

// Where a row is several of the source's, the source's shape is what the output has.
std::vector<uint64_t> add_source_rows(OnnxGraph& graph, const fb::Port& port,
                                      const std::string& name) {
  std::vector<uint64_t> dims = dims_of(graph.tensor(port.tensor()));
  dims.erase(dims.begin());
  std::vector<int64_t> shape{-1};
  for (const uint64_t dim : dims) shape.push_back(static_cast<int64_t>(dim));
  graph.out.node("Reshape", name, {graph.name(port.tensor()), graph.wholes(shape)}, {name});
  return dims;
}

void add_ports(OnnxGraph& graph) {
  std::unordered_set<std::string> listed;
  const auto joined = [&](const flatbuffers::Vector<uint32_t>* names) {
    std::string text;
    for (const uint32_t index : *names)
      text += (text.empty() ? "" : ",") + std::string(graph.view().string(index));
    return text;
  };
  for (const fb::Entry* entry : *graph.view().model().entries()) {
    for (const fb::Port* port : *entry->inputs()) {
      const fb::Tensor& tensor = graph.tensor(port->tensor());
      const std::string& name = graph.name(port->tensor());
      if (!listed.insert(name).second) continue;
      graph.out.input(name, dtype_of(tensor), is_per_row(tensor), dims_of(tensor));
      if (port->features() != nullptr && port->features()->size() > 0)
        graph.out.meta("features." + name, joined(port->features()));
    }
    for (const fb::Port* port : *entry->outputs()) {
      const fb::Tensor& tensor = graph.tensor(port->tensor());
      const std::string& first = graph.name(port->tensor());
      std::string name(graph.view().string(port->name()));
      std::vector<uint64_t> dims = dims_of(tensor);
      if (name != first) {  // the tensor goes by another name already
        if (listed.count(name) > 0)
          name = std::string(graph.view().string(entry->name())) + "." + name;
        if (!listed.insert(name).second) continue;
        if (port->source_rows() != 1)
          dims = add_source_rows(graph, *port, name);
        else
          graph.out.node("Identity", name, {first}, {name});
      } else if (!listed.insert(name).second) {
        continue;
      }
      graph.out.output(name, dtype_of(tensor), is_per_row(tensor), dims);
      if (port->labels() != nullptr && port->labels()->size() > 0)
        graph.out.meta("labels." + name, joined(port->labels()));
      if (port->classes() != nullptr && port->classes()->size() > 0)
        graph.out.meta("classes." + name, joined(port->classes()));
    }
  }
}

}  // namespace

Result<std::string> program_onnx(const FileView& view) {
  OnnxGraph graph(view);
  name_ports(graph);
  std::string problems;
  for (uint32_t i = 0; i < view.model().ops()->size(); ++i) {
    const std::string problem = add_onnx_op(graph, i);
    if (!problem.empty())
      problems += (problems.empty() ? "" : "; ") + op_title(view, i) + ": " + problem;
  }
  if (!problems.empty())
    return Status::make(Code::Unsupported, format::rule::T306_Export, Status::kNoOffset,
                        "can't be said in ONNX: " + problems, "--export *.json says all of it");
  MLE_TRY(add_constants(graph));
  add_ports(graph);
  return graph.out.finish(std::string(view.string(view.model().name())),
                          std::string(view.string(view.model().doc())), MLE_VERSION_STRING);
}

}  // namespace mle::tools
