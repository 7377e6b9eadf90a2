// Products of columns, as scikit-learn's PolynomialFeatures multiplies them.
// SPDX-License-Identifier: Apache-2.0
#include "format/op_kinds.h"
#include "tests/runtime/networks.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace mle::testing {
namespace {

constexpr uint32_t kOne = format::kNoFactor;

template <class T>
std::vector<T> products(const std::vector<T>& rows, std::vector<uint32_t> dims, uint32_t degree,
                        const std::vector<uint32_t>& columns) {
  TinyModel m;
  const uint16_t x = m.add_input("x", dims);
  const size_t count = std::accumulate(dims.begin(), dims.end(), size_t{1}, std::multiplies<>());
  dims.back() = static_cast<uint32_t>(columns.size() / degree);
  const size_t wide = std::accumulate(dims.begin(), dims.end(), size_t{1}, std::multiplies<>());
  const uint16_t y = m.add_output("y", dims);
  m.tensor(x).dtype = m.tensor(y).dtype = static_cast<fb::DType>(In(rows).dtype());
  fb::OpT& op = m.add_op(fb::OpKind::Products, {x}, y);
  op.iattr = {degree};
  op.indices = columns;
  m.add_entry("transform", {x}, {y});
  const Model model = load(m);
  Session session = Session::make(model).or_exit();
  std::vector<T> out(rows.size() / count * wide);
  const Status status = session.run({In(rows)}, {Out(out)});
  REQUIRE_MESSAGE(status.ok(), status.message());
  return out;
}

// PolynomialFeatures(3): scikit-learn multiplies a term of degree 2 by its first column last.
const std::vector<uint32_t> kCubic = {kOne, kOne, kOne, 0, kOne, kOne, 1, kOne, kOne, 0,
                                      0,    kOne, 1,    0, kOne, 1,    1, kOne, 0,    0,
                                      0,    1,    0,    0, 1,    1,    0, 1,    1,    1};

TEST_CASE("steps: Products gives what scikit-learn's polynomial features are, to the last digit") {
  CHECK(products<double>({0.1, 0.7, -1.3, 2.9}, {2}, 3, kCubic) ==
        std::vector<double>{1.0,
                            0.1,
                            0.7,
                            0.010000000000000002,
                            0.06999999999999999,
                            0.48999999999999994,
                            0.0010000000000000002,
                            0.006999999999999999,
                            0.048999999999999995,
                            0.3429999999999999,
                            1.0,
                            -1.3,
                            2.9,
                            1.6900000000000002,
                            -3.77,
                            8.41,
                            -2.1970000000000005,
                            4.901,
                            -10.933,
                            24.389});
  CHECK(products<float>({0.1f, 0.7f, -1.3f, 2.9f}, {2}, 3, kCubic) ==
        std::vector<float>{1.0f,        0.1f,        0.7f,   0.010000001f, 0.07f,
                           0.48999998f, 0.001f,      0.007f, 0.049f,       0.343f,
                           1.0f,        -1.3f,       2.9f,   1.6899998f,   -3.77f,
                           8.410001f,   -2.1969998f, 4.901f, -10.933001f,  24.389004f});
}

TEST_CASE("steps: Products multiplies along the last axis of rows with several") {
  CHECK(products<float>({1, 2, 3, 4, 5, 6}, {3, 2}, 2, {0, 1, kOne, 1, 1, 1}) ==
        std::vector<float>{2, 2, 4, 12, 4, 16, 30, 6, 36});
}

TEST_CASE("steps: Products passes NaN and infinity, and 1 is exact") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = HUGE_VAL;
  const auto y = products<double>({nan, inf, 0.0}, {3}, 2, {0, 1, 1, 1, 1, 2, kOne, 1, kOne, kOne});
  CHECK(std::isnan(y[0]));
  CHECK(y[1] == inf);
  CHECK(std::isnan(y[2]));
  CHECK(y[3] == inf);
  CHECK(y[4] == 1);
}

}  // namespace
}  // namespace mle::testing
