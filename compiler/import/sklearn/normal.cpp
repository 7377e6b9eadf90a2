// The quantile is algorithm AS 241 (Wichura 1988, PPND16): two fractions of polynomials, one for
// the middle and one for what lies outside; sixteen digits.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/normal.h"

#include <numbers>

namespace mle::compiler::sklearn {
namespace {

constexpr uint32_t kDegree = 7;
constexpr double kMiddle[2][kDegree + 1] = {
    {3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
     1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
     3.3430575583588128105e+4, 2.5090809287301226727e+3},
    {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
     2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
     5.2264952788528545610e+3}};
constexpr double kOutside[2][kDegree + 1] = {
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9}};
// scikit-learn's: the quantiles of 1e-7 and of 1 - 1e-7, each one bit further out.
constexpr double kLowest = -5.199337582605575, kHighest = 5.19933758270342;

// One polynomial over another, the same for every column.
ValueId fraction(Builder& b, ValueId x, const double (&polynomials)[2][kDegree + 1]) {
  const uint32_t columns = b.width(x);
  Builder::Pieces pieces;
  pieces.count = 1;
  pieces.polynomials = 2;
  pieces.degree = kDegree;
  pieces.breaks.assign(columns, 0);
  for (uint32_t interval = 0; interval < 2 * columns; ++interval)
    for (const auto& polynomial : polynomials)
      pieces.coefficients.insert(pieces.coefficients.end(), std::begin(polynomial),
                                 std::end(polynomial));
  const ValueId both = b.piecewise(x, pieces);
  std::vector<uint32_t> above, below;
  for (uint32_t i = 0; i < columns; ++i) {
    above.push_back(2 * i);
    below.push_back(2 * i + 1);
  }
  return b.divide(b.columns(both, above), b.columns(both, below));
}

}  // namespace

ValueId normal_cdf(Builder& b, ValueId x) {
  const ValueId erf = b.unary(Act::Erf, b.multiply(x, std::numbers::sqrt2 / 2));
  return b.multiply(b.add(erf, 1.0), 0.5);
}

ValueId normal_quantile(Builder& b, ValueId p) {
  const ValueId q = b.subtract(p, 0.5);
  const ValueId middle = b.multiply(q, fraction(b, b.from(0.180625, b.multiply(q, q)), kMiddle));
  const ValueId rare = b.binary(BinaryFn::Min, p, b.from(1, p));
  const ValueId depth = b.unary(Act::Sqrt, b.unary(Act::Neg, b.unary(Act::Log, rare)));
  const ValueId outside =
      b.multiply(fraction(b, b.subtract(depth, 1.6), kOutside), b.unary(Act::Sign, q));
  const ValueId is_middle = b.compare(CompareFn::LessEqual, b.unary(Act::Abs, q), 0.425);
  // Far beyond the cut-off the outer fraction is not made for the numbers it is given.
  const ValueId is_low = b.compare(CompareFn::Less, p, 1e-8);
  const ValueId is_high = b.compare(CompareFn::Greater, p, 1 - 1e-8);
  ValueId y = b.select(is_middle, middle, outside);
  y = b.select(is_low, b.vector({kLowest}), y);
  y = b.select(is_high, b.vector({kHighest}), y);
  return b.clip(y, kLowest, kHighest);
}

}  // namespace mle::compiler::sklearn
