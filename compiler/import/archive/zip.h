// Reads .zip archives as NumPy, PyTorch and Keras write them: stored or deflated members, zip64
// included.
// Promise: every offset, size, name and checksum is checked against the bytes that are there before
// anything is allocated; no member overlaps another; nothing is ever written to disk.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/archive/voice.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::archive {

inline constexpr uint64_t kMaxZipMembers = 65536;
inline constexpr uint64_t kMaxZipName = 4096;
// What deflate can reach is 1032:1; a member that claims more is lying.
inline constexpr uint64_t kMaxZipRatio = 1032;
inline constexpr uint64_t kMaxZipInflated = uint64_t{4} << 30;  // of a member unpacked as a whole

struct ZipMember {
  std::string name;
  uint16_t method = 0;  // 0 stored, 8 deflated
  uint32_t crc32 = 0;
  uint64_t size = 0;                  // when unpacked
  std::span<const std::byte> packed;  // in the archive
  const Voice* voice = &kRows;
};

// True where the bytes begin as a .zip file does.
bool is_zip(std::span<const std::byte> bytes);

// The members in the order of the archive's directory. Names are distinct.
Result<std::vector<ZipMember>> list_zip(std::span<const std::byte> bytes,
                                        const Voice& voice = kRows);

// MemberReader: a member's contents from the start, a piece at a time.
// Promise: memory for one piece; who has read the last byte knows that size and checksum are right.
class MemberReader {
 public:
  // Borrows the archive's bytes.
  explicit MemberReader(const ZipMember& member);
  // The same for bytes that have no checksum.
  static MemberReader unsummed(const ZipMember& member);
  MemberReader(MemberReader&& other) noexcept;
  MemberReader& operator=(MemberReader&& other) noexcept;
  ~MemberReader();

  uint64_t left() const { return left_; }
  // What of the archive is not read yet.
  std::span<const std::byte> packed() const { return packed_; }
  // True where pieces are views into the archive.
  bool in_place() const { return method_ == 0; }
  // The next `count` bytes, in the archive or in `storage`. Fails where there are not as many.
  Result<std::span<const std::byte>> take(uint64_t count, std::vector<std::byte>& storage);

 private:
  struct Inflater;
  Status inflate(std::span<std::byte> out);
  Status damaged_member(const char* what) const;

  std::string name_;
  const Voice* voice_;
  uint16_t method_;
  bool summed_ = true;
  uint32_t wanted_sum_, sum_ = 0;
  uint64_t left_;
  std::span<const std::byte> packed_;  // not yet read
  std::unique_ptr<Inflater> inflater_;
};

// A member's contents: a view into the archive where it is stored, else unpacked into `storage`.
// The checksum is checked either way.
Result<std::span<const std::byte>> open_member(const ZipMember& member,
                                               std::vector<std::byte>& storage);

}  // namespace mle::archive
