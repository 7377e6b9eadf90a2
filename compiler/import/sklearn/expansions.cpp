// Transformers that make columns of columns: products, splines, bins, powers, quantiles.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/normal.h"
#include "compiler/import/sklearn/refusal.h"
#include "compiler/import/sklearn/usual.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mle::compiler::sklearn {
namespace {

constexpr size_t kMaxProducts = size_t{1} << 20;

// All ways to choose `degree` columns of `count`, in order of their numbers.
void append_choices(std::vector<uint32_t>& factors, uint32_t count, uint32_t degree, bool repeat,
                    uint32_t slots) {
  std::vector<uint32_t> chosen(degree);
  for (uint32_t i = 0; i < degree; ++i) chosen[i] = repeat ? 0 : i;
  if (!repeat && degree > count) return;
  for (;;) {
    factors.insert(factors.end(), chosen.begin(), chosen.end());
    factors.insert(factors.end(), slots - degree, format::kNoFactor);
    if (factors.size() / slots > kMaxProducts)
      refuse("PolynomialFeatures makes more than " + std::to_string(kMaxProducts) + " columns");
    uint32_t at = degree;
    while (at-- > 0 && chosen[at] == (repeat ? count - 1 : count - degree + at)) {
    }
    if (at >= degree) return;
    ++chosen[at];
    for (uint32_t i = at + 1; i < degree; ++i) chosen[i] = repeat ? chosen[at] : chosen[i - 1] + 1;
  }
}

ValueId constant_mask(Builder& b, const std::vector<bool>& mask) {
  return b.integers(std::vector<int64_t>(mask.begin(), mask.end()), DType::Bool);
}

// Powers to compute with, and where the power is 0, whose limit is taken instead.
struct Powers {
  Reals safe;
  std::vector<bool> zero;

  explicit Powers(const Reals& powers) : safe(powers) {
    for (double& power : safe) {
      zero.push_back(std::abs(power) < std::numeric_limits<double>::epsilon());
      if (zero.back()) power = 1;
    }
  }
  ValueId choose(Builder& b, ValueId limit, ValueId otherwise) const {
    if (std::find(zero.begin(), zero.end(), true) == zero.end()) return otherwise;
    return b.select(constant_mask(b, zero), limit, otherwise);
  }
};

// (e^(power log) - 1) / power, log where the power is 0; by column.
ValueId power_of_log(Builder& b, ValueId log, const Reals& powers) {
  const Powers by_column(powers);
  const ValueId by = b.vector(by_column.safe);
  const ValueId y = b.divide(b.unary(Act::Expm1, b.multiply(log, by)), by);
  return by_column.choose(b, log, y);
}

// log(1 + power y) / power, y where the power is 0: the way back from power_of_log.
ValueId log_of_power(Builder& b, ValueId y, const Reals& powers) {
  const Powers by_column(powers);
  const ValueId by = b.vector(by_column.safe);
  const ValueId log = b.divide(b.unary(Act::Log1p, b.multiply(y, by)), by);
  return by_column.choose(b, y, log);
}

Reals two_less(const Reals& powers) {
  Reals made;
  for (const double power : powers) made.push_back(2 - power);
  return made;
}

bool is_box_cox(const Estimator& e) {
  const std::string method = e.text_or("method", "yeo-johnson");
  if (method != "box-cox" && method != "yeo-johnson")
    refuse("PowerTransformer with method '" + method + "'");
  return method == "box-cox";
}

// A column of a table of quantiles, its repeated values once, with the first and the last reference
// of each.
struct Steps {
  Reals at, first, last;

