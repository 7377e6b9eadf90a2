// The seam between steps and instruction sets: one table of function pointers per ISA.
// Promise: the tables of all FMA instruction sets give the same bits for the same arguments,
// whatever `rows` is and however a call is split into calls over fewer rows. One kernel of the
// table that stands for no name may have other bits: dense_rows_bf16.
//
// Kernels trust their arguments: every size was proved by FileView, every pointer by the session.
// All strides are in elements between rows. Reads may touch whole 64-byte lines of constants, never
// more than the given elements of x, a, b; writes touch exactly the given elements.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include "format/layout.h"
#include "format/op_kinds.h"
#include "runtime/kernels/matmul.h"

#include <cstddef>
#include <cstdint>

namespace mle::kernels {

using format::Act;

// y[r][j] = act(b[j] + sum over k of x[r][k] w[k][j]), in the order of format/layout.h. What a
// layer is, bound once, and the rows of a call.
template <class T>
struct DenseLayer {
  const T* w;  // packed as dense_order(k, n) says
  const T* b;  // n elements in whole 64-byte lines, or null: +0
  size_t k, n;
  format::DenseOrder order;
  Act act;
  T alpha, beta;
};
template <class T>
struct DenseRows {
  const T* x;
  size_t x_stride;
  T* y;
  size_t y_stride;
  size_t rows;
};

// The same with weights in fewer bits, packed as format/stored_weights.h says; `w` is null. Not for
// narrow layers, which go by lanes.
struct StoredLayer : DenseLayer<float> {
  const std::byte* stored;
};

// y[r][j] = scale[r] * sum over k of (q[r][k] - zero[r]) w[k][j], where q are the elements of the
// row in 8 bits: docs/numerics.md. k is at most 65,536.
struct I8Layer {
  const std::byte* stored;  // i8 weights, packed as format/stored_weights.h says
  const int32_t* sums;      // of each column of w, in whole 64-byte lines
  size_t k, n;
};

// y[r][i] = f(x[r][i]); y may be x.
template <class T>
struct UnaryArgs {
  const T* x;
  size_t x_stride;
  T* y;
  size_t y_stride;
  size_t rows, n;
  T alpha, beta;
};

// y[r][j] = act(b[j] + sum over k of x[r][k] w[k][j]) where x and w are bf16 and sums are f32.
struct Bf16Layer {
  const std::byte* stored;  // bf16 weights, packed as format/stored_weights.h says
  const float* b;           // n elements in whole 64-byte lines, or null: +0
  size_t k, n;
  bool relu;
  void (*act)(const UnaryArgs<float>&);  // any other activation, of the same table; or null
  float alpha, beta;
};
struct Bf16Rows {
  const uint16_t* x;
  size_t x_stride;
  float* y;
  size_t y_stride;
  size_t rows;
};

// y[r][i] = f(a[r][i * a_step], b[r][i * b_step]); steps are 0 or 1, strides may be 0. y may be a
// or b where that one's step is 1.
template <class T>
struct BinaryArgs {
  const T* a;
  size_t a_stride, a_step;
  const T* b;
  size_t b_stride, b_step;
  T* y;
  size_t y_stride;
  size_t rows, n;
};

// As BinaryArgs; y gets 0 or 1.
template <class T>
struct CompareArgs {
  const T* a;
  size_t a_stride, a_step;
  const T* b;
  size_t b_stride, b_step;
  uint8_t* y;
  size_t y_stride;
  size_t rows, n;
};

// y[r][i] = c[r][i * c_step] != 0 ? a[..] : b[..]
template <class T>
struct SelectArgs {
  const uint8_t* c;
  size_t c_stride, c_step;
  const T* a;
  size_t a_stride, a_step;
  const T* b;
  size_t b_stride, b_step;
  T* y;
  size_t y_stride;
  size_t rows, n;
};

// y[r][i] = fma(x[r][i], s[i], t[i])
template <class T>
struct ScaleArgs {
  const T* x;
  size_t x_stride;
  const T* s;
  const T* t;
  T* y;
  size_t y_stride;
  size_t rows, n;
};

// Over `n` elements that lie `step` apart: softmax, log-softmax (logarithm). y may be x.
template <class T>
struct SoftmaxArgs {
  const T* x;
  size_t x_stride;
  T* y;
  size_t y_stride;
  size_t rows, n;
  size_t step;
};

// y[r] = index of the first (or last) largest of n elements that lie `step` apart; NaN counts as
// larger than all, as numpy and ONNX have it.
template <class T>
struct ArgMaxArgs {
  const T* x;
  size_t x_stride;
  int64_t* y;
  size_t y_stride;
  size_t rows, n;
  size_t step;
  bool last;
};

// The kernels of one floating type.
template <class T>
struct FloatTable {
  void (*dense)(const DenseLayer<T>&, const DenseRows<T>&);
  void (*unary[format::kActCount])(const UnaryArgs<T>&);  // [Act::None] copies
  void (*binary[format::kFloatBinaryFnCount])(const BinaryArgs<T>&);
  void (*compare[format::kCompareFnCount])(const CompareArgs<T>&);
  void (*select)(const SelectArgs<T>&);
  void (*scale)(const ScaleArgs<T>&);
  void (*clip)(const UnaryArgs<T>&);  // alpha = lowest, beta = highest
  void (*softmax)(const SoftmaxArgs<T>&);
  void (*log_softmax)(const SoftmaxArgs<T>&);
  void (*argmax)(const ArgMaxArgs<T>&);
  void (*matmul)(const MatMulArgs<T>&);
  // Replaces every NaN by the canonical quiet NaN, in place.
  void (*canonical_nan)(T* y, size_t y_stride, size_t rows, size_t n);
};

struct Table {
  const char* isa;  // "sse2", "avx2", "avx512", "neon"
  bool fused;       // has fused multiply-add: gives the canonical bits
  FloatTable<float> f32;
  FloatTable<double> f64;
  // By what the weights are stored in.
  void (*dense_f16)(const StoredLayer&, const DenseRows<float>&);
  void (*dense_bf16)(const StoredLayer&, const DenseRows<float>&);
  void (*dense_i8)(const StoredLayer&, const DenseRows<float>&);
  // Rows in 8 bits, too; the same bits in all tables.
  void (*dense_rows_i8)(const I8Layer&, const DenseRows<float>&);
  // Rows in bf16, too; not the same bits in the table that stands for no name.
  void (*dense_rows_bf16)(const Bf16Layer&, const Bf16Rows&);

  template <class T>
  constexpr const FloatTable<T>& of() const noexcept {
    if constexpr (sizeof(T) == sizeof(float)) {
      return f32;
    } else {
      return f64;
    }
  }
};

// The tables built into this binary that this machine can run, best first. Never empty.
struct Tables {
  const Table* const* begin;
  size_t count;
};
Tables available_tables() noexcept;

// By name; null if unknown or not for this machine. An empty name (size 0) is the best one, and
// with what this processor does faster but with other bits: whoever names a table gets the bits
// that it has on every machine.
const Table* find_table(const char* name, size_t size) noexcept;

}  // namespace mle::kernels
