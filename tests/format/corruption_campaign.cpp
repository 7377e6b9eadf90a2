// The corruption campaign: two small files, broken in every way one byte or one cut can break them.
// As they are, each must be refused; with their sums recomputed, as an attacker would, each must be
// refused or be a file whose every promise holds. Run under sanitizers by script/check.
//
//   mle_corruption_campaign
//
// SPDX-License-Identifier: Apache-2.0
#include "format/file_view.h"
#include "tests/support/tiny_models.h"
#include "tests/support/walk_view.h"

#include <algorithm>
#include <cstdio>
#include <utility>

using mle::format::FileView;
using mle::testing::AlignedBytes;

namespace {

struct Tally {
  const char* file;
  const char* what;
  uint64_t tried = 0;
  uint64_t refused = 0;
  uint64_t accepted = 0;

  void print() const {
    std::printf("%-8s %-34s %9llu tried %9llu refused %9llu accepted\n", file, what,
                static_cast<unsigned long long>(tried), static_cast<unsigned long long>(refused),
                static_cast<unsigned long long>(accepted));
  }
};

void try_file(const AlignedBytes& file, Tally& tally) {
  ++tally.tried;
  const auto view = FileView::open(file.span());
  if (!view) {
    ++tally.refused;
    return;
  }
  ++tally.accepted;
  // The campaign without new sums accepts nothing, so this only runs for recomputed sums.
  volatile uint64_t sink = mle::testing::walk_view(*view);
  static_cast<void>(sink);
}

Tally flip_bits(const char* name, AlignedBytes file) {
  Tally tally{name, "single bits flipped"};
  for (size_t i = 0; i < file.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      const auto mask = static_cast<std::byte>(1 << bit);
      file[i] ^= mask;
      try_file(file, tally);
      file[i] ^= mask;
    }
  }
  return tally;
}

Tally substitute_bytes(const char* name, AlignedBytes file) {
  Tally tally{name, "bytes replaced"};
  for (size_t i = 0; i < file.size(); ++i) {
    const std::byte right = file[i];
    for (int value = 0; value < 256; ++value) {
      if (static_cast<std::byte>(value) == right) continue;
      file[i] = static_cast<std::byte>(value);
      try_file(file, tally);
    }
    file[i] = right;
  }
  return tally;
}

Tally truncate(const char* name, const AlignedBytes& file) {
  Tally tally{name, "cut off"};
  for (size_t size = 0; size < file.size(); ++size) try_file(file.first(size), tally);
  return tally;
}

Tally append(const char* name, const AlignedBytes& file) {
  Tally tally{name, "bytes appended"};
  for (size_t count = 1; count <= 4096; ++count) {
    try_file(file.extended(count, std::byte{0}), tally);
    try_file(file.extended(count, std::byte{0xA5}), tally);
  }
  return tally;
}

Tally substitute_and_refit(const char* name, const AlignedBytes& file) {
  Tally tally{name, "bytes replaced, sums recomputed"};
  AlignedBytes changed = file;
  for (size_t i = 0; i < file.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      if (static_cast<std::byte>(value) == file.span()[i]) continue;
      std::copy(file.span().begin(), file.span().end(), changed.data());
      changed[i] = static_cast<std::byte>(value);
      mle::testing::refit_sums(changed.span());
      try_file(changed, tally);
    }
  }
  return tally;
}

}  // namespace

int main() {
  const std::pair<const char*, AlignedBytes> files[] = {
      {"linear", make_file(mle::testing::tiny_linear())},
      {"mlp", make_file(mle::testing::tiny_mlp())},
  };
  bool clean = true;
  for (const auto& [name, file] : files) {
    for (const Tally& tally : {flip_bits(name, file), substitute_bytes(name, file),
                               truncate(name, file), append(name, file)}) {
      tally.print();
      clean &= tally.accepted == 0;
    }
    const Tally refitted = substitute_and_refit(name, file);
    refitted.print();
    // Weights are free to be anything, so some must pass; a header that is free would be a hole.
    clean &= refitted.accepted > 0 && refitted.refused > 0;
  }
  std::puts(clean ? "every broken file was refused" : "FAILED: a broken file was accepted");
  return clean ? 0 : 1;
}
