// Model: a loaded .mle file. Immutable and shareable.
// Promise: a file that loads can't crash, overrun, hang or execute; load reads the program, not
// large weights.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mle/export.h"
#include "mle/options.h"
#include "mle/result.h"
#include "mle/tensor.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mle {

namespace detail {
struct ModelState;  // private to the runtime
}

// A value: copying is one atomic increment, the last copy unmaps the file. Any thread may use any
// copy at any time. Everything it returns is a view that lives as long as some copy does.
class MLE_API Model {
 public:
  // Maps `path` (reads it where it is at most 16 KiB), checks header, program and every bound, and
  // binds each op to its kernel. Costs O(program) time and memory: of a mapped file the weights are
  // not touched unless options.verify or options.populate asks for it. The file must not be
  // truncated or written in place while the Model lives: replace it by rename. Fails with NotFound,
  // Io, Corrupt, Unsupported, OutOfMemory or InvalidArgument (options).
  static Result<Model> load(const char* path, const LoadOptions& options = {}) noexcept;

  // The same from memory. The bytes are borrowed: they must outlive every copy of the Model and
  // every Session made from one, and be 64-byte aligned, unless options.copy says to copy them.
  static Result<Model> from_memory(std::span<const std::byte> bytes,
                                   const LoadOptions& options = {}) noexcept;

  // A moved-from or default Model is empty: only assignment and destruction are allowed.
  Model() noexcept = default;
  Model(const Model& other) noexcept;
  Model(Model&& other) noexcept;
  Model& operator=(const Model& other) noexcept;
  Model& operator=(Model&& other) noexcept;
  ~Model();

  // The questions this model answers; the first is the default. Never empty.
  std::span<const EntrySpec> entries() const noexcept;
  // Of the default entry.
  std::span<const TensorSpec> inputs() const noexcept;
  std::span<const TensorSpec> outputs() const noexcept;
  // Class labels of the first output that has any, the default entry's before those of others, in
  // the order of its columns; empty where the source had none.
  std::span<const std::string_view> labels() const noexcept;
  // What the answers of a classifier are among, in the source's order: of that column, counted
  // through the outputs of the first entry that says so. Empty where the source had no classes, and
  // beyond the last column. Costs a look at every column before.
  std::span<const std::string_view> classes(size_t column = 0) const noexcept;
  // Names of the columns of the default entry's first input; empty where the source had none.
  std::span<const std::string_view> features() const noexcept;
  // The model's own name; may be empty.
  std::string_view name() const noexcept;
  // The kernel table in use: "sse2", "avx2", "avx512" or "neon". Zero-terminated, lives for ever.
  const char* isa() const noexcept;

  // Whether some answer for a row depends on the other rows of its call: see Session::rows_mix().
  // Such a model must not be asked for the rows of several callers at once.
  bool rows_mix() const noexcept;

  // What this Model holds, in bytes: the file, and memory of its own. A file that was read or
  // copied (not mapped or borrowed) lies in memory of its own and counts in both.
  struct Memory {
    uint64_t file_bytes = 0;
    uint64_t own_bytes = 0;
  };
  Memory memory() const noexcept;

 private:
  friend class Session;
  friend struct detail::ModelState;
  explicit Model(detail::ModelState* state) noexcept : state_(state) {}
  detail::ModelState* state_ = nullptr;
};

}  // namespace mle
