// What is made from a tool's flags beside --help: a manual page, and completion for shells.
// Promise: every flag is in each of them, whatever its text holds.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::tools {

struct FlagLine {
  enum class Takes : uint8_t { Nothing, File, Number, Choice };
  std::vector<std::string> names;  // "-o", "--output"; empty: a positional
  std::string value, help;
  Takes takes = Takes::Nothing;
  bool repeated = false;
  std::vector<std::string> choices;
};

struct FlagMode;

struct FlagPage {
  std::string tool, usage, summary, examples, version;
  std::vector<FlagLine> lines;
  std::vector<FlagMode> modes;
};

struct FlagMode {
  std::string name;  // "run"
  FlagPage page;     // what it takes
};

std::string man_page(const FlagPage& page);
std::string bash_completion(const FlagPage& page);
std::string zsh_completion(const FlagPage& page);

// By name: "man", "bash" or "zsh"; nothing for any other.
std::optional<std::string> generated_page(std::string_view what, const FlagPage& page);

}  // namespace mle::tools
