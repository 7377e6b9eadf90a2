// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/pairwise.h"

#include "compiler/import/sklearn/refusal.h"

namespace mle::compiler::sklearn {
namespace {

// [pairs, classes] with `first` at the first class of each pair and `second` at the second.
Matrix of_pairs(uint32_t classes, double first, double second) {
  Matrix made = Matrix::zeros(size_t{classes} * (classes - 1) / 2, classes);
  size_t pair = 0;
  for (uint32_t i = 0; i < classes; ++i) {
    for (uint32_t j = i + 1; j < classes; ++j, ++pair) {
      made.at(pair, i) = first;
      made.at(pair, j) = second;
    }
  }
  return made;
}

}  // namespace

Matrix pairwise_weights(const Matrix& dual, const Matrix& vectors,
                        const std::vector<uint32_t>& counts) {
  const size_t classes = counts.size();
  std::vector<size_t> begins(1, 0);
  for (const uint32_t count : counts) begins.push_back(begins.back() + count);
  if (classes == 2 && dual.rows == 1) return product(dual, vectors);
  if (dual.rows + 1 != classes || dual.columns != vectors.rows || begins.back() != vectors.rows)
    refuse_damaged("the support vectors do not fit their coefficients");
  Matrix made = Matrix::zeros(classes * (classes - 1) / 2, vectors.columns);
  size_t pair = 0;
  for (size_t i = 0; i < classes; ++i) {
    for (size_t j = i + 1; j < classes; ++j, ++pair) {
      const auto add = [&](size_t of_class, size_t row) {
        for (size_t v = begins[of_class]; v < begins[of_class + 1]; ++v)
          for (size_t f = 0; f < vectors.columns; ++f)
            made.at(pair, f) += dual.at(row, v) * vectors.at(v, f);
      };
      add(i, j - 1);
      add(j, i);
    }
  }
  return made;
}

ValueId votes(Builder& b, ValueId second_wins, uint32_t classes) {
  Reals begin(classes);  // the first of a pair has its votes where the second has not
  for (uint32_t i = 0; i < classes; ++i) begin[i] = static_cast<double>(classes - 1 - i);
  return b.dense(second_wins, of_pairs(classes, -1, 1), begin);
}

ValueId votes_of_both(Builder& b, ValueId first_wins, ValueId second_wins, uint32_t classes) {
  return b.add(b.dense(first_wins, of_pairs(classes, 1, 0)),
               b.dense(second_wins, of_pairs(classes, 0, 1)));
}

ValueId squeezed_confidences(Builder& b, ValueId confidences, uint32_t classes) {
  const ValueId sums = b.dense(confidences, of_pairs(classes, -1, 1));
  const ValueId size = b.multiply(b.add(b.unary(Act::Abs, sums), 1.0), 3.0);
  return b.divide(sums, size);
}

}  // namespace mle::compiler::sklearn
