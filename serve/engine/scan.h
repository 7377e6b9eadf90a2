// What a folder of models holds: FOLDER/NAME.mle, FOLDER/NAME/*.mle and FOLDER/NAME/VERSION/*.mle.
// Promise: only looks; no name from outside the folder, hidden files and unfinished ones left out.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "serve/engine/load_version.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mle::serve {

// Which versions of a model serve at once.
struct VersionPolicy {
  enum class Kind : uint8_t { Latest, All, Specific };
  Kind kind = Kind::Latest;
  uint64_t count = 1;              // Latest
  std::vector<uint64_t> versions;  // Specific

  // "latest", "latest:2", "all", "3,5"; nothing for other texts.
  static std::optional<VersionPolicy> parse(std::string_view text);
  // Of the numbers there are, those that serve.
  std::vector<uint64_t> choose(std::vector<uint64_t> present) const;
};

// The versions of one model: `path` is its file, or a folder as a model has within FOLDER.
std::vector<LoadWish> scan_model(const std::string& model, const std::string& path,
                                 const VersionPolicy& policy, std::vector<std::string>& problems);

// Ascending by model and version. `problems` gets a line for what looks like a model and is none.
Result<std::vector<LoadWish>> scan_folder(const std::string& folder, const VersionPolicy& policy,
                                          std::vector<std::string>& problems);

}  // namespace mle::serve
