// make_table<Arch>: the kernels of one instruction set, from the algorithms of this folder.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/kernels/argmax-inl.h"
#include "runtime/kernels/binary-inl.h"
#include "runtime/kernels/convert-inl.h"
#include "runtime/kernels/dense-inl.h"
#include "runtime/kernels/matmul-inl.h"
#include "runtime/kernels/softmax-inl.h"

namespace mle::kernels {
namespace {

template <class Arch>
constexpr Table make_table() {
  Table table{};
  table.isa = Arch::kName;
  table.fused = Arch::kFused;
  table.dense = dense<Arch>;
  [&]<size_t... i>(std::index_sequence<i...>) {
    ((table.unary[i] = kUnaryKernels<Arch>.of[i]), ...);
  }
  (std::make_index_sequence<format::kActCount>());
  [&]<size_t... i>(std::index_sequence<i...>) {
    ((table.binary[i] = binary<Arch, static_cast<format::BinaryFn>(i)>), ...);
  }
  (std::make_index_sequence<format::kBinaryFnCount>());
  [&]<size_t... i>(std::index_sequence<i...>) {
    ((table.compare[i] = compare<Arch, static_cast<format::CompareFn>(i)>), ...);
  }
  (std::make_index_sequence<format::kCompareFnCount>());
  table.select = select<Arch>;
  table.scale = scale<Arch>;
  table.clip = clip<Arch>;
  table.softmax = softmax<Arch, false>;
  table.log_softmax = softmax<Arch, true>;
  table.argmax = argmax<Arch>;
  table.matmul = matmul<Arch>;
  table.canonical_nan = canonical_nan<Arch>;
  table.f64_to_f32 = f64_to_f32<Arch>;
  return table;
}

}  // namespace
}  // namespace mle::kernels
