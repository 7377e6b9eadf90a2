// A finished file in memory, and what it answers: for whoever compares two files of one model.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/evaluate/elements.h"
#include "compiler/precision.h"
#include "format/file_writer.h"

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

namespace mle::compiler {

// A file as it will be, at a 64-byte line. What is not written takes no memory.
class FileInMemory {
 public:
  explicit FileInMemory(const format::FileWriter& writer);
  std::span<std::byte> bytes() { return bytes_; }

 private:
  static constexpr size_t kLine = 64;
  struct Free {
    void operator()(void* block) const { std::free(block); }
  };
  std::unique_ptr<void, Free> block_;
  std::span<std::byte> bytes_;
};

Result<FileInMemory> in_memory(const format::FileWriter& writer);

// Outputs by call.
using Calls = std::vector<std::vector<Elements>>;
Result<Calls> answers_of(const format::FileWriter& writer, const std::vector<TrialRows>& calls,
                         const Trial& trial);

// Leaves out the rows that the model has no answer for: such a row fails the whole call.
Status keep_answerable(const format::FileWriter& writer, std::vector<TrialRows>& calls,
                       const Trial& trial);

}  // namespace mle::compiler
