// The code and the data of a TorchScript archive.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/importer.h"
#include "compiler/import/script/syntax.h"
#include "compiler/import/torch/checkpoint.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mle::compiler::script {

class Code {
 public:
  static Result<Code> open(const SourceFile& source, Problems& problems);

  // "__torch__.a.b.f" or "__torch__.a.b.Class.f"; parsed when it is asked for.
  Result<const Function*> function(const std::string& qualified);

  const torch::Checkpoint& data() const { return *data_; }
  const torch::Checkpoint* constants() const { return constants_ ? &*constants_ : nullptr; }
  // The inputs the model was traced with, where they are kept.
  const torch::Checkpoint* traced() const { return traced_ ? &*traced_ : nullptr; }

 private:
  std::optional<torch::Archive> archive_;
  std::optional<torch::Checkpoint> data_, constants_, traced_;
  std::map<std::string, Module, std::less<>> parsed_;
  uint64_t parsed_bytes_ = 0;
};

}  // namespace mle::compiler::script
