// Inference: the service of the Open Inference Protocol.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/grpc/open_inference.grpc.pb.h"
#include "serve/grpc/raw_service.h"

namespace mle::serve {

using Inference = RawService<inference::GRPCInferenceService::AsyncService>;

}  // namespace mle::serve
