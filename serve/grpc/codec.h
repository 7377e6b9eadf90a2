// Codec: ModelInfer messages to requests of the engine and back.
// Promise: tensors are not copied where their bytes already fit; whatever a message states, nothing
// outside it is read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "serve/engine/request.h"

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
};

// The request borrows from both, until it is done. `raw` says how the tensors came, so that the
// answer may go the same way. Sets the deadline where the message has a timeout.
Status decode(const inference::ModelInferRequest& message, Request& request, Scratch& scratch,
              bool& raw);

// The answer to a request that was computed.
void encode(const Request& request, const std::string& id, bool raw,
            inference::ModelInferResponse& message);

}  // namespace mle::serve
