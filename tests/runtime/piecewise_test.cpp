// Piecewise polynomials, against what numpy and scikit-learn answer to the last digit. The tables
// are those an importer makes: value at the left break, slope, …
// SPDX-License-Identifier: Apache-2.0
#include "format/op_kinds.h"
#include "tests/runtime/networks.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace mle::testing {
namespace {

using format::Outside;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr uint32_t kLeft = 0, kRight = 1;

template <class T>
struct Pieces {
  std::vector<uint32_t> dims;  // of coefficients: C, M + 1, P, D + 1
  std::vector<T> breaks, coefficients;
  uint32_t side;
  Outside outside;
};

template <class T>
uint16_t add_table(TinyModel& m, const char* name, std::vector<uint32_t> dims,
                   const std::vector<T>& values) {
  const auto* floats = reinterpret_cast<const float*>(values.data());
  const uint16_t index =
      m.add_constant(name, std::move(dims), {floats, values.size() * sizeof(T) / sizeof(float)});
  m.tensor(index).dtype = static_cast<fb::DType>(In(values).dtype());
  return index;
}

// y = pieces(x) for rows of `lines` times C elements.
template <class T>
Model model_of(const Pieces<T>& pieces, uint32_t lines = 1) {
  TinyModel m;
  const uint32_t columns = pieces.dims[0];
  const uint16_t x = m.add_input("x", {lines, columns});
  const uint16_t y = m.add_output("y", {lines, columns * pieces.dims[2]});
  m.tensor(x).dtype = m.tensor(y).dtype = static_cast<fb::DType>(In(pieces.breaks).dtype());
  const uint16_t breaks = add_table(m, "breaks", {columns, pieces.dims[1] - 1}, pieces.breaks);
  const uint16_t terms = add_table(m, "coefficients", pieces.dims, pieces.coefficients);
  m.add_op(fb::OpKind::Piecewise, {x, breaks, terms}, y, "table").iattr = {
      pieces.side, static_cast<uint32_t>(pieces.outside)};
  m.add_entry("predict", {x}, {y});
  return load(m);
}

template <class T>
std::vector<T> answers_of(const Pieces<T>& pieces, const std::vector<T>& x, uint32_t lines = 1) {
  const Model model = model_of(pieces, lines);
  Session session = Session::make(model).or_exit();
  std::vector<T> y(x.size() * pieces.dims[2]);
  const Status status = session.run({In(x)}, {Out(y)});
  REQUIRE_MESSAGE(status.ok(), status.message());
  return y;
}

template <class T>
void check_same(const std::vector<T>& ours, const std::vector<T>& theirs) {
  REQUIRE(ours.size() == theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    CAPTURE(i);
    const bool same = ours[i] == theirs[i] || (std::isnan(ours[i]) && std::isnan(theirs[i]));
    CHECK_MESSAGE(same, ours[i], " for ", theirs[i]);
  }
}

// numpy.interp over the points (-1.7, 0.3), (-0.3, -0.7), (0.1, 0.9), (0.1, 1.1), (2.9, 7.3).
Pieces<double> interpolation(Outside outside) {
  return {
      {1, 6, 1, 2},
      {-1.7, -0.3, 0.1, 0.1, 2.9},
      {0.3, 0.0, 0.3, -0.7142857142857143, -0.7, 4.0, 0.9, 0.0, 1.1, 2.214285714285714, 7.3, 0.0},
      kRight,
      outside};
}

TEST_CASE("steps: Piecewise gives what numpy interpolates, breaks and infinities included") {
  check_same(answers_of(interpolation(Outside::Clamp), {-5.0, -1.7, -1.1, -0.3, -0.05, 0.1, 0.7,
                                                        2.2, 2.9, 3.1, kInf, -kInf, kNaN}),
             {0.3, 0.3, -0.1285714285714285, -0.7, 0.30000000000000004, 1.1, 2.4285714285714284,
              5.75, 7.3, 7.3, 7.3, 0.3, kNaN});
}

TEST_CASE("steps: Piecewise makes NaN of what lies outside, where it is told so") {
  check_same(answers_of(interpolation(Outside::NaN), {-1.8, -1.7, 0.7, 2.9, 2.95, kInf, kNaN}),
             {kNaN, 0.3, 2.4285714285714284, 7.3, kNaN, kNaN, kNaN});
}

TEST_CASE("steps: Piecewise has no answer outside, where it is told so, and names the row") {
  const Model model = model_of(interpolation(Outside::Fault));
  Session session = Session::make(model).or_exit();
  std::vector<double> x = {0.7, kNaN, -1.7, 2.9}, y(4);
  CHECK(session.run({In(x)}, {Out(y)}).ok());
  check_same(y, {2.4285714285714284, kNaN, 0.3, 7.3});
  x[2] = 3;
  const Status status = session.run({In(x)}, {Out(y)});
  REQUIRE(!status.ok());
  CHECK(std::string(status.message()).find("outside the range seen in training") !=
        std::string::npos);
  CHECK(std::string(status.message()).find("row 2") != std::string::npos);
}

// IsotonicRegression of f32 searches from the left and computes in f32.
TEST_CASE("steps: Piecewise gives what scikit-learn's isotonic regression gives in f32") {
  const Pieces<float> isotonic = {{1, 7, 1, 2},
                                  {0.1f, 0.4f, 0.7f, 1.3f, 1.9f, 2.2f},
                                  {0.15f, 0.0f, 0.15f, 0.0f, 0.15f, 2.3333337f, 0.85f, 0.0f, 0.85f,
                                   3.0833333f, 2.7f, 1.3333325f, 3.1f, 0.0f},
                                  kLeft,
                                  Outside::Clamp};
  check_same(
      answers_of(isotonic,
                 {0.0f, 0.1f, 0.2f, 0.55f, 1.1f, 1.7f, 2.2f, 3.0f, 0.4f, 0.7f, 1.3f, 1.9f}),
      {0.15f, 0.15f, 0.15f, 0.5000001f, 0.85f, 2.0833335f, 3.1f, 3.1f, 0.15f, 0.85f, 0.85f, 2.7f});
}

// KBinsDiscretizer with 3 and 4 bins: a column with fewer breaks repeats its last.
TEST_CASE("steps: Piecewise of degree 0 gives scikit-learn's bins") {
  const Pieces<double> bins = {{2, 4, 1, 1},
                               {-1.0999999999999999, 0.5100000000000002, 0.5100000000000002,
                                -1.1775, -0.10499999999999998, 0.9675000000000002},
                               {0, 1, 2, 2, 0, 1, 2, 3},
                               kRight,
                               Outside::Polynomial};
  check_same(
      answers_of(bins, {1.52, -1.52, -2.47, 0.62, 2.55, -1.0, -1.25, 0.59, -1.0999999999999999,
                        -0.10499999999999998, 0.5100000000000002, 0.9675000000000002, kInf, -kInf}),
      {2, 0, 0, 2, 2, 1, 0, 2, 1, 2, 2, 3, 2, 0});
}

// SplineTransformer(degree=2) on the knots -1, 0, 1, 2: five functions of one column.
Pieces<double> splines(Outside outside) {
  std::vector<double> inside = {0.5, -1, 0.5, 0.5, 1, -1, 0, 0, 0.5};
  std::vector<double> terms;
  for (int interval : {0, 0, 1, 2}) {  // what lies below goes on as the first
    std::vector<double> line(15, 0.0);
    std::copy(inside.begin(), inside.end(), line.begin() + interval * 3);
    terms.insert(terms.end(), line.begin(), line.end());
  }
  for (double t : {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.5, -1.0, -1.0, 0.5, 1.0, 0.5})
    terms.push_back(t);
  return {{1, 5, 5, 3}, {-1, 0, 1, 2}, terms, kRight, outside};
}

void check_close(const std::vector<double>& ours, const std::vector<double>& theirs) {
  REQUIRE(ours.size() == theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) CHECK(std::abs(ours[i] - theirs[i]) <= 4e-16);
}

TEST_CASE("steps: Piecewise gives scikit-learn's splines, clamped or going on outside") {
  check_close(answers_of(splines(Outside::Clamp), {-1.5, -0.3, 0.77, 1.9, 2.25}),
              {0.5,
               0.5,
               0,
               0,
               0,
               0.045,
               0.71,
               0.24499999999999997,
               0,
               0,
               0,
               0.026449999999999994,
               0.6771,
               0.29645,
               0,
               0,
               0,
               0.005000000000000009,
               0.5900000000000001,
               0.4049999999999999,
               0,
               0,
               0,
               0.5,
               0.5});
  check_close(answers_of(splines(Outside::Polynomial), {-1.5, 2.25}),
              {1.125, -0.25, 0.125, 0, 0, 0, 0, 0.03125, 0.1875, 0.78125});
}

TEST_CASE("steps: Piecewise knows the columns of rows with several lines") {
  const Pieces<float> signs = {{2, 2, 1, 1}, {0, 10}, {-1, 1, 7, 8}, kRight, Outside::Polynomial};
  check_same(answers_of(signs, {-3, 3, 0, 10, 5, 11}, 3), {-1, 7, 1, 8, 1, 8});
}

TEST_CASE("steps: Piecewise stays in its table whatever the breaks are") {
  const Pieces<double> broken = {{1, 5, 1, 2},
                                 {kNaN, 3, -kInf, kNaN},
                                 {0, 0, 1, 0, 2, 0, 3, 0, 4, 0},
                                 kRight,
                                 Outside::Polynomial};
  for (double y : answers_of(broken, {-kInf, -1, 0, 5, kInf})) CHECK((std::isnan(y) || y <= 4));
}

}  // namespace
}  // namespace mle::testing
