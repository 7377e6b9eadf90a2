// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/mutate_file.h"

#include "format/header.h"
#include "tests/support/tiny_models.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <span>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace mle::testing {
namespace {

using format::Header;

// Values at the edges of what a program may say.
constexpr uint32_t kEdges[] = {0,
                               1,
                               2,
                               7,
                               8,
                               9,
                               63,
                               64,
                               65,
                               255,
                               256,
                               4095,
                               4096,
                               65535,
                               65536,
                               1u << 24,
                               (1u << 24) + 1,
                               0x7FFFFFFF,
                               1u << 31,
                               0xFFFFFFFE,
                               0xFFFFFFFF};

AlignedBytes seed_file(unsigned which) {
  switch (which % 3) {
    case 0: return make_file(tiny_linear());
    case 1: return make_file(tiny_mlp());
    default: return make_file(tiny_whole());
  }
}

// What every file needs to get past the first checks.
void repair(std::span<uint8_t> file) {
  Header header;
  if (file.size() < sizeof header) return;
  std::memcpy(&header, file.data(), sizeof header);
  std::memcpy(header.magic, format::kMagic, sizeof header.magic);
  header.format_major = 1;
  header.header_size = sizeof header;
  header.segment_entry_size = sizeof(format::SegmentEntry);
  header.file_size = file.size();
  header.required_features &= format::kKnownFeatures;
  std::memset(header.reserved, 0, sizeof header.reserved);
  std::memcpy(file.data(), &header, sizeof header);
  refit_sums(std::as_writable_bytes(file));
}

// A word of the program becomes an edge, or moves by a little.
void change_word(std::span<uint8_t> file, std::minstd_rand& random) {
  Header header;
  std::memcpy(&header, file.data(), sizeof header);
  uint64_t begin = header.program_offset, bytes = header.program_size;
  const bool outside = bytes > file.size() || begin > file.size() - bytes;
  if (outside || random() % 8 == 0) {
    begin = 0;
    bytes = file.size();
  }
  if (bytes < sizeof(uint32_t)) return;
  const size_t width = size_t{1} << random() % 3;
  const size_t at = begin + random() % (bytes - sizeof(uint32_t) + 1) / width * width;
  uint32_t word = 0;
  std::memcpy(&word, file.data() + at, width);
  word = random() % 2 == 0 ? kEdges[random() % std::size(kEdges)]
                           : word + static_cast<uint32_t>(random() % 17) - 8;
  std::memcpy(file.data() + at, &word, width);
}

}  // namespace

size_t mutate_file(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  std::minstd_rand random(seed);
  if (size < sizeof(Header)) {
    const AlignedBytes file = seed_file(seed);
    if (file.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
    std::memcpy(data, file.data(), file.size());
    size = file.size();
  }
  if (random() % 4 == 0) size = LLVMFuzzerMutate(data, size, max_size);
  if (size >= sizeof(Header)) {
    for (auto changes = 1 + random() % 3; changes > 0; --changes) change_word({data, size}, random);
    // Now and then nothing is repaired, so that the first checks are met as well.
    if (random() % 16 != 0) repair({data, size});
  }
  return size;
}

}  // namespace mle::testing
