// A load on an HTTP server: so many connections, one thread, one epoll.
// Promise: a duration counts from when the request was meant to be sent, not from when there was
// time for it: a server that stalls cannot hide it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mle::tools {

struct HttpLoad {
  std::string address;  // 127.0.0.1:8000
  std::string request;  // whole, as it goes over the wire
  uint64_t connections = 1;
  double rate = 0;     // requests a second, at times of a Poisson process; 0: each after its answer
  uint64_t burst = 1;  // so many at each of these times
  double seconds = 1;
};

struct LoadOutcome {
  std::vector<double> durations;  // nanoseconds, of answers with status 200
  uint64_t errors = 0;            // other answers, and connections that broke
  double seconds = 0;
};

Result<LoadOutcome> run_http_load(const HttpLoad& load);

// One request by itself; the body of the answer. Not ok unless its status is 200.
Result<std::string> ask_http(const std::string& address, const std::string& request);

}  // namespace mle::tools
