// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-inspect/onnx_graph.h"

#include "tools/cli/number.h"

#include <span>

namespace mle::tools {

void OnnxGraph::rename(uint32_t index, const std::string& name) {
  if (name == names_[index]) return;
  taken_.erase(names_[index]);
  names_[index] = name;
  if (taken_.insert(name).second) return;
  // A tensor inside gives way to an input or output.
  for (uint32_t i = 0; i < names_.size(); ++i)
    if (i != index && names_[i] == name) names_[i] = fresh(name);
}

std::string OnnxGraph::fresh(const std::string& like) {
  for (size_t number = 1;; ++number) {
    std::string name = like + "_" + std::to_string(number);
    if (taken_.insert(name).second) return name;
  }
}

std::string OnnxGraph::wholes(const std::vector<int64_t>& values) {
  std::string name = fresh("numbers");
  const uint64_t dims[] = {values.size()};
  out.initializer(name, DType::I64, dims, std::as_bytes(std::span(values)));
  return name;
}

std::string OnnxGraph::scalar(DType dtype, double value) {
  std::string name = fresh("number");
  std::byte element[8] = {};
  (void)store(Number::of(value), dtype, element);
  out.initializer(name, dtype, {}, std::span(element).first(size_of(dtype)));
  return name;
}

std::string OnnxGraph::value(const std::string& op, const std::vector<std::string>& inputs,
                             const std::vector<OnnxAttribute>& attributes) {
  std::string name = fresh("value");
  out.node(op, name, inputs, {name}, attributes);
  return name;
}

std::string OnnxGraph::operand(uint32_t index, const fb::Tensor& to) {
  const fb::Tensor& from = tensor(index);
  const std::vector<uint64_t> dims = dims_of(from);
  const size_t rank_of_row = dims_of(to).size();
  if (!is_per_row(from) || dims.size() == rank_of_row) return name(index);
  std::vector<int64_t> shape{0};  // as many rows as there are
  shape.resize(1 + rank_of_row - dims.size(), 1);
  for (const uint64_t dim : dims) shape.push_back(static_cast<int64_t>(dim));
  return value("Reshape", {name(index), wholes(shape)});
}

std::string OnnxGraph::repeated(uint32_t index, uint32_t like) {
  const std::string rows =
      value("Shape", {name(like)},
            {OnnxAttribute::of("start", int64_t{0}), OnnxAttribute::of("end", int64_t{1})});
  std::vector<int64_t> dims;
  for (const uint64_t dim : dims_of(tensor(index))) dims.push_back(static_cast<int64_t>(dim));
  const std::string shape =
      value("Concat", {rows, wholes(dims)}, {OnnxAttribute::of("axis", int64_t{0})});
  return value("Expand", {name(index), shape});
}

}  // namespace mle::tools