  Steps(const Matrix& quantiles, const Reals& references, size_t column) {
    for (size_t i = 0; i < quantiles.rows; ++i) {
      const double x = quantiles.at(i, column);
      if (!at.empty() && x < at.back()) refuse_damaged("quantiles do not ascend");
      if (at.empty() || x > at.back()) {
        at.push_back(x);
        first.push_back(references[i]);
        last.push_back(references[i]);
      }
      last.back() = references[i];
    }
  }
};

// Straight lines from step to step; level before the first and behind the last.
ValueId interpolated(Builder& b, ValueId x, const std::vector<Steps>& columns, bool right) {
  Builder::Pieces pieces;
  pieces.degree = 1;
  pieces.right = right;
  for (const Steps& steps : columns)
    pieces.count = std::max(pieces.count, static_cast<uint32_t>(steps.at.size()));
  for (const Steps& steps : columns) {
    const size_t count = steps.at.size();
    for (size_t i = 0; i < pieces.count; ++i)
      pieces.breaks.push_back(steps.at[std::min(i, count - 1)]);
    pieces.coefficients.push_back(steps.first[0]);
    pieces.coefficients.push_back(0);
    for (size_t i = 0; i < pieces.count; ++i) {
      const bool inside = i + 1 < count;
      const size_t from = std::min(i, count - 1);
      pieces.coefficients.push_back(steps.last[from]);
      pieces.coefficients.push_back(
          inside ? (steps.first[i + 1] - steps.last[i]) / (steps.at[i + 1] - steps.at[i]) : 0);
    }
  }
  return b.piecewise(x, pieces);
}

struct Quantiles {
  std::vector<Steps> columns;
  Reals lowest, highest;
  bool repeated = false;
};

Quantiles quantiles_of(const Estimator& e, const Matrix& table, const Reals& references) {
  if (table.rows != references.size() || table.rows == 0)
    refuse_damaged(e.name() + " has other numbers of quantiles in its parts");
  Quantiles made;
  for (size_t c = 0; c < table.columns; ++c) {
    made.columns.emplace_back(table, references, c);
    made.lowest.push_back(table.at(0, c));
    made.highest.push_back(table.at(table.rows - 1, c));
    made.repeated = made.repeated || made.columns.back().at.size() != table.rows;
  }
  return made;
}

constexpr double kBound = 1e-7;  // how near to the ends of a normal distribution is the end

bool to_normal(const Estimator& e) {
  const std::string distribution = e.text_or("output_distribution", "uniform");
  if (distribution != "uniform" && distribution != "normal")
    refuse("QuantileTransformer with output_distribution '" + distribution + "'");
  return distribution == "normal";
}

}  // namespace

Frame transform_polynomial(Reading& r, const Estimator& e, const Frame& x) {
  const ValueId columns = numbers(r.b, x);
  int64_t least = 0, most = 0;
  if (e.has("_max_degree")) {
    least = e.integer("_min_degree");
    most = e.integer("_max_degree");
  } else {
    const Reals degree = e.reals("degree");
    least = degree.size() == 2 ? static_cast<int64_t>(degree[0]) : 0;
    most = static_cast<int64_t>(degree.back());
  }
  if (least < 0 || most < least || most > 64) refuse("PolynomialFeatures with an odd degree");
  const bool repeat = !e.flag_or("interaction_only", false);
  const auto slots = static_cast<uint32_t>(std::max<int64_t>(most, 1));
  std::vector<uint32_t> factors;
  if (e.flag_or("include_bias", true)) factors.assign(slots, format::kNoFactor);
  for (int64_t degree = std::max<int64_t>(least, 1); degree <= most; ++degree)
    append_choices(factors, r.b.width(columns), static_cast<uint32_t>(degree), repeat, slots);
  if (factors.empty()) refuse("PolynomialFeatures makes no columns");
  return Frame::computed(r.b, r.b.products(columns, std::move(factors), slots));
}

Frame transform_k_bins(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  ValueId columns = numbers(b, x);
  if (e.is_older_than(1, 1)) {
    // What lay just below an edge belonged to the bin above it.
    const ValueId nearly = b.add(b.multiply(b.unary(Act::Abs, columns), 1e-5), 1e-8);
    columns = b.add(columns, nearly);
  }
  const auto edges = e.list("bin_edges_");
  const std::vector<uint32_t> bins = e.indices("n_bins_");
  if (edges.size() != b.width(columns) || bins.size() != edges.size())
    refuse_damaged("KBinsDiscretizer has other numbers of columns in its parts");
  std::vector<Reals> inner;
  Reals least, most;
  Builder::Pieces pieces;
  pieces.right = true;
  pieces.count = 1;
  for (const pickle::Id id : edges) {
    Reals all = reals_of(e.source(), id, "bin_edges_");
    if (all.size() < 2) refuse_damaged("KBinsDiscretizer has a column without bins");
    least.push_back(all.front());
    most.push_back(all.back());
    inner.emplace_back(all.begin() + 1, all.end() - 1);
    if (inner.back().empty()) inner.back().push_back(all[0]);
    pieces.count = std::max(pieces.count, static_cast<uint32_t>(inner.back().size()));
  }
  suppose_between(r, x, least, most);
  for (size_t c = 0; c < inner.size(); ++c) {
    const bool one_bin = bins[c] <= 1;
    for (size_t i = 0; i < pieces.count; ++i)
      pieces.breaks.push_back(inner[c][std::min(i, inner[c].size() - 1)]);
    for (size_t i = 0; i <= pieces.count; ++i)
      pieces.coefficients.push_back(one_bin ? 0
                                            : static_cast<double>(std::min(i, inner[c].size())));
  }
  const ValueId ordinals = b.piecewise(columns, pieces);
  if (e.text_or("encode", "onehot") == "ordinal") return Frame::computed(b, ordinals);
  std::vector<uint32_t> repeated;
  Reals codes;
  for (uint32_t c = 0; c < bins.size(); ++c) {
    for (uint32_t i = 0; i < bins[c]; ++i) {
      repeated.push_back(c);
      codes.push_back(i);
    }
    if (codes.size() > kMaxProducts) refuse("KBinsDiscretizer makes too many columns");
  }
  const ValueId is_bin =
      b.compare(CompareFn::Equal, b.columns(ordinals, repeated), b.vector(codes));
  return Frame::computed(b, b.cast(is_bin, DType::F64));
}

