// Numbers, matrices, labels and categories, in all the ways a pickle may hold them.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/estimator.h"
#include "compiler/import/sklearn/refusal.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

namespace mle::compiler::sklearn {
namespace {

using pickle::Array;
using pickle::Id;
using pickle::Kind;
using pickle::Pickle;

bool is_arraylike(const Pickle& pickle, Id id) {
  return pickle::is_array(pickle, id) || pickle::is_scalar(pickle, id);
}

Category of_element(const Pickle& pickle, const Array& array, size_t i, const std::string& what) {
  Category made;
  if (array.is_objects()) return category_of(pickle, array.object(i), what);
  if (array.is_text()) {
    made.kind = Category::Kind::Text;
    made.text = array.text(i);
  } else if (!array.is_number()) {
    refuse(what + " holds neither numbers nor texts");
  } else if (array.type().kind == pickle::Element::Float) {
    made.real = array.real(i);
    made.kind = std::isnan(made.real) ? Category::Kind::NaN : Category::Kind::Real;
  } else {
    made.integer = array.integer(i);
    made.kind =
        array.type().kind == pickle::Element::Bool ? Category::Kind::Bool : Category::Kind::Integer;
  }
  return made;
}

double real_of(const Category& category, const std::string& what) {
  switch (category.kind) {
    case Category::Kind::Integer:
    case Category::Kind::Bool: return static_cast<double>(category.integer);
    case Category::Kind::Real: return category.real;
    case Category::Kind::NaN: return std::nan("");
    default: refuse_damaged(what + " is not made of numbers");
  }
}

// Rows that are kept as (values, columns, where each row begins).
Matrix filled_up(const Pickle& pickle, Id id, const std::string& what) {
  const Estimator sparse(pickle, id);
  const std::string values_name = "data";
  const auto shape_id = sparse.find("_shape") ? sparse.find("_shape") : sparse.find("shape");
  if (!shape_id) refuse_damaged(what + " is a sparse matrix without a shape");
  const Reals shape = reals_of(pickle, *shape_id, what);
  const Reals values = sparse.reals(values_name);
  const std::vector<uint32_t> columns = sparse.indices("indices"),
                              begins = sparse.indices("indptr");
  const bool by_column = sparse.name().starts_with("csc");
  const size_t outer = begins.empty() ? 0 : begins.size() - 1;
  if (shape.size() != 2 || columns.size() != values.size() ||
      static_cast<double>(outer) != shape[by_column ? 1 : 0] ||
      !(shape[by_column ? 0 : 1] <= 0x1p24))
    refuse_damaged(what + " is a sparse matrix that does not fit itself");
  const auto inner = static_cast<size_t>(shape[by_column ? 0 : 1]);
  // Zeros are not in the file: what they may take is bounded on its own.
  if (outer * inner > (size_t{1} << 22)) refuse(what + " is too large once its zeros are there");
  Matrix made = Matrix::zeros(outer, inner);
  for (size_t o = 0; o < outer; ++o) {
    for (size_t i = begins[o]; i < begins[o + 1]; ++i) {
      if (i >= values.size() || columns[i] >= inner)
        refuse_damaged(what + " is a sparse matrix that does not fit itself");
      made.at(o, columns[i]) += values[i];
    }
  }
  return by_column ? made.transposed() : made;
}

}  // namespace

size_t Labels::size() const {
  return kind == Kind::Texts ? texts.size() : kind == Kind::Floats ? reals.size() : integers.size();
}

std::string Labels::text(size_t i) const {
  if (kind == Kind::Texts) return texts[i];
  if (kind == Kind::Bools) return integers[i] != 0 ? "True" : "False";
  if (kind == Kind::Integers)
    return dtype == DType::U64 ? std::to_string(static_cast<uint64_t>(integers[i]))
                               : std::to_string(integers[i]);
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, reals[i]).ptr;
  return {digits, end};
}

Category category_of(const Pickle& pickle, Id id, const std::string& what) {
  const pickle::Object& object = pickle.at(id);
  Category made;
  switch (object.kind) {
    case Kind::None: made.kind = Category::Kind::None; return made;
    case Kind::Bool:
    case Kind::Integer:
      made.kind = object.kind == Kind::Bool ? Category::Kind::Bool : Category::Kind::Integer;
      made.integer = object.integer;
      return made;
    case Kind::Real:
      made.real = object.real;
      made.kind = std::isnan(made.real) ? Category::Kind::NaN : Category::Kind::Real;
      return made;
    case Kind::Text:
      made.kind = Category::Kind::Text;
      made.text = object.text;
      return made;
    default: break;
  }
  if (is_arraylike(pickle, id)) {
    const Array array = or_refuse(pickle::read_array(pickle, id));
    if (array.size() == 1 && !array.is_objects()) return of_element(pickle, array, 0, what);
  }
  if (pickle.is_global(id, "pandas._libs.missing", "NA")) {
    made.kind = Category::Kind::NaN;
    return made;
  }
  // A str subclass of numpy's, in files of protocol 2.
  if (pickle.name_of(id) == "numpy.str_" && pickle.arguments(id).size() == 1)
    return category_of(pickle, pickle.arguments(id)[0], what);
  refuse(what + " is neither number nor text");
}

