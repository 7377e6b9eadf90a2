// SplineTransformer: each column becomes the values of B-splines, which are polynomials from knot
// to knot.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"
#include "compiler/import/sklearn/usual.h"

#include <algorithm>
#include <cmath>

namespace mle::compiler::sklearn {
namespace {

using Polynomial = Reals;  // coefficient 0 first

// The splines of one column: knots, [coefficients, splines], degree.
struct Splines {
  Reals knots;
  Matrix weights;
  size_t degree = 0;

  size_t first() const { return degree; }  // of the base interval: its knot
  size_t last() const { return knots.size() - degree - 1; }
};

// From scipy 1.17 on a spline is wrapped in another, as the first of two things that it remembers.
Estimator inner_spline(const Estimator& e) {
  const pickle::Id state = e.source().at(e.id()).state;
  if (e.has("k") || state == pickle::kNoObject) return e;
  if (e.source().at(state).kind != pickle::Kind::Tuple || e.source().items(state).empty()) return e;
  return {e.source(), e.source().items(state)[0]};
}

Splines read_splines(const Estimator& wrapped) {
  const Estimator e = inner_spline(wrapped);
  Splines made;
  made.knots = e.reals(e.has("t") ? "t" : "_t");
  made.weights = e.matrix(e.has("c") ? "c" : "_c");
  made.degree = static_cast<size_t>(e.integer("k"));
  if (made.degree > 16 || made.knots.size() < 2 * made.degree + 2 ||
      made.weights.rows != made.knots.size() - made.degree - 1 ||
      !std::is_sorted(made.knots.begin(), made.knots.end()))
    refuse_damaged("the knots of a spline do not fit its coefficients");
  return made;
}

// p + factor (a + b u) q
void add_product(Polynomial& p, double a, double b, const Polynomial& q) {
  for (size_t i = 0; i < q.size(); ++i) {
    p[i] += a * q[i];
    if (i + 1 < p.size()) p[i + 1] += b * q[i];
  }
}

// The degree + 1 basis splines that live on interval j, as polynomials of u = x - knot j. The
// recursion of Cox and de Boor, with polynomials for numbers.
std::vector<Polynomial> basis_on(const Splines& s, size_t j) {
  const size_t size = s.degree + 1;
  std::vector<Polynomial> basis(1, Polynomial(size));
  basis[0][0] = 1;
  for (size_t d = 1; d <= s.degree; ++d) {
    std::vector<Polynomial> next(d + 1, Polynomial(size));
    for (size_t i = 0; i < d; ++i) {  // basis[i] is spline j - (d - 1) + i of degree d - 1
      const size_t at = j - (d - 1) + i;
      const double left = s.knots[at], width = s.knots[at + d] - left;
      if (!(width > 0)) continue;
      const double offset = (s.knots[j] - left) / width;
      add_product(next[i + 1], offset, 1 / width, basis[i]);
      add_product(next[i], 1 - offset, -1 / width, basis[i]);
    }
    basis = std::move(next);
  }
  return basis;
}

// Which of the basis splines on an interval count. The oldest ends there, or soon behind: its last
// digits are lost in powers of u, and kept in those of a mirrored one.
enum class Part { All, AllButOldest, Newest };

// All splines on interval j.
std::vector<Polynomial> splines_on(const Splines& s, size_t j, Part part = Part::All) {
  const std::vector<Polynomial> basis = basis_on(s, j);
  std::vector<Polynomial> made(s.weights.columns, Polynomial(s.degree + 1));
  const size_t first = part == Part::All ? 0 : part == Part::Newest ? s.degree : 1;
  for (size_t i = first; i < basis.size(); ++i)
    for (size_t c = 0; c < made.size(); ++c)
      add_product(made[c], s.weights.at(j - s.degree + i, c), 0, basis[i]);
  return made;
}

// The same polynomial, of u - by.
Polynomial moved(const Polynomial& p, double by) {
  Polynomial made = p;
  for (size_t k = 0; k < made.size(); ++k)
    for (size_t i = made.size() - 1; i-- > k;) made[i] += by * made[i + 1];
  return made;
}

void append(Reals& to, const std::vector<Polynomial>& polynomials) {
  for (const Polynomial& each : polynomials) to.insert(to.end(), each.begin(), each.end());
}

// What goes on from an end: the polynomials there, cut down to what the extrapolation keeps.
void cut(std::vector<Polynomial>& polynomials, size_t keep) {
  for (Polynomial& each : polynomials)
    for (size_t i = keep; i < each.size(); ++i) each[i] = 0;
}

struct Column {
  Reals breaks;
  std::vector<std::vector<Polynomial>> intervals;  // one more than breaks
};

// Of a column that was constant: all knots are one, and no spline of degree 1 or more has any room.
Column of_one_knot(const Splines& s, const std::string& extrapolation) {
  const std::vector<Polynomial> nothing(s.weights.columns, Polynomial(s.degree + 1));
  Column made{{s.knots[s.last()]}, {nothing, nothing}};
  if (s.degree > 0) return made;
  const bool periodic = extrapolation == "periodic";
  for (size_t c = 0; c < nothing.size(); ++c) {
    if (periodic || extrapolation == "continue") made.intervals[0][c][0] = s.weights.at(0, c);
    made.intervals[1][c][0] = s.weights.at(periodic ? 0 : s.weights.rows - 1, c);
  }
  return made;
}

Column column_of(const Splines& s, const std::string& extrapolation, Part part) {
  Column made;
  for (size_t j = s.first(); j < s.last(); ++j) {
    if (!(s.knots[j + 1] > s.knots[j])) continue;
    made.breaks.push_back(s.knots[j]);
    made.intervals.push_back(splines_on(s, j, part));
  }
  if (made.breaks.empty()) return of_one_knot(s, extrapolation);
  const double end = s.knots[s.last()];
  std::vector<Polynomial> before = made.intervals.front(), behind;
  for (const Polynomial& each : made.intervals.back())
    behind.push_back(moved(each, end - made.breaks.back()));
  if (extrapolation == "linear") {
    cut(before, 2);
    cut(behind, 2);
  }
  // Of degree 0 there is no spline whose value at the first knot goes on below it.
  if (extrapolation == "constant" && s.degree == 0) cut(before, 0);
  made.breaks.push_back(end);
  made.intervals.insert(made.intervals.begin(), std::move(before));
  made.intervals.push_back(std::move(behind));
  return made;
}

// Which knots, counted from both ends, are where lines go on from in a column, and how many splines
// from each end do. For splines of degree 0 and 1 scikit-learn counts on from column to column.
struct Ends {
  size_t knot = 0, splines = 0;

