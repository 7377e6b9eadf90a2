// Splits a command line into flags, their values and what is left over. What a value may be is for
// others to say.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace mle::tools {

struct ArgumentKind {
  std::vector<std::string> names;  // "-o", "--output"; none for what has its place only
  bool takes_value;
};

struct Arguments {
  // One list for every kind, in its order: the value of each time it was given, "" where it takes
  // none.
  std::vector<std::vector<std::string>> given;
  std::vector<std::string> unknown;  // flags nobody knows, and words beyond the last place
  std::string flag, problem;         // a line that cannot be split, else both empty
};

// `--name value`, `--name=value`, `-n value`, `-nvalue`; flags without values may share a dash:
// `-abc`. A value may begin with a dash. Behind `--` every word is one for a place, as is `-`.
Arguments split_arguments(std::span<const char* const> words, std::span<const ArgumentKind> kinds);

}  // namespace mle::tools
