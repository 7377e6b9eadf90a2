// Codec: ModelInfer messages to requests of the engine and back.
// Promise: tensors are not copied where their bytes already fit; whatever a message states, nothing
// outside it is read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "serve/engine/request.h"
#include "serve/protocol/regions.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace inference {
class ModelInferRequest;
class ModelInferResponse;
}  // namespace inference

namespace mle::serve {

// What a message's tensors become where they cannot be used in place. Used again and again.
struct Scratch {
  std::vector<std::vector<std::string_view>> strings;  // one per input, perhaps empty
  std::vector<Buffer> numbers;

  // Gives back what is larger than that.
  void shrink(size_t most_bytes) noexcept {
    for (auto& each : strings)
      if (each.capacity() * sizeof(std::string_view) > most_bytes) each = {};
    for (Buffer& each : numbers) each.shrink(most_bytes);
    if (strings.size() > kMostInputs) std::vector<std::vector<std::string_view>>().swap(strings);
    if (numbers.size() > kMostInputs) std::vector<Buffer>().swap(numbers);
  }

  static constexpr size_t kMostInputs = 1024;
};

// The request borrows from message and scratch, until it is done. `raw` says how the tensors came,
// so that the answer may go the same way. Sets the deadline where the message has a timeout.
Status decode(const inference::ModelInferRequest& message, const Regions& regions, Request& request,
              Scratch& scratch, bool& raw);

// The answer to a request that was computed; what the question wants in shared memory goes there.
// Not ok where it does not fit.
Status encode(const inference::ModelInferRequest& question, const Request& request, bool raw,
              const Regions& regions, inference::ModelInferResponse& message);

}  // namespace mle::serve
