// What this machine can do at best, measured: multiply-adds out of registers, and one pass over a
// model's own mapping and inputs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/dev/peers/measure.h"
#include "tools/dev/peers/workload.h"

#include <cstddef>
#include <span>
#include <string>

namespace mle::peers {

// Each call does kFlopsPerCall operations on the widest registers there are.
inline constexpr double kFlopsPerCall = 1 << 20;
Contestant peak_fma();

// The bytes any answer must read: as many as the model has parameters, from the end of its .mle
// file where the weights are, and the inputs. Mapped as the runtime maps it.
class ReadBound {
 public:
  // Maps the file. Picks the number of streams to read in that is fastest here.
  static Result<ReadBound> make(const Workload& workload, std::span<const float> inputs);

  ReadBound(ReadBound&& other) noexcept;
  ReadBound(const ReadBound&) = delete;
  ReadBound& operator=(const ReadBound&) = delete;
  ~ReadBound();

  // Each call reads weights and inputs once. Borrows this.
  Contestant pass() const;
  size_t bytes() const { return weights_.size() + inputs_.size(); }

 private:
  ReadBound() = default;
  void* mapping_ = nullptr;
  size_t mapped_ = 0;
  std::span<const std::byte> weights_, inputs_;
  size_t streams_ = 1;
};

}  // namespace mle::peers
