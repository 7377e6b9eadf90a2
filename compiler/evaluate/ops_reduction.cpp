// Along an axis: Softmax, LogSoftmax, ArgMax, Couple.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/op_site.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace mle::compiler {
namespace {

void softmax(const double* x, double* y, size_t n, size_t step, bool logarithm) {
  double largest = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < n; ++i) largest = apply(BinaryFn::Max, largest, x[i * step]);
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += std::exp(x[i * step] - largest);
  for (size_t i = 0; i < n; ++i) {
    const double shifted = x[i * step] - largest;
    y[i * step] = logarithm ? shifted - std::log(sum) : std::exp(shifted) / sum;
  }
}

// NaN counts as larger than all.
size_t argmax(const double* x, size_t n, size_t step, bool last) {
  size_t best = 0;
  for (size_t i = 1; i < n; ++i) {
    const double a = x[best * step], b = x[i * step];
    const bool equal = a == b || (std::isnan(a) && std::isnan(b));
    if (equal ? last : !std::isnan(a) && (std::isnan(b) || b > a)) best = i;
  }
  return best;
}

// x: of each pair of k classes, how likely the first is beside the second.
void couple(const double* x, size_t k, double* p) {
  std::vector<std::vector<double>> r(k, std::vector<double>(k)), q = r;
  for (size_t i = 0; i < k; ++i)
    for (size_t j = i + 1; j < k; ++j) {
      r[i][j] = *x++;
      r[j][i] = 1 - r[i][j];
    }
  for (size_t t = 0; t < k; ++t)
    for (size_t j = 0; j < k; ++j)
      if (j != t) {
        q[t][t] += r[j][t] * r[j][t];
        q[t][j] = -r[j][t] * r[t][j];
      }
  std::fill(p, p + k, 1.0 / static_cast<double>(k));
  for (size_t round = 0; round < std::max<size_t>(100, k); ++round) {
    std::vector<double> qp(k);
    double pqp = 0, worst = 0;
    for (size_t t = 0; t < k; ++t) {
      for (size_t j = 0; j < k; ++j) qp[t] += q[t][j] * p[j];
      pqp += p[t] * qp[t];
    }
    for (size_t t = 0; t < k; ++t)
      if (std::abs(qp[t] - pqp) > worst) worst = std::abs(qp[t] - pqp);
    if (worst < 0.005 / static_cast<double>(k)) return;
    for (size_t t = 0; t < k; ++t) {
      const double by = (pqp - qp[t]) / q[t][t];
      p[t] += by;
      pqp = (pqp + by * (by * q[t][t] + 2 * qp[t])) / (1 + by) / (1 + by);
      for (size_t j = 0; j < k; ++j) {
        qp[j] = (qp[j] + by * q[t][j]) / (1 + by);
        p[j] /= 1 + by;
      }
    }
  }
}

}  // namespace

Elements run_couple(const OpSite& site) {
  const size_t pairs = site.fact(0).dims.back(), classes = site.result().dims.back();
  const size_t lines = site.width() / classes;
  Elements y(site.rows * site.width());
  for (size_t line = 0; line < site.rows * lines; ++line) {
    const double* x = site.row(0, line / lines) + line % lines * pairs;
    double* p = y.data() + line * classes;
    if (std::any_of(x, x + pairs, [](double each) { return std::isnan(each); }))
      std::fill(p, p + classes, std::numeric_limits<double>::quiet_NaN());
    else
      couple(x, classes, p);
  }
  return y;
}

Elements run_softmax(const OpSite& site, bool logarithm) {
  return along_axis(site, site.node.iattr[0],
                    [&](const double* x, double* y, size_t n, size_t step) {
                      softmax(x, y, n, step, logarithm);
                    });
}

Elements run_argmax(const OpSite& site) {
  const Axis axis(site.fact(0).dims, site.node.iattr[0]);
  const bool last = site.node.iattr[1] == 1;
  Elements y;
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t outer = 0; outer < axis.outer; ++outer)
      for (size_t inner = 0; inner < axis.inner; ++inner)
        y.push_back(static_cast<double>(argmax(site.row(0, r) + outer * axis.n * axis.inner + inner,
                                               axis.n, axis.inner, last)));
  return y;
}

}  // namespace mle::compiler
