// Writes broken and changed files with the verdict of the library's reader, for compare.py: per
// mutant u32 rule (0: accepted), u32 size, the bytes. The same mutants at every run.
//
//   write_mutants COUNT
//
// SPDX-License-Identifier: Apache-2.0
#include "format/file_view.h"
#include "format/header.h"
#include "tests/support/tiny_models.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

using mle::format::FileView;
using mle::format::Header;
using mle::format::SegmentEntry;
using mle::testing::AlignedBytes;

namespace {

class Random {
 public:
  uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  size_t below(size_t n) { return next() % n; }

 private:
  uint64_t state_ = 0x9E3779B97F4A7C15;
};

// A place in header or directory and its width.
struct Field {
  size_t at;
  size_t bytes;
};

std::vector<Field> fields_of(const AlignedBytes& file) {
  Header header;
  std::memcpy(&header, file.data(), sizeof header);
  std::vector<Field> fields = {{8, 2},  {10, 2}, {12, 4}, {16, 8}, {24, 8}, {32, 8},  {40, 8},
                               {48, 8}, {56, 8}, {64, 4}, {68, 4}, {72, 8}, {104, 8}, {120, 8}};
  for (size_t i = 0; i < header.segment_count; ++i) {
    const size_t entry = sizeof(Header) + i * sizeof(SegmentEntry);
    for (const Field& f :
         {Field{0, 4}, {4, 4}, {8, 8}, {16, 8}, {24, 8}, {32, 4}, {36, 4}, {64, 8}})
      fields.push_back({entry + f.at, f.bytes});
  }
  return fields;
}

void set_field(AlignedBytes& file, const Field& field, Random& random) {
  if (field.at + field.bytes > file.size()) return;
  uint64_t old = 0;
  std::memcpy(&old, file.data() + field.at, field.bytes);
  const uint64_t values[] = {0,
                             1,
                             2,
                             63,
                             64,
                             96,
                             128,
                             65536,
                             131072,
                             file.size(),
                             old + 1,
                             old - 1,
                             old + 64,
                             old - 64,
                             old * 2,
                             old ^ 128,
                             ~uint64_t{0},
                             uint64_t{1} << 32,
                             uint64_t{1} << 63,
                             uint64_t{1} << random.below(64)};
  const uint64_t value = values[random.below(std::size(values))];
  std::memcpy(file.data() + field.at, &value, field.bytes);
}

void set_byte(AlignedBytes& file, size_t at, Random& random) {
  file[at] = static_cast<std::byte>(random.next());
}

// The file with `count` zeros before its first segment, and offsets that agree.
AlignedBytes with_gap(const AlignedBytes& file, size_t count) {
  Header header;
  std::memcpy(&header, file.data(), sizeof header);
  if (header.segment_count == 0) return AlignedBytes(file.span());
  SegmentEntry first;
  std::memcpy(&first, file.data() + sizeof header, sizeof first);
  AlignedBytes wide(file.size() + count);
  std::memset(wide.data(), 0, wide.size());
  std::copy_n(file.data(), first.offset, wide.data());
  std::copy_n(file.data() + first.offset, file.size() - first.offset,
              wide.data() + first.offset + count);
  header.file_size += count;
  std::memcpy(wide.data(), &header, sizeof header);
  for (size_t i = 0; i < header.segment_count; ++i) {
    std::byte* at = wide.data() + sizeof header + i * sizeof(SegmentEntry);
    SegmentEntry entry;
    std::memcpy(&entry, at, sizeof entry);
    entry.offset += count;
    std::memcpy(at, &entry, sizeof entry);
  }
  mle::testing::refit_sums(wide.span());
  return wide;
}

AlignedBytes mutate(const AlignedBytes& base, Random& random) {
  AlignedBytes file = base;
  const std::vector<Field> fields = fields_of(base);
  switch (random.below(8)) {
    case 0: set_byte(file, random.below(file.size()), random); return file;
    case 1: set_byte(file, random.below(file.size()), random); break;
    case 2: set_byte(file, random.below(sizeof(Header)), random); break;
    case 3: set_field(file, fields[random.below(fields.size())], random); return file;
    case 4:
    case 5: set_field(file, fields[random.below(fields.size())], random); break;
    case 6:
      if (random.below(2) == 0) return file.first(random.below(file.size()));
      return file.extended(1 + random.below(300), static_cast<std::byte>(random.below(2)));
    default: {
      AlignedBytes wide = with_gap(base, 64 * (random.below(64) == 0 ? 1024 : random.below(8)));
      if (random.below(3) == 0) set_byte(wide, random.below(wide.size()), random);
      if (random.below(3) == 0) set_field(wide, fields[random.below(fields.size())], random);
      mle::testing::refit_sums(wide.span());
      return wide;
    }
  }
  mle::testing::refit_sums(file.span());
  return file;
}

bool write(const AlignedBytes& file) {
  const auto view = FileView::open(file.span());
  const uint32_t head[] = {view ? 0 : static_cast<uint32_t>(view.error().rule()),
                           static_cast<uint32_t>(file.size())};
  return std::fwrite(head, sizeof head, 1, stdout) == 1 &&
         (file.size() == 0 || std::fwrite(file.data(), file.size(), 1, stdout) == 1);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view text = argc == 2 ? argv[1] : "";
  size_t count = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), count).ec != std::errc()) {
    std::fputs("usage: write_mutants COUNT\n", stderr);
    return 2;
  }
  const AlignedBytes bases[] = {make_file(mle::testing::tiny_linear()),
                                make_file(mle::testing::tiny_mlp()),
                                make_file(mle::testing::tiny_whole())};
  Random random;
  for (size_t i = 0; i < count; ++i) {
    if (!write(mutate(bases[i % std::size(bases)], random))) return 1;
  }
  return 0;
}
