// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/dense_weights.h"

#include "compiler/random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace mle::compiler {
namespace {

constexpr double kTolerance = 1e-5;
constexpr size_t kRows = 64;
constexpr size_t kMostWork = size_t{1} << 26;  // multiply-adds of one check

Elements rounded(const Elements& elements, DType dtype) {
  Elements result = elements;
  for (double& element : result) element = convert(element, dtype);
  return result;
}

bool all_finite(const Elements& elements) {
  return std::all_of(elements.begin(), elements.end(), [](double e) { return std::isfinite(e); });
}

// A dense layer of f32 flushes denormals: what was a normal number before must not become one.
bool any_flushed(const Elements& exact, const Elements& kept, DType dtype) {
  if (dtype == DType::F64) return false;
  for (size_t i = 0; i < exact.size(); ++i)
    if (exact[i] != 0 && std::abs(kept[i]) < double{std::numeric_limits<float>::min()}) return true;
  return false;
}

// One row whose columns are N(0, 1) behind `before`.
Elements random_row(Random& random, size_t k, const Affine* before) {
  Elements x(k);
  for (size_t i = 0; i < k; ++i) {
    const double z = random.normal();
    const bool undo = before != nullptr && before->scale[i] != 0;
    x[i] = undo ? (z - before->shift[i]) / before->scale[i] : z;
  }
  return x;
}

Elements answer(const Elements& x, const Elements& w, const Elements& b) {
  Elements y = b;
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t j = 0; j < y.size(); ++j) y[j] += x[i] * w[i * y.size() + j];
  return y;
}

}  // namespace

Result<DenseWeights> DenseWeights::of(const Editor& editor, const Node& dense) {
  DenseWeights weights;
  const Value& w = editor.value(dense.inputs[1]);
  weights.dtype = w.fact.dtype;
  weights.k = w.fact.dims[0];
  weights.n = w.fact.dims[1];
  MLE_TRY_ASSIGN(weights.w, read_constant(w));
  weights.b.resize(weights.n);
  if (dense.inputs.size() == 3) {
    MLE_TRY_ASSIGN(weights.b, read_constant(editor.value(dense.inputs[2])));
  }
  return weights;
}

void DenseWeights::put_before(const Affine& affine) {
  for (size_t i = 0; i < k; ++i) {
    for (size_t j = 0; j < n; ++j) {
      b[j] += affine.shift[i] * w[i * n + j];
      w[i * n + j] *= affine.scale[i];
    }
  }
}

void DenseWeights::put_after(const Affine& affine) {
  for (size_t i = 0; i < k; ++i)
    for (size_t j = 0; j < n; ++j) w[i * n + j] *= affine.scale[j];
  for (size_t j = 0; j < n; ++j) b[j] = b[j] * affine.scale[j] + affine.shift[j];
}

bool DenseWeights::keeps_digits(const Affine* before) const {
  const Elements w_kept = rounded(w, dtype), b_kept = rounded(b, dtype);
  if (!all_finite(w_kept) || !all_finite(b_kept)) return false;
  if (any_flushed(w, w_kept, dtype) || any_flushed(b, b_kept, dtype)) return false;
  const size_t rows = std::clamp(kMostWork / (k * n), size_t{1}, kRows);
  Random random;
  Elements exact, kept;  // rows one after another
  for (size_t r = 0; r < rows; ++r) {
    const Elements x = random_row(random, k, before);
    const Elements y = answer(x, w, b), y_kept = answer(x, w_kept, b_kept);
    exact.insert(exact.end(), y.begin(), y.end());
    kept.insert(kept.end(), y_kept.begin(), y_kept.end());
  }
  for (size_t j = 0; j < n; ++j) {
    double lowest = exact[j], highest = exact[j];
    for (size_t r = 0; r < rows; ++r) {
      lowest = std::min(lowest, exact[r * n + j]);
      highest = std::max(highest, exact[r * n + j]);
    }
    for (size_t i = j; i < exact.size(); i += n) {
      const double scale = std::max(std::abs(exact[i]), highest - lowest);
      if (!(std::abs(kept[i] - exact[i]) <= kTolerance * scale)) return false;
    }
  }
  return true;
}

DenseWeights product(const DenseWeights& first, const DenseWeights& second) {
  DenseWeights both{first.dtype, first.k, second.n, Elements(first.k * second.n), second.b};
  for (size_t i = 0; i < first.k; ++i)
    for (size_t m = 0; m < first.n; ++m)
      for (size_t j = 0; j < second.n; ++j)
        both.w[i * second.n + j] += first.w[i * first.n + m] * second.w[m * second.n + j];
  for (size_t m = 0; m < first.n; ++m)
    for (size_t j = 0; j < second.n; ++j) both.b[j] += first.b[m] * second.w[m * second.n + j];
  return both;
}

}  // namespace mle::compiler
