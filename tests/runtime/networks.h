// Networks for the tests of the runtime: loaded, random, and what they must answer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/mle.h>

#include "tests/support/tiny_models.h"

#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace mle::testing {

// Loads a copy of the file of `model`; a test that gets an error here ends with its message.
Model load(const TinyModel& model, std::string_view isa = {});

// The kernel tables this machine has that give the canonical bits.
std::vector<std::string_view> fused_tables();

// x → Dense → Dense → …, as wide as `widths` says, with a different activation after each layer;
// weights N(0, 1) / sqrt(K).
TinyModel random_mlp(std::span<const uint32_t> widths, uint32_t seed);
// Every kind of op that takes and gives f32 in one row-wise network of that width.
TinyModel every_op(uint32_t width, uint32_t seed);

// N(0, 1).
std::vector<float> random_rows(size_t count, uint32_t seed);
// The same with NaN, infinities, zeros of both signs and denormals strewn in.
std::vector<float> odd_rows(size_t count, uint32_t seed);

// run() over all rows; a test that gets an error here ends with its message.
std::vector<float> answers(Session& session, std::span<const float> rows);

bool same_bits(std::span<const float> a, std::span<const float> b);

}  // namespace mle::testing
