// What is missing is filled in, or told.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/imputers.h"

#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"

#include <cmath>

namespace mle::compiler::sklearn {
namespace {

using CategoryKind = Category::Kind;

bool is_gap(const Category& value) {
  return value.kind == CategoryKind::None || value.kind == CategoryKind::NaN;
}

}  // namespace

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

ValueId gaps_of_numbers(Builder& b, const Estimator& e, ValueId columns, const Category& missing) {
  if (is_gap(missing)) return b.compare(CompareFn::NotEqual, columns, columns);
  return b.compare(CompareFn::Equal, columns, number_in(missing, e));
}

namespace {

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

}  // namespace

Frame with_indicator(Reading& r, const Estimator& e, const Frame& x, Frame filled) {
  if (!e.flag_or("add_indicator", false) || !e.is_estimator("indicator_")) return filled;
  const Frame told = transform_missing_indicator(r, e.estimator("indicator_"), x);
  if (told.parts.empty()) return filled;
  filled.append(Frame::computed(r.b, numbers(r.b, told)));
  return filled;
}

namespace {

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

// One regression of IterativeImputer: a column from others, all counted among those that are kept.
struct Imputation {
  uint32_t column = 0;
  std::vector<uint32_t> from;
  Estimator estimator;
};

std::vector<Imputation> imputations_of(const Estimator& e, uint32_t columns) {
  std::vector<Imputation> made;
  for (const pickle::Id id : e.list("imputation_sequence_")) {
    const auto parts = e.source().arguments(id);  // of a tuple whose members have names
    if (parts.size() != 3) refuse_damaged("IterativeImputer has odd imputations");
    const auto column = number_of(e.source(), parts[0]);
    Reals told = reals_of(e.source(), parts[1], "the neighbours of a column");
    if (column) told.push_back(*column);
    for (const double each : told)
      if (!column || !(each >= 0 && each < columns))
        refuse_damaged("IterativeImputer imputes a column that is not there");
    Imputation one{static_cast<uint32_t>(*column), {}, Estimator(e.source(), parts[2])};
    told.pop_back();
    for (const double each : told) one.from.push_back(static_cast<uint32_t>(each));
    made.push_back(std::move(one));
  }
  return made;
}

// -inf or inf where there is none.
Reals limits_of(const Estimator& e, std::string_view attribute, size_t columns) {
  const Reals made = e.reals(attribute);
  if (made.size() != columns) refuse_damaged("IterativeImputer has limits of other columns");
  return made;
}

// Places of the columns that the first filling keeps.
std::vector<uint32_t> kept_columns(const Estimator& e, const Estimator& first, uint32_t width) {
  std::vector<bool> empty(width);
  if (e.has("_is_empty_feature")) {
    empty = e.mask("_is_empty_feature");
  } else {
    const auto statistics =
        categories_of(first.source(), first.need("statistics_"), "'statistics_' of SimpleImputer");
    for (size_t i = 0; i < std::min<size_t>(width, statistics.size()); ++i)
      empty[i] = is_gap(statistics[i]);
  }
  if (empty.size() != width) refuse_damaged("IterativeImputer was fitted on other columns");
  std::vector<uint32_t> kept;
  for (uint32_t i = 0; i < width; ++i)
    if (!empty[i] || e.flag_or("keep_empty_features", false)) kept.push_back(i);
  return kept;
}

}  // namespace

// A first filling, then round by round each column that had gaps from the others. The rounds are
// those of fit().
Frame transform_iterative_imputer(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  if (e.flag_or("sample_posterior", false))
    refuse("IterativeImputer with sample_posterior=True draws its answers at random");
  const Estimator first = e.estimator("initial_imputer_");
  ValueId filled = numbers(b, transform_simple_imputer(r, first, x));
  const std::vector<uint32_t> kept = kept_columns(e, first, static_cast<uint32_t>(x.width()));
  const auto width = static_cast<uint32_t>(kept.size());
  // From 1.6 on a constant fills empty columns, too, and they are dropped after that.
  if (b.width(filled) > width && b.width(filled) == x.width()) filled = b.columns(filled, kept);
  if (e.integer("n_iter_") == 0) return with_indicator(r, e, x, Frame::computed(b, filled));
  if (b.width(filled) != width) refuse_damaged("IterativeImputer was fitted on other columns");
  const ValueId columns = numbers(b, x.picked(b, kept));
  const ValueId gaps = gaps_of_numbers(b, e, columns, missing_value(e));
  const Reals least = limits_of(e, "_min_value", width), most = limits_of(e, "_max_value", width);
  Frame now;
  for (uint32_t i = 0; i < width; ++i) now.append(Frame::computed(b, b.column(filled, i)));
  for (const Imputation& each : imputations_of(e, width)) {
    if (!can_regress(each.estimator))
      refuse("IterativeImputer of " + each.estimator.name() + ", which predicts no numbers");
    const uint32_t i = each.column;
    const ValueId guess =
        b.clip(regress(r, each.estimator, now.picked(b, each.from)).value, least[i], most[i]);
    now.parts[i].value = b.select(b.column(gaps, i), guess, now.parts[i].value);
  }
  return with_indicator(r, e, x, Frame::computed(b, numbers(b, now)));
}

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