Frame transform_power(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const ValueId columns = numbers(b, x);
  const Reals powers = e.reals("lambdas_");
  if (e.is_estimator("_scaler")) {
    const Estimator scaler = e.estimator("_scaler");
    if (scaler.has("mean_") && scaler.has("scale_"))
      suppose_powers(r, x, powers, is_box_cox(e), scaler.reals("mean_"), scaler.reals("scale_"));
  }
  ValueId y = kNone;
  if (is_box_cox(e)) {
    y = power_of_log(b, b.unary(Act::Log, columns), powers);
  } else {
    const ValueId above = power_of_log(b, b.unary(Act::Log1p, columns), powers);
    const ValueId below =
        power_of_log(b, b.unary(Act::Log1p, b.unary(Act::Neg, columns)), two_less(powers));
    y = b.select(b.compare(CompareFn::GreaterEqual, columns, 0.0), above, b.unary(Act::Neg, below));
  }
  const Frame made = Frame::computed(b, y);
  return e.flag_or("standardize", true) ? transform_standard(r, e.estimator("_scaler"), made)
                                        : made;
}

ValueId inverse_power(Reading& r, const Estimator& e, ValueId x) {
  Builder& b = r.b;
  if (e.flag_or("standardize", true)) x = inverse_transform(r, e.estimator("_scaler"), x);
  const Reals powers = e.reals("lambdas_");
  if (is_box_cox(e)) return b.unary(Act::Exp, log_of_power(b, x, powers));
  const ValueId above = b.unary(Act::Expm1, log_of_power(b, x, powers));
  const ValueId below =
      b.unary(Act::Expm1, log_of_power(b, b.unary(Act::Neg, x), two_less(powers)));
  return b.select(b.compare(CompareFn::GreaterEqual, x, 0.0), above, b.unary(Act::Neg, below));
}

Frame transform_quantile(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const ValueId columns = numbers(b, x);
  const Quantiles q = quantiles_of(e, e.matrix("quantiles_"), e.reals("references_"));
  suppose_between(r, x, q.lowest, q.highest);
  ValueId y = interpolated(b, columns, q.columns, true);
  // A value that is several quantiles at once has the mean of the first and the last.
  if (q.repeated) y = b.multiply(b.add(y, interpolated(b, columns, q.columns, false)), 0.5);
  const bool normal = to_normal(e);
  const ValueId lowest = b.vector(q.lowest), highest = b.vector(q.highest);
  const ValueId is_highest = normal ? b.compare(CompareFn::Greater, b.add(columns, kBound), highest)
                                    : b.compare(CompareFn::Equal, columns, highest);
  const ValueId is_lowest = normal ? b.compare(CompareFn::Less, b.subtract(columns, kBound), lowest)
                                   : b.compare(CompareFn::Equal, columns, lowest);
  y = b.select(is_highest, b.vector({1}), y);
  y = b.select(is_lowest, b.vector({0}), y);
  return Frame::computed(b, normal ? normal_quantile(b, y) : y);
}

ValueId inverse_quantile(Reading& r, const Estimator& e, ValueId x) {
  Builder& b = r.b;
  const Matrix table = e.matrix("quantiles_");
  const Reals references = e.reals("references_");
  const bool normal = to_normal(e);
  const ValueId p = normal ? normal_cdf(b, x) : x;
  // The table the other way round: by reference, quantiles.
  std::vector<Steps> columns;
  Reals lowest, highest;
  Matrix by_reference = Matrix::zeros(references.size(), 1);
  by_reference.values = references;
  for (size_t c = 0; c < table.columns; ++c) {
    Reals quantiles;
    for (size_t i = 0; i < table.rows; ++i) quantiles.push_back(table.at(i, c));
    if (quantiles.size() != references.size() || quantiles.empty())
      refuse_damaged("QuantileTransformer has other numbers of quantiles in its parts");
    columns.emplace_back(by_reference, quantiles, 0);
    lowest.push_back(quantiles.front());
    highest.push_back(quantiles.back());
  }
  ValueId y = interpolated(b, p, columns, true);
  if (!normal) return y;
  y = b.select(b.compare(CompareFn::Greater, p, 1 - kBound), b.vector(highest), y);
  return b.select(b.compare(CompareFn::Less, p, kBound), b.vector(lowest), y);
}

}  // namespace mle::compiler::sklearn
