// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/call.h"

#include "compiler/import/aten/dtypes.h"
#include "format/rules.h"

#include <algorithm>

namespace mle::compiler::aten {

using enum format::rule::Rule;
using Kind = Value::Kind;

Status Call::wrong(const std::string& what) const {
  return Status::make(Code::Corrupt, C209_Attribute, Status::kNoOffset, op_ + ": " + what,
                      "save or export the model again");
}

Status Call::not_compiled(const std::string& what, const std::string& hint) const {
  return Status::make(Code::Unsupported, C205_UnsupportedOp, Status::kNoOffset, op_ + " " + what,
                      hint);
}

const Value* Call::find(std::string_view name) const {
  auto found = arguments_.find(name);
  // Overloads of one operator call their first argument either way.
  if (found == arguments_.end() && name == "self") found = arguments_.find("input");
  if (found == arguments_.end() && name == "input") found = arguments_.find("self");
  return found == arguments_.end() || found->second.is_none() ? nullptr : &found->second;
}
bool Call::has(std::string_view name) const { return find(name) != nullptr; }
bool Call::is_tensor(std::string_view name) const { return has(name) && find(name)->is_tensor(); }
bool Call::is_list(std::string_view name) const { return has(name) && find(name)->is(Kind::List); }

Result<std::string> Call::tensor(std::string_view name) {
  const Value* value = find(name);
  if (value == nullptr) return wrong("without its " + std::string(name));
  if (value->is_tensor()) return value->text;
  if (!value->is_number() || !value->integer.is_fixed())
    return wrong("its " + std::string(name) + " is no tensor");
  return composer_.number(value->as_real(), value->is(Kind::Real)   ? DType::F32
                                            : value->is(Kind::Bool) ? DType::Bool
                                                                    : DType::I64);
}

Result<std::vector<std::string>> Call::tensors(std::string_view name) {
  const Value* value = find(name);
  if (value == nullptr || !value->is(Kind::List))
    return wrong("its " + std::string(name) + " are no list of tensors");
  std::vector<std::string> names;
  for (const Value& item : value->items) {
    if (!item.is_tensor()) return wrong("its " + std::string(name) + " are no list of tensors");
    names.push_back(item.text);
  }
  return names;
}

Result<int64_t> Call::integer(std::string_view name, std::optional<int64_t> otherwise) const {
  const Value* value = find(name);
  if (value == nullptr && otherwise) return *otherwise;
  if (value != nullptr && (value->is(Kind::Int) || value->is(Kind::Bool))) {
    if (value->integer.is_fixed()) return value->integer.fixed;
    return Status::make(Code::Unsupported, C214_MixesRows, Status::kNoOffset,
                        op_ + ": its " + std::string(name) + " depends on the number of rows",
                        "export the model with a fixed batch axis");
  }
  if (value != nullptr && value->is_tensor()) {
    if (const auto elements = composer_.elements(value->text);
        elements && elements->size() == 1 && (*elements)[0].is_fixed())
      return (*elements)[0].fixed;
  }
  return wrong("its " + std::string(name) + " is no integer");
}

Result<double> Call::real(std::string_view name, std::optional<double> otherwise) const {
  const Value* value = find(name);
  if (value == nullptr && otherwise) return *otherwise;
  if (value != nullptr && value->is_number() && value->integer.is_fixed()) return value->as_real();
  if (value != nullptr && value->is_tensor()) {
    const auto elements = composer_.reals(value->text);
    if (elements && elements->size() == 1) return (*elements)[0];
  }
  return wrong("its " + std::string(name) + " is no number");
}

Result<bool> Call::flag(std::string_view name, bool otherwise) const {
  const Value* value = find(name);
  if (value == nullptr) return otherwise;
  if (!value->is(Kind::Bool) && !value->is(Kind::Int))
    return wrong("its " + std::string(name) + " is neither true nor false");
  return value->integer.fixed != 0;
}

Result<std::string> Call::text(std::string_view name, std::string otherwise) const {
  const Value* value = find(name);
  if (value == nullptr) return otherwise;
  if (!value->is(Kind::Text)) return wrong("its " + std::string(name) + " is no text");
  return value->text;
}

Result<std::vector<Length>> Call::lengths(std::string_view name) const {
  const Value* value = find(name);
  if (value == nullptr) return wrong("without its " + std::string(name));
  std::vector<Length> lengths;
  const auto add = [&](const Value& item) {
    if (item.is(Kind::Int) || item.is(Kind::Bool)) {
      lengths.push_back(item.integer);
      return true;
    }
    const auto elements = item.is_tensor() ? composer_.elements(item.text) : std::nullopt;
    if (!elements || elements->size() != 1) return false;
    lengths.push_back(elements->front());
    return true;
  };
  bool all = true;
  if (value->is(Kind::List)) {
    for (const Value& item : value->items) all = all && add(item);
  } else {
    all = add(*value);
  }
  if (!all) return wrong("its " + std::string(name) + " are no integers");
  return lengths;
}

Result<std::vector<int64_t>> Call::integers(std::string_view name) const {
  MLE_TRY_ASSIGN(const std::vector<Length> all, lengths(name));
  std::vector<int64_t> integers;
  for (const Length& length : all) {
    if (!length.is_fixed())
      return Status::make(Code::Unsupported, C214_MixesRows, Status::kNoOffset,
                          op_ + ": its " + std::string(name) + " depends on the number of rows",
                          "export the model with a fixed batch axis");
    integers.push_back(length.fixed);
  }
  return integers;
}

Result<std::optional<DType>> Call::dtype(std::string_view name) const {
  if (!has(name)) return std::optional<DType>();
  MLE_TRY_ASSIGN(const int64_t number, integer(name));
  const std::optional<DType> dtype = computed_as(number);
  if (dtype) return dtype;
  return Status::make(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                      op_ + " in " + type_text(number),
                      "compute in float32, float64, bool or whole numbers");
}

Result<size_t> Call::axis(int64_t given, size_t rank) const {
  const auto count = static_cast<int64_t>(rank);
  const int64_t axis = given < 0 ? given + count : given;
  if (axis >= 0 && axis < count) return static_cast<size_t>(axis);
  return wrong("axis " + std::to_string(given) + " of " + std::to_string(rank) + " axes");
}

Result<int64_t> Call::fixed_length(const std::string& tensor, size_t axis) const {
  const Length length = shape(tensor).dims.at(axis);
  if (length.is_fixed()) return length.fixed;
  return Status::make(Code::Unsupported, C214_MixesRows, Status::kNoOffset,
                      op_ + " along the batch axis mixes rows",
                      "export the model with a fixed batch axis");
}

Result<std::string> Call::node(std::string type, std::vector<std::string> inputs,
                               std::vector<Attribute> attributes) {
  return composer_.add_one({std::move(type), std::move(inputs), std::move(attributes)});
}

Result<std::string> Call::cast(const std::string& tensor, DType to) {
  if (dtype_of(tensor) == to) return tensor;
  return node("Cast", {tensor}, {{"to", onnx_number(to)}});
}

std::string Call::number_like(const std::string& tensor, double value) {
  return composer_.number(value, dtype_of(tensor));
}

Result<std::string> Call::reshaped(const std::string& x, const std::vector<Length>& dims) {
  return node("Reshape", {x, composer_.lengths(dims)}, {{"allowzero", int64_t{1}}});
}

Result<std::string> Call::transposed(const std::string& x, const std::vector<int64_t>& order) {
  for (size_t i = 0; i < order.size(); ++i)
    if (order[i] != static_cast<int64_t>(i)) return node("Transpose", {x}, {{"perm", order}});
  return x;
}

}  // namespace mle::compiler::aten
