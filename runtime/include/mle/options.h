// What a caller may choose when loading a model or making a session, and the allocator hook.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mle {

// How much of the file load() sums. Structure safety never depends on it: the header, the program
// and every bound are always checked in full.
enum class Verify : uint8_t {
  Auto = 0,        // files up to 16 KiB are read and summed whole; of larger ones the segments
                   // (weights, golden rows, model card) stay unread
  Everything = 1,  // every byte is read and summed first
};

// How a mapped file is brought into memory.
enum class Populate : uint8_t {
  Auto = 0,    // chosen by the library; today always as Never
  Never = 1,   // on first touch: the first rows wait for it
  Always = 2,  // at load
};

// An embedder's own memory. Both functions or neither; they may be called from any thread that
// makes or destroys a Model or a Session, never from run().
// `allocate` returns `bytes` bytes aligned to `align` (a power of two), or null when there are
// none.
struct Allocator {
  void* (*allocate)(void* context, size_t bytes, size_t align) = nullptr;
  void (*release)(void* context, void* block, size_t bytes, size_t align) = nullptr;
  void* context = nullptr;
};

struct LoadOptions {
  Verify verify = Verify::Auto;
  std::string_view isa;  // "sse2", "avx2", "avx512", "neon": forces a kernel table; empty: the best
                         // (or the one MLE_ISA names). An unknown or unsupported name is an error.
  bool copy = false;     // from_memory only: copy the bytes, so that they need not outlive the
                         // Model nor be 64-byte aligned
  Populate populate = Populate::Auto;
  uint64_t max_program_bytes = uint64_t{16} << 20;  // at most 256 MiB; 0 means 16 MiB
  Allocator allocator;
};

struct SessionOptions {
  std::string_view entry;                     // empty: the model's first
  std::span<const std::string_view> outputs;  // empty: all outputs of the entry; else these, in
                                              // this order, from any entry of the model:
                                              // "output", "entry.output", or "entry" where it
                                              // has only one
  size_t tile_rows = 0;                       // rows computed together; 0: chosen for this
                                              // machine; lowered where the arena would become
                                              // too large
  int threads = 1;                            // 1..256; more than one splits the rows of a call;
                                              // such a session is of no use to a child process
                                              // after fork(), which must not destroy it either
  Allocator allocator;
};

}  // namespace mle
