// StreamCalls: ModelStreamInfer, one question after the other on a stream, answered in order.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/grpc/inference.h"
#include "serve/grpc/loop.h"

#include <memory>

namespace mle::serve {

class StreamCall;

// All of a front.
class StreamCalls {
 public:
  explicit StreamCalls(Inference& service);
  StreamCalls(const StreamCalls&) = delete;
  StreamCalls& operator=(const StreamCalls&) = delete;
  ~StreamCalls();  // the loops have stopped

  // Before the loop starts.
  void arm(Loop& loop);
  // Any thread: each stream ends once what it asked is answered.
  void end();

 private:
  friend class StreamCall;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mle::serve
