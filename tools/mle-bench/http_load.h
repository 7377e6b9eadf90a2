// A load on an HTTP server: a connection for each request in flight, one thread, one epoll.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/mle-bench/load.h"

#include <string>

namespace mle::tools {

Result<LoadOutcome> run_http_load(const Load& load);

// One request by itself; the body of the answer. Not ok unless its status is 200.
Result<std::string> ask_http(const std::string& address, const std::string& request);

}  // namespace mle::tools
