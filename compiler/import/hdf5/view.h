// Bytes of an HDF5 file that are looked at only after their place has been checked.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "format/rules.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mle::compiler::hdf5 {

using Bytes = std::span<const std::byte>;

inline constexpr uint64_t kUndefined = ~uint64_t{0};

inline Status damaged(const std::string& what) {
  return Status::make(Code::Corrupt, format::rule::C204_Damaged, Status::kNoOffset,
                      "no sound HDF5 file: " + what, "save or copy it again");
}
inline Status not_read(const std::string& what) {
  return Status::make(
      Code::Unsupported, format::rule::C207_UnsupportedType, Status::kNoOffset,
      "the HDF5 file holds " + what,
      "save the model again with Keras as it is installed, without options of h5py");
}

// The part of `bytes` at `at`; fails where it lies outside.
inline Result<Bytes> part(Bytes bytes, uint64_t at, uint64_t length) {
  if (at > bytes.size() || length > bytes.size() - at) return damaged("a part lies outside it");
  return bytes.subspan(static_cast<size_t>(at), static_cast<size_t>(length));
}

// A little-endian number of `width` bytes at `at`, which the caller has checked to be inside.
inline uint64_t number(Bytes bytes, size_t at, size_t width) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, width);
  return value;
}

inline bool begins(Bytes bytes, std::string_view signature) {
  return bytes.size() >= signature.size() &&
         std::memcmp(bytes.data(), signature.data(), signature.size()) == 0;
}

// Takes from the front; what is not there makes it fail for good.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}
  bool failed() const { return failed_; }
  Bytes rest() const { return rest_; }
  uint64_t take(size_t width) {
    const Bytes bytes = skip(width);
    return bytes.empty() ? 0 : number(bytes, 0, width);
  }
  Bytes skip(uint64_t count) {
    if (failed_ || count > rest_.size()) {
      failed_ = true;
      return {};
    }
    const Bytes taken = rest_.first(static_cast<size_t>(count));
    rest_ = rest_.subspan(static_cast<size_t>(count));
    return taken;
  }

 private:
  Bytes rest_;
  bool failed_ = false;
};

}  // namespace mle::compiler::hdf5
