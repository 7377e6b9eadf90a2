// The mutator shared by the fuzz targets that open files: changes bytes or 32-bit words of a .mle
// file and then repairs magic, sizes and sums, so that the fuzzer reaches the rules behind them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace mle::testing {

// For LLVMFuzzerCustomMutator: changes `size` bytes at `data` in place, may grow to `max_size`,
// returns the new size.
size_t mutate_file(uint8_t* data, size_t size, size_t max_size, unsigned seed);

}  // namespace mle::testing
