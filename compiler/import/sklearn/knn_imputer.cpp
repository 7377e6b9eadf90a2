// KNNImputer: a gap is filled from the fitted rows nearest to a row among those that know the
// column. All columns are filled at once: what a fitted row does not know it is infinitely far away
// for.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/imputers.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"
#include "compiler/import/sklearn/usual.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mle::compiler::sklearn {
namespace {

// All of them are looked at for every row.
constexpr size_t kMaxFitted = 524'288;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The fitted rows, column by column, NaN for gaps.
struct Fitted {
  uint32_t rows = 0, columns = 0;
  Reals values;

  std::span<const double> column(uint32_t i) const {
    return {values.data() + size_t{i} * rows, rows};
  }
  uint32_t known(uint32_t i) const {
    return static_cast<uint32_t>(
        std::ranges::count_if(column(i), [](double x) { return !std::isnan(x); }));
  }
};

Fitted fitted_rows(const Estimator& e, size_t width) {
  const Matrix rows = e.matrix("_fit_X");
  const std::vector<bool> gaps = e.mask("_mask_fit_X");
  if (rows.columns != width || rows.rows == 0 || gaps.size() != rows.values.size())
    refuse_damaged("KNNImputer was fitted on other columns");
  if (rows.values.size() > kMaxFitted)
    refuse("KNNImputer was fitted on " + std::to_string(rows.rows) + " rows of " +
               std::to_string(rows.columns) + " columns, more than " + std::to_string(kMaxFitted) +
               " numbers, all of which it compares with every row",
           "fit it on a sample of the rows");
  Fitted made{static_cast<uint32_t>(rows.rows), static_cast<uint32_t>(width), {}};
  made.values.reserve(rows.values.size());
  for (size_t c = 0; c < width; ++c)
    for (size_t r = 0; r < rows.rows; ++r)
      made.values.push_back(gaps[r * width + c] ? kNaN : rows.at(r, c));
  return made;
}

Fitted picked(const Fitted& all, const std::vector<uint32_t>& columns) {
  Fitted made{all.rows, static_cast<uint32_t>(columns.size()), {}};
  for (const uint32_t i : columns) {
    const auto column = all.column(i);
    made.values.insert(made.values.end(), column.begin(), column.end());
  }
  return made;
}

Reals means_of(const Fitted& fitted) {
  Reals means;
  for (uint32_t i = 0; i < fitted.columns; ++i) {
    double sum = 0;
    for (const double x : fitted.column(i)) sum += std::isnan(x) ? 0 : x;
    means.push_back(fitted.known(i) == 0 ? 0 : sum / fitted.known(i));
  }
  return means;
}

// What Builder has no word for: tables, one for each row of the batch.
class Tables {
 public:
  explicit Tables(Builder& b) : b_(b) {}

  ValueId reduce(ReduceFn fn, ValueId x, uint32_t axis, bool keep) {
    Node node = node_of(OpKind::Reduce, {x}, {static_cast<uint32_t>(fn), keep ? 1u : 0u});
    node.indices = {axis};
    return b_.add_node(std::move(node));
  }
  // Places of the `count` least along the last axis of two, NaN behind all.
  ValueId least(ValueId x, uint32_t count) {
    Fact wanted = b_.graph().value(x).fact;
    wanted.dims[1] = count;
    wanted.dtype = DType::I64;
    return b_.add_node(node_of(OpKind::TopK, {x}, {1, 0}), &wanted);
  }
  ValueId at(ValueId table, ValueId places) {
    return b_.add_node(node_of(OpKind::GatherElements, {table, places}, {1}));
  }

 private:
  static Node node_of(OpKind kind, std::vector<ValueId> inputs, std::vector<uint32_t> iattr) {
    Node node;
    node.kind = kind;
    node.inputs = std::move(inputs);
    node.iattr = std::move(iattr);
    return node;
  }

