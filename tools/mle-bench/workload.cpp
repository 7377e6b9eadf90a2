// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/workload.h"

#include "format/rules.h"
#include "tools/cli/number.h"

#include <cmath>
#include <random>
#include <string>

namespace mle::tools {
namespace {

// Whole numbers that every dtype holds; a bool only the first two.
void fill(const TensorSpec& spec, uint64_t count, std::vector<uint64_t>& memory,
          std::mt19937_64& random) {
  auto* at = reinterpret_cast<std::byte*>(memory.data());
  const bool real =
      spec.dtype == DType::F32 || spec.dtype == DType::F64 || spec.dtype == DType::F16;
  for (uint64_t i = 0; i < count; ++i, at += size_of(spec.dtype)) {
    double value = 0;
    for (int j = 0; j < 12; ++j) value += static_cast<double>(random() >> 11) * 0x1p-53;
    const uint64_t whole = random() % 2;
    store(real ? Number::of(value - 6) : Number::of(whole), spec.dtype, at);
  }
}

}  // namespace

Result<Workload> Workload::make(const Session& session, uint64_t rows) {
  Workload work;
  std::mt19937_64 random(1);
  for (const TensorSpec& spec : session.inputs()) {
    if (spec.dtype == DType::Str || spec.dtype == DType::BF16)
      return Status::make(Code::Unsupported, format::rule::T302_ReadRows, Status::kNoOffset,
                          "input '" + std::string(spec.name) + "' takes " + name_of(spec.dtype) +
                              ", which can't be made up",
                          "measure a model of numbers");
    const uint64_t count = spec.width() * (spec.per_row ? rows : 1);
    auto& memory = work.memory_.emplace_back((count * size_of(spec.dtype) + 7) / 8);
    fill(spec, count, memory, random);
    work.inputs_.emplace_back(spec.dtype, memory.data(), count);
  }
  for (const TensorSpec& spec : session.outputs()) {
    const uint64_t count = spec.width() * (spec.per_row ? rows : 1);
    auto& memory = work.memory_.emplace_back((count * size_of(spec.dtype) + 7) / 8);
    work.outputs_.emplace_back(spec.dtype, memory.data(), count);
  }
  return work;
}

}  // namespace mle::tools
