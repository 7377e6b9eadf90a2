// Products: Dense. Constant weights are read in blocks, so that wide layers need no copy of them.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/op_site.h"
#include "compiler/graph/stored.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace mle::compiler {
namespace {

constexpr size_t kRows = 64, kColumns = 2048;  // of a block: 1 MiB

// y += x w for a block of w. Block after block of rows, every sum is added from the first row on.
void add_products(const OpSite& site, const Block& block, const double* w, Elements& y) {
  const size_t k = site.fact(1).dims[0], n = site.fact(1).dims[1];
  const size_t lines = site.rows * site.width() / n, of_row = site.width() / n;
  for (size_t line = 0; line < lines; ++line) {
    const double* x = site.row(0, line / of_row) + line % of_row * k + block.row;
    double* out = y.data() + line * n + block.column;
    for (size_t i = 0; i < block.rows; ++i)
      for (size_t j = 0; j < block.columns; ++j) out[j] += x[i] * w[i * block.columns + j];
  }
}

// A row of f32 in 8 bits: the rule of docs/numerics.md.
struct RowIn8Bits {
  double scale = 0;  // NaN where an element is no finite number
  std::vector<double> steps;

  RowIn8Bits(const double* x, size_t k) : steps(k) {
    float low = 0, high = 0;
    bool finite = true;
    for (size_t i = 0; i < k; ++i) {
      const auto element = static_cast<float>(x[i]);
      finite = finite && std::isfinite(element);
      if (std::abs(element) < std::numeric_limits<float>::min()) continue;
      low = std::min(low, element);
      high = std::max(high, element);
    }
    if (!finite) scale = std::numeric_limits<double>::quiet_NaN();
    const double range = double{high} - double{low};
    if (!finite || range < 0x1p-100) return;
    const auto per_unit = static_cast<float>(255 / range);
    const double zero = std::nearbyint(-low * per_unit);
    for (size_t i = 0; i < k; ++i) {
      const double code = std::nearbyint(static_cast<float>(x[i]) * per_unit) + zero;
      steps[i] = std::clamp(code, 0.0, 255.0) - zero;
    }
    scale = double{static_cast<float>(range / 255)};
  }
};

Elements run_in_8_bits(const OpSite& site) {
  const size_t k = site.fact(1).dims[0], n = site.fact(1).dims[1];
  const size_t lines = site.rows * site.width() / n, of_row = site.width() / n;
  Elements y(site.rows * site.width()), w(k * n);
  read_block(site.graph.value(site.node.inputs[1]), {0, k, 0, n}, w.data());
  for (size_t line = 0; line < lines; ++line) {
    const RowIn8Bits row(site.row(0, line / of_row) + line % of_row * k, k);
    double* out = y.data() + line * n;
    for (size_t i = 0; i < k; ++i)
      for (size_t j = 0; j < n; ++j) out[j] += row.steps[i] * w[i * n + j];
    for (size_t j = 0; j < n; ++j) out[j] = double{static_cast<float>(out[j])} * row.scale;
  }
  return y;
}

}  // namespace

Elements run_dense(const OpSite& site) {
  if (!site.node.iattr.empty()) return run_in_8_bits(site);
  const size_t k = site.fact(1).dims[0], n = site.fact(1).dims[1];
  Elements y(site.rows * site.width());
  if (site.inputs.size() == 3)
    for (size_t at = 0; at < y.size(); at += n)
      std::copy_n(site.inputs[2]->data(), n, y.data() + at);
  if (site.inputs[1] != nullptr) {
    add_products(site, {0, k, 0, n}, site.inputs[1]->data(), y);
  } else {
    std::vector<double> w(std::min(k, kRows) * std::min(n, kColumns));
    for (size_t column = 0; column < n; column += kColumns) {
      for (size_t row = 0; row < k; row += kRows) {
        const Block block{row, std::min(kRows, k - row), column, std::min(kColumns, n - column)};
        read_block(site.graph.value(site.node.inputs[1]), block, w.data());
        add_products(site, block, w.data(), y);
      }
    }
  }
  for (double& element : y) element = apply(site.node.act, element, site.alpha(), site.beta());
  return y;
}

}  // namespace mle::compiler
