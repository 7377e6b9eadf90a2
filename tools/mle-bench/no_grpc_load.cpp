// In place of grpc_load.cpp where the server, and gRPC with it, is not built.
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "tools/mle-bench/grpc_load.h"

namespace mle::tools {
namespace {

Status not_here() {
  return Status::make(Code::Unsupported, format::rule::T301_Usage, Status::kNoOffset,
                      "this mle-bench was built without gRPC", "give --protocol http");
}

}  // namespace

Result<LoadOutcome> run_grpc_load(const Load&) { return not_here(); }
Result<std::string> grpc_question(const std::string&, std::string&, uint64_t) { return not_here(); }

}  // namespace mle::tools
