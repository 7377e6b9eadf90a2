// HttpReply: one answer, and how it is written to a connection.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace mle::serve {

struct HttpReply {
  int status = 200;
  const char* type = "application/json";
  std::string headers;  // further ones, each with its line end
  std::string body;

  void header(std::string_view name, std::string_view value) {
    headers.append(name).append(": ").append(value).append("\r\n");
  }
  // {"error": ...}; the header Retry-After where trying again may help.
  void fail(int with, std::string_view why);
  void fail(const Status& why);
  // Ready for the next one; keeps so much memory.
  void reset(size_t most_bytes = size_t{1} << 20);
};

// How an answer goes out.
struct HttpManner {
  int minor = 1;
  bool keep_alive = true;
  bool head_only = false;  // HEAD: the headers of the answer, not its body
};

// All of an answer but its body.
void append_head(const HttpReply& reply, const HttpManner& manner, std::string& to);

}  // namespace mle::serve
