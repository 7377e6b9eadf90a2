// What is logged; changed while the server runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace mle::serve {

struct LogSettings {
  std::atomic<bool> info{true}, warning{true};
};

}  // namespace mle::serve
