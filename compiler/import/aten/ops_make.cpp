// Tensors made from numbers, and numbers made from tensors.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/ops.h"

#include <cmath>
#include <utility>

namespace mle::compiler::aten {
namespace {

using Kind = Value::Kind;
constexpr int64_t kMostElements = int64_t{1} << 24;

// Of these lengths, all one number.
Result<Value> filled(Call& call, const std::vector<Length>& dims, double value, DType dtype) {
  onnx::Composer& composer = call.composer();
  const std::string number = composer.number(value, dtype);
  if (dims.empty()) return Value::tensor(number);
  return as_value(call.node("Expand", {number, composer.lengths(dims)}));
}

Result<Value> read_filled(Call& call) {
  const std::string& op = call.op();
  MLE_TRY_ASSIGN(const auto asked, call.dtype("dtype"));
  double value = op.find("ones") != std::string::npos ? 1 : 0;
  DType dtype = DType::F32;
  std::vector<Length> dims;
  if (op.find("full") != std::string::npos) {
    MLE_TRY_ASSIGN(value, call.real("fill_value"));
    const Value& fill = *call.find("fill_value");
    if (fill.is(Kind::Int)) dtype = DType::I64;
    if (fill.is(Kind::Bool)) dtype = DType::Bool;
  }
  if (call.has("self")) {
    MLE_TRY_ASSIGN(const std::string like, call.tensor("self"));
    dtype = call.dtype_of(like);
    dims = call.shape(like).dims;
  }
  if (call.has("size")) {
    MLE_TRY_ASSIGN(dims, call.lengths("size"));
  }
  return filled(call, dims, value, asked.value_or(dtype));
}

Result<Value> read_arange(Call& call) {
  // arange(end), arange(start, end), arange(start, end, step)
  const char* first = call.has("start") ? "start" : "a";
  const char* second = call.has("end") ? "end" : "b";
  const bool both = call.has(first) && call.has(second);
  const Value* start = both ? call.find(first) : nullptr;
  const Value* end = call.has(second) ? call.find(second) : call.find(first);
  if (end == nullptr || !end->is_number() || (start != nullptr && !start->is_number()))
    return call.wrong("without its end");
  const Value* step = call.find("step");
  bool whole = end->is(Kind::Int) && (start == nullptr || start->is(Kind::Int));
  double by = 1;
  if (step != nullptr && step->is_number()) {
    by = step->as_real();
    whole = whole && step->is(Kind::Int);
  }
  if (!end->integer.is_fixed())
    return call.not_compiled("over the rows mixes rows", "export with a fixed batch axis");
  const double from = start == nullptr ? 0 : start->as_real();
  const double count = std::ceil((end->as_real() - from) / by);
  if (!(count >= 1) || count > static_cast<double>(kMostElements))
    return call.wrong("no number of elements that fits");
  std::vector<double> elements(static_cast<size_t>(count));
  for (size_t i = 0; i < elements.size(); ++i) elements[i] = from + by * static_cast<double>(i);
  MLE_TRY_ASSIGN(const auto asked, call.dtype("dtype"));
  return Value::tensor(
      call.composer().numbers(elements, asked.value_or(whole ? DType::I64 : DType::F32)));
}

Result<Value> read_linspace(Call& call) {
  MLE_TRY_ASSIGN(const double from, call.real("start"));
  MLE_TRY_ASSIGN(const double to, call.real("end"));
  MLE_TRY_ASSIGN(const int64_t steps, call.integer("steps"));
  if (steps < 1 || steps > kMostElements) return call.wrong("no number of elements that fits");
  std::vector<double> elements(static_cast<size_t>(steps), from);
  for (size_t i = 1; i < elements.size(); ++i)
    elements[i] = from + (to - from) * static_cast<double>(i) / static_cast<double>(steps - 1);
  MLE_TRY_ASSIGN(const auto asked, call.dtype("dtype"));
  return Value::tensor(call.composer().numbers(elements, asked.value_or(DType::F32)));
}

// A number as a tensor without axes.
Result<Value> read_scalar(Call& call) {
  const char* name = call.has("s") ? "s" : call.has("data") ? "data" : "self";
  const Value* value = call.find(name);
  if (value == nullptr) return call.wrong("without its number");
  MLE_TRY_ASSIGN(const auto asked, call.dtype("dtype"));
  if (value->is_tensor())
    return asked ? as_value(call.cast(value->text, *asked)) : Result<Value>(*value);
  if (value->is(Kind::List)) {
    std::vector<double> elements;
    bool whole = true;
    for (const Value& item : value->items) {
      if (!item.is_number() || !item.integer.is_fixed())
        return call.not_compiled("of lists of lists is not compiled");
      whole = whole && !item.is(Kind::Real);
      elements.push_back(item.as_real());
    }
    if (elements.empty()) return call.wrong("without elements");
    return Value::tensor(
        call.composer().numbers(elements, asked.value_or(whole ? DType::I64 : DType::F32)));
  }
  if (!value->is_number()) return call.wrong("without its number");
  if (!value->integer.is_fixed())  // NumToTensor of the number of rows, to be turned back again
    return *value;
  const DType own = value->is(Kind::Real)   ? DType::F32
                    : value->is(Kind::Bool) ? DType::Bool
                                            : DType::I64;
  return Value::tensor(call.composer().number(value->as_real(), asked.value_or(own)));
}

// The number in a tensor that is known beforehand.
Result<Value> read_number(Call& call) {
  const Value* value = call.find("self");
  if (value == nullptr) return call.wrong("without its number");
  const std::string& op = call.op();
  if (value->is_number() && op != "Float" && op != "Int" && op != "Bool") return *value;
  const auto make = [&](double real, bool from_whole, Length whole) -> Value {
    if (op == "Float") return Value::number(real);
    if (op == "Bool") return Value::boolean(real != 0);
    if (op == "Int" || op == "IntImplicit" || from_whole)
      return Value::length(from_whole ? whole : Length{static_cast<int64_t>(real), 0});
    return Value::number(real);
  };
  if (value->is_number()) return make(value->as_real(), !value->is(Kind::Real), value->integer);
  if (!value->is_tensor()) return call.wrong("of something that is no number");
  if (const auto elements = call.composer().elements(value->text);
      elements && elements->size() == 1)
    return make(static_cast<double>((*elements)[0].fixed), true, (*elements)[0]);
  if (const auto elements = call.composer().reals(value->text); elements && elements->size() == 1)
    return make((*elements)[0], false, {});
  return call.not_compiled("of a computed tensor is not compiled",
                           "the model must not decide by the values of its inputs");
}

constexpr Operator kOperators[] = {
    {"zeros", "size dtype layout device pin_memory", read_filled},
    {"ones", "size dtype layout device pin_memory", read_filled},
    {"full", "size fill_value dtype layout device pin_memory", read_filled},
    {"zeros_like", "self dtype layout device pin_memory memory_format", read_filled},
    {"ones_like", "self dtype layout device pin_memory memory_format", read_filled},
    {"full_like", "self fill_value dtype layout device pin_memory memory_format", read_filled},
    {"new_zeros", "self size dtype layout device pin_memory", read_filled},
    {"new_ones", "self size dtype layout device pin_memory", read_filled},
    {"new_full", "self size fill_value dtype layout device pin_memory", read_filled},
    {"arange", "a b step", read_arange},
    {"linspace", "start end steps dtype layout device pin_memory", read_linspace},
    {"scalar_tensor", "s dtype layout device pin_memory", read_scalar},
    {"tensor", "data dtype device requires_grad", read_scalar},
    {"NumToTensor", "self", read_scalar},
    {"item", "self", read_number},
    {"_local_scalar_dense", "self", read_number},
    {"Int", "self", read_number},
    {"IntImplicit", "self", read_number},
    {"Float", "self", read_number},
    {"FloatImplicit", "self", read_number},
    {"ScalarImplicit", "self", read_number},
    {"Bool", "self", read_number},
};

}  // namespace

std::span<const Operator> make_operators() { return kOperators; }

}  // namespace mle::compiler::aten