  Builder& b_;
};

// Squares of the distances to all fitted rows, NaN where nothing is known of both. Differences are
// squared as they are: nothing cancels.
ValueId distances(Builder& b, ValueId x, ValueId fitted) {
  Tables tables(b);
  const ValueId apart = b.subtract(b.reshape(x, {b.width(x), 1}), fitted);
  const ValueId squares = b.multiply(apart, apart);
  const ValueId known = b.compare(CompareFn::Equal, squares, squares);
  const ValueId sum =
      tables.reduce(ReduceFn::Sum, b.select(known, squares, b.table({0}, {1, 1})), 0, true);
  const ValueId count = tables.reduce(ReduceFn::Sum, b.cast(known, DType::I32), 0, true);
  return b.divide(sum, b.cast(count, DType::F64));
}

// [columns, neighbours]: what each neighbour counts.
ValueId weights_of(Builder& b, const Estimator& e, ValueId squares, ValueId usable) {
  const std::string kind = e.text_or("weights", "uniform");
  if (kind == "uniform") return b.cast(usable, DType::F64);
  if (kind != "distance") refuse("KNNImputer with weights='" + kind + "'");
  const ValueId none = b.table({0}, {1, 1});
  // Where some are no distance away, they alone count.
  const ValueId same = b.cast(b.compare(CompareFn::Equal, squares, none), DType::F64);
  const ValueId any = Tables(b).reduce(ReduceFn::Max, same, 1, true);
  const ValueId near = b.divide(b.table({1}, {1, 1}), b.unary(Act::Sqrt, squares));
  const ValueId weights = b.select(b.compare(CompareFn::Greater, any, none), same, near);
  return b.select(usable, weights, none);
}

// One value for each column of x, whether it has a gap there or not; x has NaN for gaps.
ValueId fillings(Builder& b, const Estimator& e, ValueId x, const Fitted& fitted) {
  Tables tables(b);
  const Dims dims = {fitted.columns, fitted.rows};
  uint32_t donors = 1;
  for (uint32_t i = 0; i < fitted.columns; ++i) donors = std::max(donors, fitted.known(i));
  std::vector<bool> knows;
  for (const double value : fitted.values) knows.push_back(!std::isnan(value));
  const ValueId table = b.table(fitted.values, dims);
  const ValueId none = b.table({0}, {1, 1});

  const ValueId away =
      b.select(b.flags(knows, dims), distances(b, x, table), b.table({kNaN}, {1, 1}));
  const auto neighbours =
      static_cast<uint32_t>(std::min<int64_t>(e.integer("n_neighbors"), donors));
  const ValueId places = tables.least(away, neighbours);
  const ValueId squares = tables.at(away, places);
  const ValueId usable = b.compare(CompareFn::Equal, squares, squares);
  const ValueId weights = weights_of(b, e, squares, usable);
  const ValueId values = b.select(usable, tables.at(table, places), none);
  const ValueId total = tables.reduce(ReduceFn::Sum, weights, 1, false);
  const ValueId sum = tables.reduce(ReduceFn::Sum, b.multiply(weights, values), 1, false);
  // A row that is not known to be near anything.
  const ValueId lost = b.compare(CompareFn::Equal, total, 0.0);
  return b.select(lost, b.vector(means_of(fitted)), b.divide(sum, total));
}

void want_supported(const Estimator& e) {
  if (e.has("weights") && !e.is_text("weights"))
    refuse("KNNImputer with weights that are a function", "'uniform' and 'distance' are read");
  if (!e.is_text("metric") || e.text("metric") != "nan_euclidean")
    refuse("KNNImputer with another metric than 'nan_euclidean'");
  if (e.integer("n_neighbors") < 1) e.refuse_attribute("n_neighbors", "is not positive");
}

}  // namespace

Frame transform_knn_imputer(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  want_supported(e);
  const Fitted all = fitted_rows(e, x.width());
  const bool keeps_empty = e.flag_or("keep_empty_features", false);
  std::vector<uint32_t> kept;
  std::vector<bool> empty;
  for (uint32_t i = 0; i < all.columns; ++i) {
    if (all.known(i) == 0 && !keeps_empty) continue;
    kept.push_back(i);
    empty.push_back(all.known(i) == 0);
  }
  if (kept.empty()) refuse("KNNImputer keeps no columns");
  Matrix rows = Matrix::zeros(all.rows, all.columns);
  for (uint32_t f = 0; f < all.columns; ++f)
    for (uint32_t i = 0; i < all.rows; ++i) rows.at(i, f) = all.column(f)[i];
  suppose_rows(r, x, rows);

  const Category missing = missing_value(e);
  const ValueId columns = numbers(b, x.picked(b, kept));
  const ValueId gaps = gaps_of_numbers(b, e, columns, missing);
  const bool has_nan = std::isnan(number_in(missing, e));
  const ValueId with_nan = has_nan ? columns : b.select(gaps, b.vector({kNaN}), columns);
  ValueId filled = b.select(gaps, fillings(b, e, with_nan, picked(all, kept)), columns);
  if (std::ranges::count(empty, true) > 0)
    filled = b.select(b.flags(empty, {b.width(filled)}), b.vector({0.0}), filled);
  return with_indicator(r, e, x, Frame::computed(b, filled));
}

}  // namespace mle::compiler::sklearn
