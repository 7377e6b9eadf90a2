// SPDX-License-Identifier: Apache-2.0
#include "format/regions.h"

#include <mle/version.h>

#include "format/checksum.h"
#include "format/layout.h"
#include "format/limits.h"
#include "format/refuse.h"
#include "format/rules.h"

#include <bit>
#include <cstddef>
#include <cstdio>
#include <cstring>

namespace mle::format {
namespace {

struct KindText {
  char text[5];
};

// "WGTS"; bytes that are no letters or digits become '?'.
KindText text_of(uint32_t kind) noexcept {
  KindText out{};
  for (int i = 0; i < 4; ++i) {
    const auto c = static_cast<char>(kind >> (8 * i) & 0xFF);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    out.text[i] = plain ? c : '?';
  }
  return out;
}

// Each byte is compared with the one before it: memcmp goes as fast as the machine can, and a gap
// may have four kilobytes.
bool is_zero(const void* bytes, size_t size) noexcept {
  if (size == 0) return true;
  const auto* at = static_cast<const unsigned char*>(bytes);
  return *at == 0 && std::memcmp(at, at + 1, size - 1) == 0;
}

uint64_t entry_at(size_t index) noexcept { return sizeof(Header) + index * sizeof(SegmentEntry); }

bool inside(uint64_t offset, uint64_t size, uint64_t total) noexcept {
  return size <= total && offset <= total - size;
}

Status check_features(uint64_t required) noexcept {
  const uint64_t unknown = required & ~kKnownFeatures;
  if (unknown == 0) return {};
  char list[256] = "";
  size_t length = 0;
  for (int bit = 0; bit < 64; ++bit) {
    if ((unknown >> bit & 1) == 0) continue;
    const int added =
        std::snprintf(list + length, sizeof list - length, "%s%d", length == 0 ? "" : ", ", bit);
    length += static_cast<size_t>(added);
  }
  return refuse(Code::Unsupported, rule::V06_RequiredFeatures, offsetof(Header, required_features),
                "the header: the file needs features this version does not know: bit %s", list);
}

// V13: zeros from `end` to `begin`.
Status check_gap(const FileBytes& bytes, uint64_t end, uint64_t begin, bool read) noexcept {
  if (begin - end >= kMaxGap) {
    return refuse(Code::Corrupt, rule::V13_Gap, end, "the gap at byte %llu has %llu bytes",
                  print(end), print(begin - end));
  }
  if (read && !is_zero(bytes.at(end, begin - end), begin - end)) {
    return refuse(Code::Corrupt, rule::V13_Gap, end,
                  "the gap at byte %llu, %llu bytes long, is not all zero", print(end),
                  print(begin - end));
  }
  return {};
}

Status check_program_place(const Header& header, uint64_t directory_end,
                           uint64_t max_program_bytes) noexcept {
  constexpr uint64_t kAt = offsetof(Header, program_offset);
  if (!inside(header.program_offset, header.program_size, header.file_size)) {
    return refuse(Code::Corrupt, rule::V10_RegionOutside, kAt,
                  "the header: program at %llu with %llu bytes points outside the file of %llu",
                  print(header.program_offset), print(header.program_size),
                  print(header.file_size));
  }
  constexpr uint64_t kSmallest = 16;
  if (header.program_offset < directory_end || header.program_offset % kAlignment != 0 ||
      header.program_size < kSmallest) {
    return refuse(Code::Corrupt, rule::V11_ProgramPlace, kAt,
                  "the header: program at %llu with %llu bytes; the directory ends at %llu",
                  print(header.program_offset), print(header.program_size), print(directory_end));
  }
  if (header.program_size > max_program_bytes) {
    return refuse(Code::Unsupported, rule::V18_ProgramTooLarge, offsetof(Header, program_size),
                  "the program has %llu bytes, the limit is %llu", print(header.program_size),
                  print(max_program_bytes));
  }
  return {};
}

Status check_segment(const Header& header, const SegmentEntry& entry, size_t index,
                     uint64_t previous_end) noexcept {
  const uint64_t at = entry_at(index);
  if (!inside(entry.offset, entry.size, header.file_size)) {
    return refuse(Code::Corrupt, rule::V10_RegionOutside, at + offsetof(SegmentEntry, offset),
                  "segment %zu (%s): %llu bytes at %llu point outside the file of %llu", index,
                  text_of(entry.kind).text, print(entry.size), print(entry.offset),
                  print(header.file_size));
  }
  if (!std::has_single_bit(entry.align) || entry.align < kAlignment ||
      entry.align > kMaxSegmentAlign || entry.offset % entry.align != 0) {
    return refuse(Code::Corrupt, rule::V12_SegmentPlace, at + offsetof(SegmentEntry, align),
                  "segment %zu (%s): lies at %llu, its alignment is %u", index,
                  text_of(entry.kind).text, print(entry.offset), entry.align);
  }
  if (entry.offset < previous_end) {
    return refuse(Code::Corrupt, rule::V12_SegmentPlace, at + offsetof(SegmentEntry, offset),
                  "segment %zu (%s): begins at %llu, what lies before it ends at %llu", index,
                  text_of(entry.kind).text, print(entry.offset), print(previous_end));
  }
  if (entry.flags != 0 || !is_zero(entry.reserved, sizeof entry.reserved)) {
    return refuse(Code::Corrupt, rule::V15_SegmentFlags, at + offsetof(SegmentEntry, flags),
                  "segment %zu (%s): has flags or reserved bytes", index, text_of(entry.kind).text);
  }
  const char first = static_cast<char>(entry.kind & 0xFF);
  const bool may_skip = first >= 'a' && first <= 'z';
  if (entry.kind != kWeights && !may_skip) {
    return refuse(Code::Unsupported, rule::V16_UnknownSegment, at,
                  "segment %zu: this version does not know its kind '%s' (%08x)", index,
                  text_of(entry.kind).text, entry.kind);
  }
  return {};
}

}  // namespace

Status check_header(const FileBytes& bytes, Header& header) noexcept {
  const std::span<const std::byte> file = bytes.file;
  if (file.size() < sizeof header) {
    return refuse(Code::Corrupt, rule::V01_FileTooShort, 0,
                  "the file has %zu bytes, a header alone takes %zu", file.size(), sizeof header);
  }
  std::memcpy(&header, bytes.at(0, sizeof header), sizeof header);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) {
    return refuse(
        Code::Corrupt, rule::V02_Magic, 0,
        "the file does not begin like a .mle file: its first bytes are %02x %02x %02x %02x",
        header.magic[0], header.magic[1], header.magic[2], header.magic[3]);
  }
  if (header.format_major != kFormatMajor) {
    return refuse(Code::Unsupported, rule::V03_Major, offsetof(Header, format_major),
                  "the header: format version %u.%u, this library reads %d.x", header.format_major,
                  header.format_minor, kFormatMajor);
  }
  if (header.header_size != sizeof(Header) || header.segment_entry_size != sizeof(SegmentEntry)) {
    return refuse(Code::Corrupt, rule::V04_EntrySizes, offsetof(Header, header_size),
                  "the header: states sizes %u and %u, must be %zu and %zu", header.header_size,
                  header.segment_entry_size, sizeof(Header), sizeof(SegmentEntry));
  }
  if (header.file_size != file.size()) {
    return refuse(Code::Corrupt, rule::V05_FileSize, offsetof(Header, file_size),
                  "the header: states a file of %llu bytes, it has %zu", print(header.file_size),
                  file.size());
  }
  MLE_TRY(check_features(header.required_features));
  if (!is_zero(header.reserved, sizeof header.reserved)) {
    return refuse(Code::Corrupt, rule::V07_HeaderReserved, offsetof(Header, reserved),
                  "the header: reserved bytes are not zero");
  }
  const uint64_t directory_bytes = uint64_t{header.segment_count} * sizeof(SegmentEntry);
  if (header.segment_count > kMaxSegments || directory_bytes > file.size() - sizeof(Header)) {
    return refuse(
        Code::Corrupt, rule::V08_Directory, offsetof(Header, segment_count),
        "the header: a directory of %u segments, at most %u and inside the file are allowed",
        header.segment_count, kMaxSegments);
  }
  return {};
}

