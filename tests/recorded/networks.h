// The networks whose answers are recorded in bits.txt: every op that computes, in many shapes.
// Promise: weights and rows come from integers alone, so that every machine has the same.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/tiny_models.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mle::testing {

// One f32 input, outputs of any type; rows for it.
struct RecordedNetwork {
  std::string name;  // one word
  TinyModel model;
  std::vector<float> rows;
};

std::vector<RecordedNetwork> recorded_networks();

// The sum (FNV-1a) of all answers of a network, through the named table.
uint64_t sum_of_answers(const RecordedNetwork& network, std::string_view isa);

}  // namespace mle::testing
