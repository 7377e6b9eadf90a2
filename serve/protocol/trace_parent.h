// TraceParent: which trace a request belongs to, as the header `traceparent` of W3C's Trace Context
// says it.
// Promise: holds what the standard allows and nothing else, so that it may go into headers and
// logs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace mle::serve {

class TraceParent {
 public:
  // "00-<trace: 32 digits>-<parent: 16 digits>-<flags: 2 digits>". Anything else is as if nothing
  // had been said; of later versions the part that this one knows is kept.
  void take(std::string_view text) noexcept {
    size_ = 0;
    if (text.size() < kSize || (text.size() > kSize && text[kSize] != '-')) return;
    const std::string_view version = text.substr(0, 2);
    if (version == "ff" || (version == "00" && text.size() != kSize)) return;
    if (text[2] != '-' || text[35] != '-' || text[52] != '-') return;
    if (!is_hex(version) || !is_id(text.substr(3, 32)) || !is_id(text.substr(36, 16)) ||
        !is_hex(text.substr(53, 2)))
      return;
    std::copy_n(text.begin(), kSize, text_.begin());
    size_ = kSize;
  }
  void clear() noexcept { size_ = 0; }

  bool empty() const noexcept { return size_ == 0; }
  std::string_view text() const noexcept { return {text_.data(), size_}; }
  std::string_view trace_id() const noexcept { return empty() ? "" : text().substr(3, 32); }

 private:
  static constexpr size_t kSize = 55;

  // Capitals are not allowed.
  static bool is_hex(std::string_view text) noexcept {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  }
  static bool is_id(std::string_view text) noexcept {
    return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
  }

  std::array<char, kSize> text_{};
  size_t size_ = 0;
};

}  // namespace mle::serve