Status check_regions(const FileBytes& bytes, const Header& header,
                     std::span<const SegmentEntry> segments, uint64_t max_program_bytes,
                     bool whole) noexcept {
  if (header_sum(header, std::as_bytes(segments)) != header.header_xxh3) {
    return refuse(Code::Corrupt, rule::V09_HeaderSum, offsetof(Header, header_xxh3),
                  "the header: checksum of header and directory differs");
  }
  uint64_t end = entry_at(segments.size());
  MLE_TRY(check_program_place(header, end, max_program_bytes));
  MLE_TRY(check_gap(bytes, end, header.program_offset, true));
  end = header.program_offset + header.program_size;
  for (size_t i = 0; i < segments.size(); ++i) {
    MLE_TRY(check_segment(header, segments[i], i, end));
    MLE_TRY(check_gap(bytes, end, segments[i].offset, whole || i == 0));
    end = segments[i].offset + segments[i].size;
  }
  if (end != header.file_size) {
    return refuse(Code::Corrupt, rule::V14_End, end,
                  "the last region ends at %llu, the file at %llu", print(end),
                  print(header.file_size));
  }
  return {};
}

Status check_segment_sums(std::span<const std::byte> file,
                          std::span<const SegmentEntry> segments) noexcept {
  for (size_t i = 0; i < segments.size(); ++i) {
    const SegmentEntry& entry = segments[i];
    if (xxh3(file.subspan(entry.offset, entry.size)) == entry.xxh3) continue;
    return refuse(Code::Corrupt, rule::V17_Sum, entry.offset, "segment %zu (%s): checksum differs",
                  i, text_of(entry.kind).text);
  }
  return {};
}

}  // namespace mle::format