std::vector<Category> categories_of(const Pickle& pickle, Id id, const std::string& what) {
  std::vector<Category> made;
  if (!is_arraylike(pickle, id)) {
    const Kind kind = pickle.at(id).kind;  // one alone
    if (kind == Kind::Text || kind == Kind::Integer || kind == Kind::Bool || kind == Kind::Real)
      return {category_of(pickle, id, what)};
    for (const Id each : list_of(pickle, id, what)) made.push_back(category_of(pickle, each, what));
    return made;
  }
  const Array array = or_refuse(pickle::read_array(pickle, id));
  for (size_t i = 0; i < array.size(); ++i) made.push_back(of_element(pickle, array, i, what));
  return made;
}

std::optional<double> number_of(const Pickle& pickle, Id id) {
  const pickle::Object& object = pickle.at(id);
  if (object.kind == Kind::Real) return object.real;
  if (object.kind == Kind::Integer || object.kind == Kind::Bool)
    return static_cast<double>(object.integer);
  if (!is_arraylike(pickle, id)) return std::nullopt;
  const Array array = or_refuse(pickle::read_array(pickle, id));
  if (array.size() != 1 || !array.is_number()) return std::nullopt;
  return array.real(0);
}

Reals reals_of(const Pickle& pickle, Id id, const std::string& what) {
  if (is_arraylike(pickle, id)) {
    const Array array = or_refuse(pickle::read_array(pickle, id));
    if (array.is_number()) return array.reals();
  } else if (const auto number = number_of(pickle, id)) {
    return {*number};
  } else if (pickle.at(id).kind == Kind::Call) {
    return filled_up(pickle, id, what).values;
  }
  Reals made;
  for (const Category& each : categories_of(pickle, id, what)) made.push_back(real_of(each, what));
  return made;
}

Matrix matrix_of(const Pickle& pickle, Id id, const std::string& what) {
  if (!is_arraylike(pickle, id)) {
    if (pickle.at(id).kind == Kind::Call) return filled_up(pickle, id, what);
    Reals values = reals_of(pickle, id, what);
    const size_t count = values.size();
    return {1, count, std::move(values)};
  }
  const Array array = or_refuse(pickle::read_array(pickle, id));
  if (array.is_objects()) {
    Reals values = reals_of(pickle, id, what);
    const size_t count = values.size();
    return {1, count, std::move(values)};
  }
  if (!array.is_number() || array.rank() > 2) refuse_damaged(what + " is no matrix of numbers");
  const size_t rows = array.rank() == 2 ? array.shape()[0] : 1;
  return {rows, rows == 0 ? 0 : array.size() / rows, array.reals()};
}

std::vector<Id> list_of(const Pickle& pickle, Id id, const std::string& what) {
  const pickle::Object& object = pickle.at(id);
  if (object.kind == Kind::List || object.kind == Kind::Tuple) {
    const auto items = pickle.items(id);
    return {items.begin(), items.end()};
  }
  // Subclasses of list, as ColumnTransformer keeps some.
  if (object.kind == Kind::Call && !is_arraylike(pickle, id)) {
    const Estimator wrapped(pickle, id);
    const auto data = wrapped.find("data");
    if (data && pickle.at(*data).kind == Kind::List) return list_of(pickle, *data, what);
  }
  if (is_arraylike(pickle, id)) {
    const Array array = or_refuse(pickle::read_array(pickle, id));
    if (array.is_objects()) {
      std::vector<Id> made;
      for (size_t i = 0; i < array.size(); ++i) made.push_back(array.object(i));
      return made;
    }
  }
  refuse_damaged(what + " is no list");
}

namespace {

// The type of an array of numbers; of whatever else, the widest of its kind.
DType dtype_of(const Pickle& pickle, Id id, Labels::Kind kind) {
  if (kind == Labels::Kind::Bools) return DType::Bool;
  const DType widest = kind == Labels::Kind::Floats ? DType::F64 : DType::I64;
  if (kind == Labels::Kind::Texts || !is_arraylike(pickle, id)) return widest;
  const pickle::ElementType type = or_refuse(pickle::read_array(pickle, id)).type();
  constexpr DType kSigned[] = {DType::I8, DType::I16, DType::I32, DType::I64},
                  kUnsigned[] = {DType::U8, DType::U16, DType::U32, DType::U64},
                  kFloats[] = {DType::F64, DType::F16, DType::F32, DType::F64};
  const size_t power = std::min<size_t>(3, static_cast<size_t>(std::countr_zero(type.bytes)));
  switch (type.kind) {
    case pickle::Element::Float: return kFloats[power];
    case pickle::Element::Signed: return kSigned[power];
    case pickle::Element::Unsigned: return kUnsigned[power];
    default: return widest;
  }
}

}  // namespace

Labels labels_of(const Pickle& pickle, Id id, const std::string& what) {
  Labels made;
  const std::vector<Category> all = categories_of(pickle, id, what);
  if (all.empty()) refuse_damaged(what + " is empty");
  const Category::Kind kind = all[0].kind;
  made.kind = kind == Category::Kind::Text      ? Labels::Kind::Texts
              : kind == Category::Kind::Integer ? Labels::Kind::Integers
              : kind == Category::Kind::Bool    ? Labels::Kind::Bools
                                                : Labels::Kind::Floats;
  for (const Category& each : all) {
    if (each.kind != kind) refuse(what + " mixes kinds of labels");
    if (kind == Category::Kind::Text)
      made.texts.push_back(each.text);
    else if (made.kind == Labels::Kind::Floats)
      made.reals.push_back(real_of(each, what));
    else
      made.integers.push_back(each.integer);
  }
  made.dtype = dtype_of(pickle, id, made.kind);
  return made;
}

}  // namespace mle::compiler::sklearn
