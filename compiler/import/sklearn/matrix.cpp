// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/matrix.h"

#include "compiler/import/sklearn/refusal.h"

namespace mle::compiler::sklearn {
namespace {

constexpr size_t kMaxElements = size_t{1} << 24, kMaxSteps = size_t{1} << 33;

}  // namespace

Matrix Matrix::diagonal(const Reals& values) {
  Matrix made = zeros(values.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) made.at(i, i) = values[i];
  return made;
}

Matrix Matrix::transposed() const {
  Matrix made = zeros(columns, rows);
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c) made.at(c, r) = at(r, c);
  return made;
}

Matrix Matrix::narrowed(size_t count) const {
  Matrix made = zeros(rows, count);
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < count; ++c) made.at(r, c) = at(r, c);
  return made;
}

Matrix product(const Matrix& a, const Matrix& b) {
  if (a.columns != b.rows) refuse_damaged("two matrices of the model do not fit together");
  if (a.rows * b.columns > kMaxElements || a.rows * b.columns > kMaxSteps / (a.columns + 1))
    refuse("two matrices of the model are too large to be multiplied");
  Matrix made = Matrix::zeros(a.rows, b.columns);
  for (size_t r = 0; r < a.rows; ++r)
    for (size_t k = 0; k < a.columns; ++k)
      for (size_t c = 0; c < b.columns; ++c) made.at(r, c) += a.at(r, k) * b.at(k, c);
  return made;
}

}  // namespace mle::compiler::sklearn