  Ends next() const {
    return {splines, std::max<size_t>(splines, std::min<size_t>(2, splines + 1))};
  }
};

// All splines as lines through a point, as their right side there has them.
std::vector<Polynomial> lines_at(const Splines& s, double x) {
  size_t j = s.last() - 1;
  while (j > s.first() && (!(s.knots[j + 1] > s.knots[j]) || s.knots[j] > x)) --j;
  std::vector<Polynomial> made;
  for (const Polynomial& each : splines_on(s, j)) made.push_back(moved(each, x - s.knots[j]));
  cut(made, 2);
  return made;
}

// Those that go on below (or above), beginning at `from` and told of u = x - origin.
void go_on(std::vector<Polynomial>& to, const Splines& s, const Ends& ends, double from,
           double origin, bool above) {
  const std::vector<Polynomial> lines = lines_at(s, from);
  const size_t n = lines.size();
  for (size_t j = 0; j < std::min(ends.splines, n); ++j) {
    const size_t i = above ? n - 1 - j : j;
    to[i] = moved(lines[i], origin - from);
  }
}

// Splines of degree 0 or 1 with lines beyond the ends, which may lie inside or even cross.
Column linear_column_of(const Splines& s, const Ends& ends) {
  if (ends.knot >= s.knots.size()) refuse("SplineTransformer of lines with so few knots");
  const double least = s.knots[ends.knot], most = s.knots[s.knots.size() - 1 - ends.knot];
  const std::vector<Polynomial> nothing(s.weights.columns, Polynomial(s.degree + 1));
  std::vector<Polynomial> before = nothing, behind = nothing;
  if (most < least) {
    // Between the two it is both at once: what is nearer to its own end, where both say something.
    Column made{{std::nextafter(most, least), least}, {}};
    const size_t n = nothing.size();
    std::vector<Polynomial> low = nothing, high = nothing;
    go_on(before, s, ends, least, made.breaks[0], false);
    go_on(low, s, ends, least, made.breaks[0], false);
    go_on(high, s, ends, most, made.breaks[0], true);
    go_on(behind, s, ends, most, made.breaks[1], true);
    for (size_t i = 0; i < n; ++i) {
      const bool is_high = n - 1 - i < ends.splines && (i >= ends.splines || n - 1 - i >= i);
      if (is_high) low[i] = high[i];
    }
    made.intervals = {std::move(before), std::move(low), std::move(behind)};
    return made;
  }
  Column made;
  go_on(before, s, ends, least, least, false);
  made.intervals.push_back(std::move(before));
  for (size_t j = s.first(); j < s.last(); ++j) {
    const double begin = s.knots[j];
    if (!(s.knots[j + 1] > begin) || begin < least || begin >= most) continue;
    made.breaks.push_back(begin);
    made.intervals.push_back(splines_on(s, j));
  }
  go_on(behind, s, ends, most, most, true);
  made.breaks.push_back(most);
  made.intervals.push_back(std::move(behind));
  return made;
}

// The splines of -x.
Splines mirrored(const Splines& s) {
  Splines made{{s.knots.rbegin(), s.knots.rend()}, s.weights, s.degree};
  for (double& knot : made.knots) knot = -knot;
  for (size_t row = 0; row < s.weights.rows; ++row)
    for (size_t c = 0; c < s.weights.columns; ++c)
      made.weights.at(row, c) = s.weights.at(s.weights.rows - 1 - row, c);
  return made;
}

// A table of all columns, which may have different numbers of breaks.
Builder::Pieces table_of(const std::vector<Column>& columns, uint32_t polynomials, size_t degree) {
  Builder::Pieces made;
  made.polynomials = polynomials;
  made.degree = static_cast<uint32_t>(degree);
  for (const Column& column : columns)
    made.count = std::max(made.count, static_cast<uint32_t>(column.breaks.size()));
  for (const Column& column : columns) {
    for (size_t i = 0; i < made.count; ++i)
      made.breaks.push_back(column.breaks[std::min(i, column.breaks.size() - 1)]);
    // A column with fewer breaks repeats its last one: behind all of them is its last interval.
    for (size_t i = 0; i <= made.count; ++i)
      append(made.coefficients, column.intervals[std::min(i, column.breaks.size())]);
  }
  return made;
}

ValueId wrapped_around(Builder& b, ValueId x, const Reals& begins, const Reals& periods) {
  const ValueId begin = b.vector(begins), period = b.vector(periods);
  const ValueId from = b.subtract(x, begin);
  const ValueId turns = b.unary(Act::Floor, b.divide(from, period));
  return b.add(begin, b.subtract(from, b.multiply(turns, period)));
}

}  // namespace

Frame transform_spline(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  ValueId columns = numbers(b, x);
  const std::string extrapolation = e.text_or("extrapolation", "constant");
  std::vector<Column> made, ending;
  Reals begins, periods;
  Ends ends;
  uint32_t splines = 0;
  size_t degree = 0;
  for (const Estimator& spline : e.estimators("bsplines_")) {
    const Splines s = read_splines(spline);
    if (made.empty()) {
      splines = static_cast<uint32_t>(s.weights.columns);
      degree = s.degree;
      ends.splines = degree;
    }
    if (splines != s.weights.columns || degree != s.degree)
      refuse_damaged("SplineTransformer has columns of different kinds");
    ends = ends.next();
    const bool flat = !(s.knots[s.last()] > s.knots[s.first()]);
    const bool in_halves = degree > (extrapolation == "linear" ? 1 : 0);
    if (extrapolation == "linear" && !in_halves && !flat) {
      made.push_back(linear_column_of(s, ends));
    } else {
      made.push_back(column_of(s, extrapolation, in_halves ? Part::AllButOldest : Part::All));
      if (in_halves) ending.push_back(column_of(mirrored(s), extrapolation, Part::Newest));
    }
    begins.push_back(s.knots[s.first()]);
    const double period = s.knots[s.last()] - s.knots[s.first()];
    periods.push_back(period > 0 ? period : 1);
  }
  if (made.size() != b.width(columns))
    refuse_damaged("SplineTransformer has another number of columns in its parts");
  Reals ends_of_base = begins;
  for (size_t i = 0; i < periods.size(); ++i) ends_of_base[i] += periods[i];
  suppose_between(r, x, begins, ends_of_base);
  Builder::Pieces pieces = table_of(made, splines, degree);
  pieces.right = true;
  const bool flat = extrapolation == "constant" && degree > 0;
  pieces.outside = flat                       ? format::Outside::Clamp
                   : extrapolation == "error" ? format::Outside::Fault
                                              : format::Outside::Polynomial;
  if (extrapolation == "periodic") columns = wrapped_around(b, columns, begins, periods);
  ValueId y = b.piecewise(columns, pieces);
  if (!ending.empty()) {
    Builder::Pieces others = table_of(ending, splines, degree);
    others.outside = pieces.outside;  // and a break belongs to what lies above it in x, as before
    y = b.add(y, b.piecewise(b.unary(Act::Neg, columns), others));
  }
  if (e.text_or("handle_missing", "error") == "zeros") {
    std::vector<uint32_t> repeated;
    for (uint32_t i = 0; i < b.width(y); ++i) repeated.push_back(i / splines);
    const ValueId is_number = b.compare(CompareFn::Equal, columns, columns);
    y = b.select(b.columns(is_number, repeated), y, b.vector({0}));
  }
  if (e.flag_or("include_bias", true)) return Frame::computed(b, y);
  std::vector<uint32_t> kept;
  for (uint32_t i = 0; i < b.width(y); ++i)
    if ((i + 1) % splines != 0) kept.push_back(i);
  return Frame::computed(b, b.columns(y, kept));
}

}  // namespace mle::compiler::sklearn
