// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/script/code.h"

#include "compiler/import/archive/voice.h"
#include "compiler/import/torch/names.h"
#include "format/rules.h"

#include <algorithm>
#include <utility>

namespace mle::compiler::script {
namespace {

using enum format::rule::Rule;

constexpr uint64_t kMaxCodeBytes = uint64_t{16} << 20;

}  // namespace

Result<Code> Code::open(const SourceFile& source, Problems& problems) {
  Code code;
  MLE_TRY_ASSIGN(code.archive_, torch::Archive::open(source));
  const auto read = [&](const char* pickle, const char* folder) {
    return torch::Checkpoint::open_member(source, *code.archive_, pickle, folder,
                                          torch::is_script_name, problems);
  };
  MLE_TRY_ASSIGN(code.data_, read("data.pkl", "data/"));
  if (code.archive_->has("constants.pkl")) {
    MLE_TRY_ASSIGN(code.constants_, read("constants.pkl", "constants/"));
  }
  if (code.archive_->has("traced_inputs.pkl")) {
    MLE_TRY_ASSIGN(code.traced_, read("traced_inputs.pkl", "traced_inputs/"));
  }
  return code;
}

Result<const Function*> Code::function(const std::string& qualified) {
  // The longest path that is a file; what is left is "f" or "Class.f".
  std::string path = qualified, rest;
  for (int parts = 0; parts < 2; ++parts) {
    const size_t dot = path.rfind('.');
    if (dot == std::string::npos) break;
    rest = rest.empty() ? path.substr(dot + 1) : path.substr(dot + 1) + "." + rest;
    path.resize(dot);
    std::string file = "code/" + path + ".py";
    std::replace(file.begin() + 5, file.end() - 3, '.', '/');
    if (!archive_->has(file)) continue;
    auto parsed = parsed_.find(file);
    if (parsed == parsed_.end()) {
      MLE_TRY_ASSIGN(const torch::Storage text, archive_->read(file));
      parsed_bytes_ += text.bytes.size();
      if (parsed_bytes_ > kMaxCodeBytes)
        return Status::make(mle::Code::Unsupported, C203_SourceTooLarge, Status::kNoOffset,
                            "the archive holds more code than is read", "");
      MLE_TRY_ASSIGN(Module module,
                     parse({reinterpret_cast<const char*>(text.bytes.data()), text.bytes.size()}));
      parsed = parsed_.emplace(std::move(file), std::move(module)).first;
    }
    const auto found = parsed->second.find(rest);
    if (found != parsed->second.end()) return &found->second;
  }
  return Status::make(mle::Code::Corrupt, C213_GraphBroken, Status::kNoOffset,
                      "the archive has no code for '" + archive::shown(qualified) + "'",
                      "save the model again");
}

}  // namespace mle::compiler::script
