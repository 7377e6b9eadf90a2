// Small dense matrices as estimators hold them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mle::compiler::sklearn {

using Reals = std::vector<double>;

// Row-major.
struct Matrix {
  size_t rows = 0, columns = 0;
  Reals values;

  static Matrix zeros(size_t rows, size_t columns) {
    return {rows, columns, Reals(rows * columns)};
  }
  static Matrix diagonal(const Reals& values);
  double& at(size_t row, size_t column) { return values[row * columns + column]; }
  double at(size_t row, size_t column) const { return values[row * columns + column]; }
  std::span<const double> row(size_t i) const { return {values.data() + i * columns, columns}; }

  Matrix transposed() const;
  // Its first columns.
  Matrix narrowed(size_t count) const;
};

// a b, summed in order of k.
Matrix product(const Matrix& a, const Matrix& b);

}  // namespace mle::compiler::sklearn
