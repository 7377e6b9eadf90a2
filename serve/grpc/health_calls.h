// gRPC's standard health service: Check and Watch, for the server ("") and for each model by name.
// Promise: everyone who watches hears of every change that lasts, and of the end.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/grpc/loop.h"

#include <memory>

namespace mle::serve {

class HealthCalls {
 public:
  explicit HealthCalls(const Service& service);
  HealthCalls(const HealthCalls&) = delete;
  HealthCalls& operator=(const HealthCalls&) = delete;
  ~HealthCalls();

  void add_to(grpc::ServerBuilder& builder);
  void arm(Loop& loop);

  // Tells those who watch, where something is different for them. Any thread.
  void changed();
  // Tells them that nothing serves any more, and ends their calls.
  void end();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace mle::serve
