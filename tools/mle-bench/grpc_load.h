// A load on a gRPC server: so many calls in flight, a connection for every ten of them, one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/mle-bench/load.h"

#include <cstdint>
#include <string>

namespace mle::tools {

// `load.request` is a ModelInferRequest, as grpc_question() makes it.
Result<LoadOutcome> run_grpc_load(const Load& load);

// A request of `rows` rows for the model as its metadata says it, of numbers between -1 and 1.
// `model` "": the first that is ready, which it becomes.
Result<std::string> grpc_question(const std::string& address, std::string& model, uint64_t rows);

}  // namespace mle::tools
