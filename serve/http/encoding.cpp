// SPDX-License-Identifier: Apache-2.0
#include "serve/http/encoding.h"

#include "serve/http/head.h"

#include <algorithm>
#include <cstddef>

namespace mle::serve {

Encoding encoding_of(std::string_view header) noexcept {
  if (header.empty() || same_ignoring_case(header, "identity")) return Encoding::None;
  if (same_ignoring_case(header, "gzip") || same_ignoring_case(header, "x-gzip"))
    return Encoding::Gzip;
  return same_ignoring_case(header, "deflate") ? Encoding::Deflate : Encoding::Unknown;
}

Encoding accepted_encoding(std::string_view header) noexcept {
  bool gzip = false, deflate = false;
  while (!header.empty()) {
    const size_t comma = std::min(header.find(','), header.size());
    const std::string_view item = trimmed(header.substr(0, comma));
    header.remove_prefix(std::min(comma + 1, header.size()));
    const size_t semicolon = std::min(item.find(';'), item.size());
    const std::string_view name = trimmed(item.substr(0, semicolon));
    std::string_view weight = trimmed(item.substr(std::min(semicolon + 1, item.size())));
    if (weight.starts_with("q=") || weight.starts_with("Q=")) weight.remove_prefix(2);
    const bool refused =
        !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
    if (refused) continue;
    gzip = gzip || same_ignoring_case(name, "gzip");
    deflate = deflate || same_ignoring_case(name, "deflate");
  }
  return gzip ? Encoding::Gzip : deflate ? Encoding::Deflate : Encoding::None;
}

const char* name_of(Encoding encoding) noexcept {
  return encoding == Encoding::Gzip ? "gzip" : encoding == Encoding::Deflate ? "deflate" : "";
}

}  // namespace mle::serve
