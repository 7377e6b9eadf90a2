// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/categories.h"

#include "compiler/import/sklearn/refusal.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mle::compiler::sklearn {
namespace {

using CategoryKind = Category::Kind;

bool is_missing(const Category& category) {
  return category.kind == CategoryKind::None || category.kind == CategoryKind::NaN;
}

// The type that all categories share.
DType type_of(const std::vector<Category>& categories) {
  bool texts = false, integers = false, reals = false, bools = false;
  for (const Category& each : categories) {
    texts = texts || each.kind == CategoryKind::Text;
    integers = integers || each.kind == CategoryKind::Integer;
    bools = bools || each.kind == CategoryKind::Bool;
    reals = reals || each.kind == CategoryKind::Real || each.kind == CategoryKind::NaN;
  }
  if (texts && (integers || bools)) refuse("an encoder whose categories are texts and numbers");
  for (const Category& each : categories)
    if (texts && each.kind == CategoryKind::Real)
      refuse("an encoder whose categories are texts and numbers");
  if (texts) return DType::Str;
  if (reals) return DType::F64;
  if (integers) return DType::I64;
  return bools ? DType::Bool : DType::Str;
}

double real_of(const Category& category) {
  return category.kind == CategoryKind::Real ? category.real
                                             : static_cast<double>(category.integer);
}

// The rows of the table that places lead to: categories in the order of their places, then what is
// unknown, then what is missing.
struct Table {
  std::vector<size_t> order;      // categories that are not missing, by place
  std::optional<size_t> missing;  // the category that is
};

Table table_of(const std::vector<Category>& categories, bool sorted) {
  Table table;
  for (size_t i = 0; i < categories.size(); ++i) {
    if (!is_missing(categories[i])) {
      table.order.push_back(i);
      continue;
    }
    if (table.missing)
      refuse("an encoder with None and NaN as two categories", "use one kind of missing value");
    table.missing = i;
  }
  if (sorted)
    std::sort(table.order.begin(), table.order.end(),
              [&](size_t a, size_t b) { return real_of(categories[a]) < real_of(categories[b]); });
  return table;
}

// Integers are compared as such where the column has them.
ValueId number_keys(Builder& b, const Coding& coding, const Table& table, DType dtype) {
  if (dtype == DType::F64) {
    Reals keys;
    for (const size_t i : table.order) keys.push_back(real_of(coding.categories[i]));
    return b.vector(keys);
  }
  std::vector<int64_t> keys;
  for (const size_t i : table.order) keys.push_back(coding.categories[i].integer);
  return b.integers(keys, dtype);
}

}  // namespace

ValueId coded(Reading& r, const Frame& x, uint32_t i, const Coding& coding) {
  Builder& b = r.b;
  if (coding.categories.empty() || coding.codes.rows != coding.categories.size())
    refuse_damaged("an encoder has other numbers of categories in its parts");
  const DType wanted = type_of(coding.categories);
  const ValueId column = typed_column(r, x, i, wanted);
  const Table table = table_of(coding.categories, wanted != DType::Str);
  const auto count = static_cast<uint32_t>(table.order.size());

  Reals rows;
  const auto append = [&](std::span<const double> codes) {
    rows.insert(rows.end(), codes.begin(), codes.end());
  };
  for (const size_t category : table.order) append(coding.codes.row(category));
  const Reals nothing(coding.codes.columns);
  append(coding.unknown ? *coding.unknown : nothing);
  append(table.missing ? coding.codes.row(*table.missing)
                       : std::span<const double>(coding.unknown ? *coding.unknown : nothing));
  const uint32_t unknown = coding.unknown ? count : format::kNoAnswer;
  const uint32_t missing = table.missing || coding.unknown ? count + 1 : format::kNoAnswer;

  ValueId place = kNone;
  const DType dtype = b.dtype(column);
  if (wanted == DType::Str && dtype == DType::Str) {
    std::vector<std::string> words;
    for (const size_t category : table.order) words.push_back(coding.categories[category].text);
    if (words.empty()) words.emplace_back();  // nothing but missing ones
    place = b.places_of_words(column, std::move(words), unknown, missing);
  } else if (wanted == DType::Str || dtype == DType::Str) {
    if (r.typed) refuse("an encoder of texts is given numbers, or the other way round");
    place = b.cast(column, DType::I64);  // the types of the columns are not known yet
  } else if (count == 0) {
    place = b.places_of_numbers(column, b.vector({0}), unknown, missing);
  } else {
    place = b.places_of_numbers(column, number_keys(b, coding, table, dtype), unknown, missing);
  }
  const Dims dims = {count + 2, static_cast<uint32_t>(coding.codes.columns)};
  return b.look_up(b.table(rows, dims), place);
}

}  // namespace mle::compiler::sklearn
