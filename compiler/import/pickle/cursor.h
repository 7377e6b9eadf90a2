// Reads bytes in order. Promise: never beyond the end; lengths are compared with what is left
// before anything is made of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace mle::compiler::pickle {

class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : bytes_(bytes) {}

  size_t at() const { return at_; }
  size_t left() const { return bytes_.size() - at_; }

  std::optional<std::span<const std::byte>> take(uint64_t count) {
    if (count > left()) return std::nullopt;
    const auto taken = bytes_.subspan(at_, static_cast<size_t>(count));
    at_ += taken.size();
    return taken;
  }

  // A little-endian number of 1 to 8 bytes.
  std::optional<uint64_t> number(size_t width) {
    const auto bytes = take(width);
    if (!bytes) return std::nullopt;
    uint64_t value = 0;
    std::memcpy(&value, bytes->data(), width);
    return value;
  }

  // Up to and without the next line end, which is skipped.
  std::optional<std::string_view> line(size_t most) {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_,
                                left() < most ? left() : most);
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    at_ += end + 1;
    return rest.substr(0, end);
  }

 private:
  std::span<const std::byte> bytes_;
  size_t at_ = 0;
};

}  // namespace mle::compiler::pickle
