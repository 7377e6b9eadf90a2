// Every call of the protocol but inference.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/grpc/loop.h"
#include "serve/grpc/open_inference.grpc.pb.h"

namespace mle::serve {

void arm_rare_calls(Loop& loop, inference::GRPCInferenceService::AsyncService& service);

}  // namespace mle::serve
