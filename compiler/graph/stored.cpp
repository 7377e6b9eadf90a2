// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/stored.h"

#include <cmath>

namespace mle::compiler {

void read_block(const Value& matrix, const Block& block, double* to) {
  const size_t k = matrix.fact.dims[0], n = matrix.fact.dims[1];
  with_load(stored_type(matrix), matrix.constant.bytes.data(), [&](auto load) {
    if (matrix.constant.turned) {
      for (size_t j = 0; j < block.columns; ++j)
        for (size_t i = 0; i < block.rows; ++i)
          to[i * block.columns + j] = load((block.column + j) * k + block.row + i);
    } else {
      for (size_t i = 0; i < block.rows; ++i)
        for (size_t j = 0; j < block.columns; ++j)
          *to++ = load((block.row + i) * n + block.column + j);
    }
  });
}

bool all_finite(DType stored, std::span<const std::byte> bytes) {
  bool finite = true;
  with_load(stored, bytes.data(), [&](auto load) {
    const size_t count = bytes.size() / size_of(stored);
    for (size_t i = 0; i < count && finite; ++i) finite = std::isfinite(load(i));
  });
  return finite;
}

}  // namespace mle::compiler
