// The head of an HTTP/1 request: its line and headers, as one piece of text.
// Promise: reads what RFC 9112 allows and refuses the rest by status: no spelling is accepted that
// another server on the way might read as something else.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mle::serve {

struct HttpHeader {
  std::string_view name, value;
};

// Views into the text that was read.
struct HttpHead {
  std::string_view method, path, query;  // query without its '?'
  int minor = 1;                         // HTTP/1.0 or HTTP/1.1
  bool keep_alive = true;
  bool chunked = false;
  bool expects_continue = false;
  std::optional<uint64_t> content_length;
  std::vector<HttpHeader> headers;

  // The value of the first header of that name, in any case; "" where there is none.
  std::string_view operator[](std::string_view name) const noexcept;
};

// Why a request is answered without being looked at further.
struct HttpRefusal {
  int status = 0;  // 0: none
  const char* why = "";
  explicit operator bool() const noexcept { return status != 0; }
};

// Without blanks and tabs at its ends.
std::string_view trimmed(std::string_view text) noexcept;
bool same_ignoring_case(std::string_view a, std::string_view b) noexcept;

// `text` ends with the empty line. Uses the memory that `head` has.
HttpRefusal read_head(std::string_view text, HttpHead& head);

}  // namespace mle::serve
