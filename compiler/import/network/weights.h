// Named tensors, as files of weights alone have them. They say nothing about what is computed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>
#include <mle/result.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mle::compiler::network {

// Elements in the order of C.
struct WeightTensor {
  DType dtype = DType::F32;
  std::vector<uint64_t> shape;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;  // of the bytes
  std::string other_type;  // the name of a type that mle does not have: nothing reads the bytes

  uint64_t size() const {
    uint64_t count = 1;
    for (const uint64_t dim : shape) count *= dim;
    return count;
  }
};

using Weights = std::map<std::string, WeightTensor, std::less<>>;

// "'0.weight', '0.bias' and 3 more", for messages.
std::string list_of(const Weights& weights);

// Floating-point numbers of at most 64 bits; fails for all else.
Status check_real(const WeightTensor& tensor);
// The elements as doubles, and f16 and bf16 as the floats they widen to.
Result<std::vector<double>> read_doubles(const WeightTensor& tensor);
Result<std::vector<float>> read_floats(const WeightTensor& tensor);

}  // namespace mle::compiler::network
