// InferCall: one ModelInfer call after the other, in the same memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/grpc/inference.h"
#include "serve/grpc/loop.h"

#include <cstddef>
#include <vector>

namespace mle::serve {

class InferCall;

// The calls of one loop: those that wait for a caller, and those that rest.
class InferCalls {
 public:
  // Twice what one drain may take, so that 64 calls in one write all find one that waits on the
  // same loop, and no more: gRPC goes round all of them, so that the more there are the colder each
  // is when its turn comes. It keeps the calls that find none.
  static constexpr int kArmed = 2 * static_cast<int>(Loop::kMostEvents);
  static constexpr size_t kMostResting = 256;

  InferCalls(Loop& loop, Inference& service);
  InferCalls(const InferCalls&) = delete;
  InferCalls& operator=(const InferCalls&) = delete;
  ~InferCalls();  // the loop has stopped

  // Before the loop starts, then on its thread.
  void arm();

 private:
  friend class InferCall;
  void rest(InferCall& call) noexcept;

  Loop& loop_;
  Inference& service_;
  const int method_;
  std::vector<InferCall*> all_, resting_;
};

}  // namespace mle::serve
