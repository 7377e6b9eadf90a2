// From a path to a version that may serve: every byte summed, golden rows replayed, warmed up.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "serve/engine/version.h"

#include <cstdint>
#include <memory>
#include <string>

namespace mle::serve {

struct LoadWish {
  std::string model;
  uint64_t number = 1;
  std::string path;
};

// `sessions` of every plan are made: as many as threads may run the model at a time. Costs what a
// look at every byte and a few runs cost; call it off the serving threads.
Result<std::shared_ptr<const Version>> load_version(const LoadWish& wish, size_t sessions,
                                                    std::shared_ptr<Counters> counters);

}  // namespace mle::serve
