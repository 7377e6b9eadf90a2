// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/status.h"

#include "format/rules.h"

#include <string>

namespace mle::serve {
namespace {

grpc::StatusCode code_of(const Status& status) {
  switch (status.rule()) {
    case format::rule::S402_NotServing: return grpc::StatusCode::UNAVAILABLE;
    case format::rule::S403_Overloaded: return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case format::rule::S404_DeadlinePassed: return grpc::StatusCode::DEADLINE_EXCEEDED;
    case format::rule::S405_Cancelled: return grpc::StatusCode::CANCELLED;
    case format::rule::S412_Control: return grpc::StatusCode::FAILED_PRECONDITION;
    case format::rule::S416_NotAllowed: return grpc::StatusCode::PERMISSION_DENIED;
    default: break;
  }
  switch (status.code()) {
    case Code::Ok: return grpc::StatusCode::OK;
    case Code::InvalidArgument: return grpc::StatusCode::INVALID_ARGUMENT;
    case Code::NotFound: return grpc::StatusCode::NOT_FOUND;
    case Code::Corrupt: return grpc::StatusCode::FAILED_PRECONDITION;
    case Code::Unsupported: return grpc::StatusCode::UNIMPLEMENTED;
    case Code::OutOfMemory: return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case Code::Io:
    case Code::Internal: return grpc::StatusCode::INTERNAL;
  }
  return grpc::StatusCode::UNKNOWN;
}

}  // namespace

grpc::Status to_grpc(const Status& status) {
  if (status.ok()) return grpc::Status::OK;
  std::string text = status.message();
  if (*status.hint() != '\0') text += std::string(" (") + status.hint() + ")";
  return {code_of(status), text};
}

}  // namespace mle::serve
