// Elements of constants that lie as their source has them: turned, or in a narrower type.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/graph/half.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace mle::compiler {

// Element i in the order of the bytes, which need no alignment.
template <class T>
struct Load {
  const std::byte* bytes;
  T operator()(size_t i) const {
    T element;
    std::memcpy(&element, bytes + i * sizeof(T), sizeof(T));
    return element;
  }
};
struct LoadF16 {
  const std::byte* bytes;
  float operator()(size_t i) const { return from_f16(Load<uint16_t>{bytes}(i)); }
};
struct LoadBF16 {
  const std::byte* bytes;
  float operator()(size_t i) const { return from_bf16(Load<uint16_t>{bytes}(i)); }
};

// Calls `visit` with what reads the bytes, as floating-point numbers of the type `stored`.
template <class Visit>
void with_load(DType stored, const std::byte* bytes, Visit visit) {
  switch (stored) {
    case DType::F64: return visit(Load<double>{bytes});
    case DType::F16: return visit(LoadF16{bytes});
    case DType::BF16: return visit(LoadBF16{bytes});
    case DType::I8: return visit(Load<int8_t>{bytes});
    default: return visit(Load<float>{bytes});
  }
}

inline DType stored_type(const Value& constant) {
  return constant.constant.stored.value_or(constant.fact.dtype);
}

// A part of a matrix: rows and columns of the [K, N] that the fact says.
struct Block {
  size_t row = 0, rows = 0, column = 0, columns = 0;
};

// The elements of the block as doubles, row-major.
void read_block(const Value& matrix, const Block& block, double* to);

// No NaN and no infinity among floating-point numbers.
bool all_finite(DType stored, std::span<const std::byte> bytes);

}  // namespace mle::compiler
