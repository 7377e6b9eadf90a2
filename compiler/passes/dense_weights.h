// DenseWeights: weights and bias of a dense layer in double, on the way to new ones.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/evaluate/elements.h"
#include "compiler/passes/affine.h"
#include "compiler/passes/editor.h"

namespace mle::compiler {

struct DenseWeights {
  DType dtype = DType::F32;  // of the layer, and of what they will be rounded to
  size_t k = 0, n = 0;
  Elements w;  // [k, n]
  Elements b;  // [n]

  static Result<DenseWeights> of(const Editor& editor, const Node& dense);

  // Those of the layer with an affine step before, or after it.
  void put_before(const Affine& affine);
  void put_after(const Affine& affine);

  // Whether rounding to the dtype keeps the answers: all numbers finite, and on rows N(0, 1) no
  // answer moves by more than 1e-5 of itself or of the output's spread. With `before`, the rows are
  // N(0, 1) behind that step, as the data it was fitted on.
  bool keeps_digits(const Affine* before = nullptr) const;
};

// (x · first) · second
DenseWeights product(const DenseWeights& first, const DenseWeights& second);

}  // namespace mle::compiler
