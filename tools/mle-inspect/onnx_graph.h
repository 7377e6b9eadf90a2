// OnnxGraph: an ONNX graph under way, by the tensors of the program it is made from.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/rules.h"
#include "tools/mle-inspect/constants.h"
#include "tools/mle-inspect/onnx_writer.h"

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace mle::tools {

inline bool is_per_row(const fb::Tensor& tensor) { return tensor.rows() == fb::Rows::PerRow; }

class OnnxGraph {
 public:
  explicit OnnxGraph(const format::FileView& view) : view_(view), names_(tensor_names(view)) {
    for (const std::string& name : names_) taken_.insert(name);
  }

  const format::FileView& view() const { return view_; }
  const fb::Tensor& tensor(uint32_t index) const { return *view_.model().tensors()->Get(index); }
  const std::string& name(uint32_t index) const { return names_[index]; }
  // Unless another tensor is called so: then with a number behind.
  void rename(uint32_t index, const std::string& name);

  // Axes of a tensor as ONNX counts them: the rows come first where there are any.
  static int64_t axis(const fb::Tensor& tensor, uint64_t axis) {
    return static_cast<int64_t>(axis) + (is_per_row(tensor) ? 1 : 0);
  }
  static size_t rank(const fb::Tensor& tensor) {
    return dims_of(tensor).size() + (is_per_row(tensor) ? 1 : 0);
  }

  // A name that nothing has yet.
  std::string fresh(const std::string& like);
  // An initializer of whole numbers, or of one number of a dtype; its name.
  std::string wholes(const std::vector<int64_t>& values);
  std::string scalar(DType dtype, double value);
  // A new value out of one node; its name.
  std::string value(const std::string& op, const std::vector<std::string>& inputs,
                    const std::vector<OnnxAttribute>& attributes = {});
  // A tensor as an operand of `out`: with axes of 1 between its rows and its dims where it has
  // fewer dims, since ONNX aligns shapes at their ends.
  std::string operand(uint32_t index, const fb::Tensor& out);
  // A whole tensor repeated for every row of `like`.
  std::string repeated(uint32_t index, uint32_t like);

  OnnxWriter out;

 private:
  const format::FileView& view_;
  std::vector<std::string> names_;
  std::unordered_set<std::string> taken_;
};

// Adds what op `index` computes. Returns what can't be said, or "".
std::string add_onnx_op(OnnxGraph& graph, uint32_t index);

}  // namespace mle::tools
