// make_table<Arch>: the kernels of one instruction set, from the algorithms of this folder.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/binary-inl.h"
#include "runtime/kernels/canonical_nan-inl.h"
#include "runtime/kernels/choosing.h"
#include "runtime/kernels/dense-inl.h"
#include "runtime/kernels/dense_bf16-inl.h"
#include "runtime/kernels/dense_i8-inl.h"
#include "runtime/kernels/dense_stored-inl.h"
#include "runtime/kernels/matmul-inl.h"
#include "runtime/kernels/softmax-inl.h"

namespace mle::kernels {
namespace {

// Of one floating type, with the policy P that activation-inl.h describes.
template <class P>
constexpr FloatTable<typename P::T> make_float_table() {
  FloatTable<typename P::T> table{};
  table.dense = dense<P>;
  [&]<size_t... i>(std::index_sequence<i...>) { ((table.unary[i] = kUnaryKernels<P>.of[i]), ...); }
  (std::make_index_sequence<format::kActCount>());
  [&]<size_t... i>(std::index_sequence<i...>) {
    ((table.binary[i] = binary<P, static_cast<format::BinaryFn>(i)>), ...);
  }
  (std::make_index_sequence<format::kFloatBinaryFnCount>());
  [&]<size_t... i>(std::index_sequence<i...>) {
    ((table.compare[i] = compare<static_cast<format::CompareFn>(i), typename P::T>), ...);
  }
  (std::make_index_sequence<format::kCompareFnCount>());
  table.select = select<typename P::T>;
  table.scale = scale<P>;
  table.clip = clip<P>;
  table.softmax = softmax<P, false>;
  table.log_softmax = softmax<P, true>;
  table.argmax = argmax<typename P::T>;
  table.matmul = matmul<P>;
  table.canonical_nan = canonical_nan<P>;
  return table;
}

template <class Arch>
constexpr Table make_table() {
  Table table{};
  table.isa = Arch::kName;
  table.fused = Arch::kFused;
  table.f32 = make_float_table<typename Arch::F32>();
  table.f64 = make_float_table<typename Arch::F64>();
  table.dense_f16 = stored_dense<typename Arch::F32, StoredF16>;
  table.dense_bf16 = stored_dense<typename Arch::F32, StoredBF16>;
  table.dense_i8 = stored_dense<typename Arch::F32, StoredI8>;
  table.dense_rows_i8 = i8_dense<typename Arch::Dot>;
  table.dense_rows_bf16 = bf16_dense<typename Arch::Bf16>;
  return table;
}

}  // namespace
}  // namespace mle::kernels
