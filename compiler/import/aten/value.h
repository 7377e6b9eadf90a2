// Value: what flows between PyTorch's operators while a graph is followed: tensors by name, and the
// numbers, texts and lists that are known beforehand.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/onnx/composer.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mle::compiler::aten {

using onnx::Length;

struct Value {
  enum class Kind : uint8_t {
    None,
    Bool,
    Int,  // may depend on the number of rows
    Real,
    Text,    // also names of devices, layouts, memory formats
    Tensor,  // text is its name
    List,    // also tuples
    Object,  // of a TorchScript file: integer is its number
  };
  Kind kind = Kind::None;
  Length integer;  // Bool: 0 or 1
  double real = 0;
  std::string text;
  std::vector<Value> items;

  static Value boolean(bool value) { return {Kind::Bool, {value ? 1 : 0, 0}, 0, {}, {}}; }
  static Value whole(int64_t value) { return {Kind::Int, {value, 0}, 0, {}, {}}; }
  static Value length(Length value) { return {Kind::Int, value, 0, {}, {}}; }
  static Value number(double value) { return {Kind::Real, {}, value, {}, {}}; }
  static Value word(std::string value) { return {Kind::Text, {}, 0, std::move(value), {}}; }
  static Value tensor(std::string name) { return {Kind::Tensor, {}, 0, std::move(name), {}}; }
  static Value list(std::vector<Value> values) {
    return {Kind::List, {}, 0, {}, std::move(values)};
  }
  static Value object(int64_t number) { return {Kind::Object, {number, 0}, 0, {}, {}}; }

  bool is(Kind other) const { return kind == other; }
  bool is_none() const { return kind == Kind::None; }
  bool is_tensor() const { return kind == Kind::Tensor; }
  bool is_number() const { return kind == Kind::Int || kind == Kind::Real || kind == Kind::Bool; }
  // Of a number that does not depend on the rows.
  double as_real() const { return kind == Kind::Real ? real : static_cast<double>(integer.fixed); }
};

}  // namespace mle::compiler::aten
