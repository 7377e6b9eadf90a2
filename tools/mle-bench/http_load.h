// A load on an HTTP server: a connection for each request in flight, one thread, one epoll.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/mle-bench/load.h"

#include <cstdint>
#include <string>

namespace mle::tools {

Result<LoadOutcome> run_http_load(const Load& load);

// One request by itself; the body of the answer. Not ok unless its status is 200.
Result<std::string> ask_http(const std::string& address, const std::string& request);
std::string http_get(const std::string& path);  // such a request

// A request of `rows` rows for the model as its metadata says it, of numbers between -1 and 1.
// `model` "": the first that is ready, which it becomes.
Result<std::string> http_question(const std::string& address, std::string& model, uint64_t rows);

}  // namespace mle::tools
