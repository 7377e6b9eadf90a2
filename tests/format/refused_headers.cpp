// Files whose header, directory or regions are wrong.
// SPDX-License-Identifier: Apache-2.0
#include "format/checksum.h"
#include "format/header.h"
#include "format/limits.h"
#include "format/rules.h"
#include "tests/format/refusals.h"

#include <cstring>

namespace mle::testing {
namespace {

using namespace format;
using namespace format::rule;

constexpr uint64_t kWeightsEntry = 0;
constexpr uint64_t kGoldenEntry = 1;

template <class Edit>
void edit_header(AlignedBytes& file, Edit edit) {
  Header header;
  std::memcpy(&header, file.data(), sizeof header);
  edit(header);
  std::memcpy(file.data(), &header, sizeof header);
}

template <class Edit>
void edit_entry(AlignedBytes& file, uint64_t index, Edit edit) {
  std::byte* place = file.data() + sizeof(Header) + index * sizeof(SegmentEntry);
  SegmentEntry entry;
  std::memcpy(&entry, place, sizeof entry);
  edit(entry);
  std::memcpy(place, &entry, sizeof entry);
}

// The linear model with an edited header; sums are right.
template <class Edit>
Refusal header(int rule, const char* what, Edit edit) {
  return {rule, what, [edit] {
            AlignedBytes file = make_file(tiny_linear());
            edit_header(file, edit);
            refit_sums(file.span());
            return file;
          }};
}

template <class Edit>
Refusal segment(int rule, const char* what, uint64_t index, Edit edit) {
  return {rule, what, [index, edit] {
            AlignedBytes file = make_file(tiny_linear());
            edit_entry(file, index, edit);
            refit_sums(file.span());
            return file;
          }};
}

// With `bytes` more zeros between program and first segment.
AlignedBytes widen_gap(uint64_t bytes) {
  const AlignedBytes file = make_file(tiny_linear());
  Header old;
  std::memcpy(&old, file.data(), sizeof old);
  const uint64_t end = old.program_offset + old.program_size;
  AlignedBytes wide(file.size() + bytes);
  std::memcpy(wide.data(), file.data(), end);
  std::memcpy(wide.data() + end + bytes, file.data() + end, file.size() - end);
  edit_header(wide, [&](Header& h) { h.file_size += bytes; });
  for (uint64_t i = 0; i < old.segment_count; ++i) {
    edit_entry(wide, i, [&](SegmentEntry& e) { e.offset += bytes; });
  }
  refit_sums(wide.span());
  return wide;
}

// One byte of the gap between program and first segment is not zero.
AlignedBytes dirty_gap() {
  AlignedBytes file = widen_gap(64);
  Header header;
  std::memcpy(&header, file.data(), sizeof header);
  file[header.program_offset + header.program_size] = std::byte{1};
  return file;
}

AlignedBytes flipped_byte(uint64_t (*where)(const Header&, const SegmentEntry&)) {
  AlignedBytes file = make_file(tiny_linear());
  Header header;
  SegmentEntry weights;
  std::memcpy(&header, file.data(), sizeof header);
  std::memcpy(&weights, file.data() + sizeof header, sizeof weights);
  file[where(header, weights)] ^= std::byte{1};
  return file;
}

}  // namespace

std::vector<Refusal> header_refusals() {
  return {
      {V01_FileTooShort, "an empty file", [] { return AlignedBytes(0); }},
      {V01_FileTooShort, "127 bytes", [] { return make_file(tiny_linear()).first(127); }},
      header(V02_Magic, "a line end was translated", [](Header& h) { h.magic[4] = '\n'; }),
      header(V03_Major, "the next major version", [](Header& h) { ++h.format_major; }),
      header(V04_EntrySizes, "another header size", [](Header& h) { h.header_size = 256; }),
      header(V04_EntrySizes, "another entry size", [](Header& h) { h.segment_entry_size = 64; }),
      header(V05_FileSize, "a byte too few", [](Header& h) { --h.file_size; }),
      header(V05_FileSize, "a byte too many", [](Header& h) { ++h.file_size; }),
      {V05_FileSize, "cut off", [] { return make_file(tiny_linear()).first(1024); }},
      {V05_FileSize, "something appended",
       [] { return make_file(tiny_linear()).extended(1, std::byte{0}); }},
      header(V06_RequiredFeatures, "a reserved feature",
             [](Header& h) { h.required_features |= kFeatureInt4; }),
      header(V06_RequiredFeatures, "all features",
             [](Header& h) { h.required_features = ~uint64_t{0}; }),
      header(V07_HeaderReserved, "reserved bytes", [](Header& h) { h.reserved[15] = 1; }),
      header(V08_Directory, "65 segments", [](Header& h) { h.segment_count = 65; }),
      header(V08_Directory, "four billion segments",
             [](Header& h) { h.segment_count = ~uint32_t{0}; }),
      header(V08_Directory, "a directory that ends outside the file",
             [](Header& h) { h.segment_count = 40; }),
      {V09_HeaderSum, "a changed bit of the header's sum",
       [] {
         AlignedBytes file = make_file(tiny_linear());
         file[offsetof(Header, header_xxh3)] ^= std::byte{1};
         return file;
       }},
      {V09_HeaderSum, "a changed directory",
       [] {
         AlignedBytes file = make_file(tiny_linear());
         edit_entry(file, kWeightsEntry, [](SegmentEntry& e) { e.sha256[3] = 1; });
         return file;
       }},
      header(V10_RegionOutside, "the program begins behind the file",
             [](Header& h) { h.program_offset = h.file_size + 64; }),
      header(V10_RegionOutside, "the program's end overflows",
             [](Header& h) { h.program_size = ~uint64_t{0} - 63; }),
      segment(V10_RegionOutside, "a segment's end overflows", kWeightsEntry,
              [](SegmentEntry& e) { e.size = ~uint64_t{0} - 63; }),
      segment(V10_RegionOutside, "a segment ends behind the file", kGoldenEntry,
              [](SegmentEntry& e) { e.size += 64; }),
      header(V11_ProgramPlace, "the program lies over the directory",
             [](Header& h) { h.program_offset = 128; }),
      header(V11_ProgramPlace, "the program at an odd place",
             [](Header& h) {
               h.program_offset += 8;
               h.program_size -= 8;
             }),
      header(V11_ProgramPlace, "a program of 15 bytes", [](Header& h) { h.program_size = 15; }),
      segment(V12_SegmentPlace, "an alignment that is no power of two", kWeightsEntry,
              [](SegmentEntry& e) { e.align = 96; }),
      segment(V12_SegmentPlace, "an alignment of 32", kWeightsEntry,
              [](SegmentEntry& e) { e.align = 32; }),
      segment(V12_SegmentPlace, "an alignment of 128 KiB", kWeightsEntry,
              [](SegmentEntry& e) { e.align = 131072; }),
      segment(V12_SegmentPlace, "no alignment", kWeightsEntry,
              [](SegmentEntry& e) { e.align = 0; }),
      segment(V12_SegmentPlace, "a segment at an odd place", kWeightsEntry,
              [](SegmentEntry& e) {
                e.offset += 4;
                e.size -= 64;
              }),
      segment(V12_SegmentPlace, "a segment over the one before it", kGoldenEntry,
              [](SegmentEntry& e) { e.offset -= 64; }),
      segment(V12_SegmentPlace, "a segment over the program", kWeightsEntry,
              [](SegmentEntry& e) { e.offset = 384; }),
      {V13_Gap, "a gap of 64 KiB", [] { return widen_gap(65536); }},
      {V13_Gap, "a gap that is not zero", dirty_gap},
      segment(V14_End, "bytes that belong to nothing at the end", kGoldenEntry,
              [](SegmentEntry& e) { e.size -= 64; }),
      segment(V15_SegmentFlags, "a segment flag", kWeightsEntry,
              [](SegmentEntry& e) { e.flags = 1; }),
      segment(V15_SegmentFlags, "reserved bytes of a segment", kGoldenEntry,
              [](SegmentEntry& e) { e.reserved[27] = 1; }),
      segment(V16_UnknownSegment, "a critical kind from the future", kWeightsEntry,
              [](SegmentEntry& e) { e.kind = fourcc('Q', 'N', 'T', '8'); }),
      segment(V16_UnknownSegment, "a kind that is no text", kWeightsEntry,
              [](SegmentEntry& e) { e.kind = 0; }),
      {V17_Sum, "a changed bit of the program",
       [] {
         return flipped_byte([](const Header& h, const SegmentEntry&) {
           return h.program_offset + h.program_size / 2;
         });
       }},
      {V17_Sum, "a changed bit of a weight",
       [] { return flipped_byte([](const Header&, const SegmentEntry& w) { return w.offset; }); }},
      {V18_ProgramTooLarge, "a program of 16 MiB and a byte",
       [] { return make_file(AlignedBytes(kMaxProgramBytes + 1).span()); }},
  };
}

}  // namespace mle::testing
