// What is missing is filled in, or told.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"

#include <cmath>

namespace mle::compiler::sklearn {
namespace {

using CategoryKind = Category::Kind;

bool is_gap(const Category& value) {
  return value.kind == CategoryKind::None || value.kind == CategoryKind::NaN;
}

// What counts as missing. pandas.NA is what NaN is.
Category missing_value(const Estimator& e) {
  const pickle::Id id = e.need("missing_values");
  if (e.source().at(id).kind == pickle::Kind::Global ||
      e.source().at(id).kind == pickle::Kind::Call) {
    if (!pickle::is_scalar(e.source(), id)) return {CategoryKind::NaN, {}, 0, 0};
  }
  return category_of(e.source(), id, "'missing_values' of " + e.name());
}

double number_in(const Category& value, const Estimator& e) {
  if (value.kind == CategoryKind::Text)
    refuse(e.name() + " looks for a text in a column of numbers");
  return value.kind == CategoryKind::Real ? value.real
         : value.kind == CategoryKind::NaN || value.kind == CategoryKind::None
             ? std::nan("")
             : static_cast<double>(value.integer);
}

// Bools, one for each column of numbers.
ValueId gaps_of_numbers(Builder& b, const Estimator& e, ValueId columns, const Category& missing) {
  if (is_gap(missing)) return b.compare(CompareFn::NotEqual, columns, columns);
  return b.compare(CompareFn::Equal, columns, number_in(missing, e));
}

ValueId gaps_of_words(Builder& b, ValueId column, const Category& missing) {
  if (is_gap(missing)) return b.is_missing(column);
  const ValueId place = b.places_of_words(column, {missing.text}, 1, 1);
  return b.compare(CompareFn::Equal, b.cast(place, DType::F64), 0.0);
}

// Column `i` as words, or as numbers.
ValueId gaps_of(Reading& r, const Estimator& e, const Frame& x, uint32_t i,
                const Category& missing) {
  const ValueId column = x.column(r.b, i);
  if (r.b.dtype(column) == DType::Str) return gaps_of_words(r.b, column, missing);
  return gaps_of_numbers(r.b, e, r.b.cast(column, DType::F64), missing);
}

ValueId filled_words(Builder& b, ValueId column, const std::string& filling,
                     const Category& missing) {
  // A list of one: whatever the word, the answer is the filling.
  const ValueId nowhere = b.places_of_words(column, {filling}, 0, 0);
  return b.select(gaps_of_words(b, column, missing), b.words_at(nowhere, {filling}), column);
}

Frame with_indicator(Reading& r, const Estimator& e, const Frame& x, Frame filled) {
  if (!e.flag_or("add_indicator", false) || !e.is_estimator("indicator_")) return filled;
  const Frame told = transform_missing_indicator(r, e.estimator("indicator_"), x);
  if (told.parts.empty()) return filled;
  filled.append(Frame::computed(r.b, numbers(r.b, told)));
  return filled;
}

bool is_empty_column(const Category& statistic, bool keeps_empty) {
  return !keeps_empty && is_gap(statistic);
}

// All columns at once.
Frame filled_numbers(Reading& r, const Estimator& e, const Frame& x,
                     const std::vector<Category>& statistics, const Category& missing) {
  Builder& b = r.b;
  const bool keeps_empty = e.flag_or("keep_empty_features", false);
  std::vector<uint32_t> kept;
  Reals fillings;
  for (uint32_t i = 0; i < statistics.size(); ++i) {
    if (is_empty_column(statistics[i], keeps_empty)) continue;
    kept.push_back(i);
    fillings.push_back(number_in(statistics[i], e));
  }
  if (kept.empty()) refuse("SimpleImputer keeps no columns");
  const ValueId columns = numbers(b, x.picked(b, kept));
  const ValueId filled =
      b.select(gaps_of_numbers(b, e, columns, missing), b.vector(fillings), columns);
  return Frame::computed(b, filled);
}

}  // namespace

Frame transform_simple_imputer(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const std::vector<Category> statistics =
      categories_of(e.source(), e.need("statistics_"), "'statistics_' of SimpleImputer");
  if (statistics.size() != x.width())
    refuse_damaged("SimpleImputer was fitted on another number of columns");
  const Category missing = missing_value(e);
  bool words = missing.kind == CategoryKind::Text;
  for (const Category& each : statistics) words = words || each.kind == CategoryKind::Text;
  if (!words) return with_indicator(r, e, x, filled_numbers(r, e, x, statistics, missing));

  const bool keeps_empty = e.flag_or("keep_empty_features", false);
  Frame filled;
  for (uint32_t i = 0; i < statistics.size(); ++i) {
    if (is_empty_column(statistics[i], keeps_empty)) continue;
    if (statistics[i].kind != CategoryKind::Text) {
      filled.append(filled_numbers(r, e, x.picked(b, {i}), {statistics[i]}, missing));
      continue;
    }
    const ValueId column = typed_column(r, x, i, DType::Str);
    if (b.dtype(column) == DType::Str) {
      filled.append(Frame::computed(b, filled_words(b, column, statistics[i].text, missing)));
    } else {
      if (r.typed) refuse("SimpleImputer of words is given numbers");
      filled.append(x.picked(b, {i}));
    }
  }
  if (filled.parts.empty()) refuse("SimpleImputer keeps no columns");
  return with_indicator(r, e, x, std::move(filled));
}

Frame transform_missing_indicator(Reading& r, const Estimator& e, const Frame& x) {
  const Category missing = missing_value(e);
  std::vector<uint32_t> told;
  if (e.text_or("features", "missing-only") == "all")
    for (uint32_t i = 0; i < x.width(); ++i) told.push_back(i);
  else
    told = e.indices("features_");
  Frame made;
  for (const uint32_t i : told) {
    if (i >= x.width()) refuse_damaged("MissingIndicator tells of a column that is not there");
    made.append(Frame::computed(r.b, gaps_of(r, e, x, i, missing)));
  }
  return made;
}

}  // namespace mle::compiler::sklearn
