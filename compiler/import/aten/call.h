// Call: one operator of PyTorch with its arguments by name, and what it becomes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/aten/value.h"
#include "compiler/import/onnx/composer.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::compiler::aten {

using Named = std::map<std::string, Value, std::less<>>;
using onnx::Attribute;

class Call {
 public:
  Call(onnx::Composer& composer, std::string_view op, Named arguments)
      : composer_(composer), op_(op), arguments_(std::move(arguments)) {}

  const std::string& op() const { return op_; }
  onnx::Composer& composer() { return composer_; }

  // Arguments. One that is None is absent.
  bool has(std::string_view name) const;
  const Value* find(std::string_view name) const;
  bool is_tensor(std::string_view name) const;
  bool is_list(std::string_view name) const;
  // A tensor's name. A number where a tensor may stand becomes one of f32, or of i64.
  Result<std::string> tensor(std::string_view name);
  Result<std::vector<std::string>> tensors(std::string_view name);
  Result<int64_t> integer(std::string_view name, std::optional<int64_t> otherwise = {}) const;
  Result<double> real(std::string_view name, std::optional<double> otherwise = {}) const;
  Result<bool> flag(std::string_view name, bool otherwise) const;
  Result<std::string> text(std::string_view name, std::string otherwise) const;
  // Of a list, or of a single number, which is a list of one.
  Result<std::vector<int64_t>> integers(std::string_view name) const;
  Result<std::vector<Length>> lengths(std::string_view name) const;
  // A dtype by its number in PyTorch; nothing where absent.
  Result<std::optional<DType>> dtype(std::string_view name) const;

  // Tensors.
  onnx::Composer::Shape shape(const std::string& tensor) const { return composer_.shape(tensor); }
  size_t rank(const std::string& tensor) const { return shape(tensor).rank(); }
  DType dtype_of(const std::string& tensor) const { return shape(tensor).dtype; }
  // Counted from the end where negative.
  Result<size_t> axis(int64_t given, size_t rank) const;
  // A length that is no matter of rows.
  Result<int64_t> fixed_length(const std::string& tensor, size_t axis) const;

  // One ONNX operator; its output.
  Result<std::string> node(std::string type, std::vector<std::string> inputs,
                           std::vector<Attribute> attributes = {});
  Result<std::string> cast(const std::string& tensor, DType to);
  Result<std::string> unary(const std::string& type, const std::string& x) {
    return node(type, {x});
  }
  // A number in the dtype of a tensor.
  std::string number_like(const std::string& tensor, double value);
  Result<std::string> with_number(const std::string& type, const std::string& x, double value) {
    return node(type, {x, number_like(x, value)});
  }
  Result<std::string> reshaped(const std::string& x, const std::vector<Length>& dims);
  Result<std::string> transposed(const std::string& x, const std::vector<int64_t>& order);

  Status wrong(const std::string& what) const;  // the call contradicts itself
  Status not_compiled(const std::string& what, const std::string& hint = {}) const;

 private:
  onnx::Composer& composer_;
  std::string op_;
  Named arguments_;
};

inline Result<Value> as_value(Result<std::string> tensor) {
  if (!tensor) return std::move(tensor).error();
  return Value::tensor(*std::move(tensor));
}

}  // namespace mle::compiler::aten
