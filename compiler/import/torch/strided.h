// A tensor as PyTorch stores it: a storage, an offset into it and a stride per axis.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/network/weights.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mle::compiler::torch {

struct Strided {
  DType dtype = DType::F32;
  std::span<const std::byte> storage;
  std::shared_ptr<const void> owner;  // of the storage
  int64_t offset = 0;                 // in elements, as are the strides
  std::vector<int64_t> shape, strides;
};

// Keeps strides of 0 from making much out of little: bytes that may still be copied.
struct CopyBudget {
  uint64_t left;
  explicit CopyBudget(uint64_t source_bytes) : left((uint64_t{64} << 20) + 4 * source_bytes) {}
};

// The elements in the order of C: in place where they lie so and are aligned, else a copy.
// `name` is for messages.
Result<network::WeightTensor> gather(const Strided& tensor, const std::string& name,
                                     CopyBudget& budget);

}  // namespace mle::compiler::torch
