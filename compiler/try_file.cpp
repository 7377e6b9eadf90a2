// SPDX-License-Identifier: Apache-2.0
#include "compiler/try_file.h"

#include "format/rules.h"

#include <new>
#include <utility>

namespace mle::compiler {

FileInMemory::FileInMemory(const format::FileWriter& writer)
    : block_(std::calloc(writer.size() + kLine, 1)) {
  if (block_ == nullptr) throw std::bad_alloc();
  void* at = block_.get();
  size_t space = writer.size() + kLine;
  bytes_ = {static_cast<std::byte*>(std::align(kLine, writer.size(), at, space)), writer.size()};
}

Result<FileInMemory> in_memory(const format::FileWriter& writer) {
  FileInMemory file(writer);
  MLE_TRY(writer.write(file.bytes()));
  return file;
}

Result<Calls> answers_of(const format::FileWriter& writer, const std::vector<TrialRows>& calls,
                         const Trial& trial) {
  MLE_TRY_ASSIGN(FileInMemory file, in_memory(writer));
  Calls answers;
  for (const TrialRows& call : calls) {
    MLE_TRY_ASSIGN(std::vector<Elements> outputs, trial(file.bytes(), call));
    answers.push_back(std::move(outputs));
  }
  return answers;
}

Status keep_answerable(const format::FileWriter& writer, std::vector<TrialRows>& calls,
                       const Trial& trial) {
  MLE_TRY_ASSIGN(FileInMemory file, in_memory(writer));
  std::vector<TrialRows> kept;
  for (TrialRows& call : calls) {
    auto together = trial(file.bytes(), call);
    if (together) {
      kept.push_back(std::move(call));
      continue;
    }
    if (together.error().rule() != format::rule::R117_NoAnswer) return std::move(together).error();
    for (size_t row = 0; row < call.rows; ++row) {
      TrialRows alone{std::vector<Elements>(call.inputs.size()), 1};
      for (size_t i = 0; i < call.inputs.size(); ++i) {
        const size_t width = call.inputs[i].size() / call.rows;
        alone.inputs[i].append(call.inputs[i], row * width, width);
      }
      if (trial(file.bytes(), alone)) kept.push_back(std::move(alone));
    }
  }
  calls = std::move(kept);
  return {};
}

}  // namespace mle::compiler
