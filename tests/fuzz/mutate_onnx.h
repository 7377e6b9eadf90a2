// Mutations that know ONNX: most random bytes die in the wire format, these reach the operators.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace mle::testing {

// As LLVMFuzzerCustomMutator wants it: changes the model in data[0, size), returns the new size.
size_t mutate_onnx(uint8_t* data, size_t size, size_t max_size, unsigned seed);

}  // namespace mle::testing
