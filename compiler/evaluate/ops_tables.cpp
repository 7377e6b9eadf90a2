// By tables of constants: Products, Piecewise.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/op_site.h"
#include "format/rules.h"

#include <cmath>
#include <limits>

namespace mle::compiler {
namespace {

// The breaks of one column, and a value among them.
struct Place {
  size_t interval;
  double from_break;  // how far behind the one its interval begins at
};

Place place(double x, const double* breaks, size_t count, bool right) {
  size_t interval = 0;
  while (interval < count && (right ? breaks[interval] <= x : breaks[interval] < x)) ++interval;
  return {interval, x - breaks[interval == 0 ? 0 : interval - 1]};
}

double polynomial(const double* coefficients, size_t count, double x) {
  double y = coefficients[count - 1];
  for (size_t i = count - 1; i-- > 0;) y = y * x + coefficients[i];
  return y;
}

}  // namespace

Elements run_products(const OpSite& site) {
  const size_t degree = site.node.iattr[0], columns = site.fact(0).dims.back();
  const size_t outputs = site.result().dims.back(), lines = site.width() / outputs;
  Elements y;
  y.reserve(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t line = 0; line < lines; ++line)
      for (size_t o = 0; o < outputs; ++o) {
        double product = 1;
        for (size_t d = 0; d < degree; ++d) {
          const uint32_t column = site.node.indices[o * degree + d];
          if (column != format::kNoFactor) product *= site.row(0, r)[line * columns + column];
        }
        y.push_back(product);
      }
  return y;
}

Result<Elements> run_piecewise(const OpSite& site) {
  const bool right = site.node.iattr[0] == 1;
  const auto outside = static_cast<format::Outside>(site.node.iattr[1]);
  const Dims& table = site.fact(2).dims;  // [C, M + 1, P, D + 1]
  const size_t columns = table[0], count = table[1] - 1, many = table[2], terms = table[3];
  const size_t lines = site.width() / (columns * many);
  Elements y;
  y.reserve(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t i = 0; i < lines * columns; ++i) {
      const double* breaks = site.inputs[1]->data() + i % columns * count;
      double x = site.row(0, r)[i];
      const bool below = x<breaks[0], above = x> breaks[count - 1];
      if ((below || above) && outside == format::Outside::Clamp)
        x = below ? breaks[0] : breaks[count - 1];
      else if ((below || above) && outside == format::Outside::Fault)
        return error(Code::InvalidArgument, format::rule::R117_NoAnswer, Status::kNoOffset, "",
                     "row %zu: a value outside the range seen in training", r);
      else if ((below || above) && outside == format::Outside::NaN)
        x = std::numeric_limits<double>::quiet_NaN();
      const Place at = place(x, breaks, count, right);
      const double* line =
          site.inputs[2]->data() + (i % columns * (count + 1) + at.interval) * many * terms;
      for (size_t p = 0; p < many; ++p)
        y.push_back(std::isnan(x) ? x : polynomial(line + p * terms, terms, at.from_break));
    }
  return y;
}

}  // namespace mle::compiler
