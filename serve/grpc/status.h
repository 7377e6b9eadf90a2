// What went wrong, as gRPC says it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include <grpcpp/support/status.h>

namespace mle::serve {

grpc::Status to_grpc(const Status& status);

}  // namespace mle::serve
