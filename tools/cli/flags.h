// Flags: what a tool can be told, declared once; parsing, checking and --help follow from it.
// Promise: every value was checked when parse() says go on; misuse is explained and exits with 2.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/cli/console.h"
#include "tools/cli/flag_pages.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mle::tools {

class Flags {
 public:
  // `usage` is the line after "Usage: ", `summary` one sentence.
  Flags(std::string usage, std::string summary);

  // `names` as in "--threads" or "-o,--output"; `value` is what --help calls the value. What a flag
  // points at keeps its value where the flag is not given, and must live until parse() returns.
  Flags& positional(const char* value, std::string* to, const char* help, bool required = true);
  Flags& text(const char* names, const char* value, std::string* to, const char* help);
  Flags& texts(const char* names, const char* value, std::vector<std::string>* to,
               const char* help);  // may be given several times
  Flags& whole(const char* names, const char* value, uint64_t* to, uint64_t least, uint64_t most,
               const char* help);
  Flags& wholes(const char* names, const char* value, std::vector<uint64_t>* to, uint64_t least,
                uint64_t most, const char* help);  // comma-separated
  Flags& real(const char* names, const char* value, double* to, double least, double most,
              const char* help);
  Flags& choice(const char* names, std::string* to, std::initializer_list<const char*> choices,
                const char* help);
  Flags& flag(const char* names, bool* to, const char* help);
  Flags& examples(std::string text);  // the last lines of --help
  // What `tool NAME …` takes, for a tool with modes: only the pages of --generate need to know.
  Flags& mode(std::string name, const Flags& flags);

  // Nothing: go on. Else the exit status: --help and --version were answered, or misuse explained.
  // Adds --color, --help and --version, and sets the console's colour. Beside what it was told,
  // every tool answers `--generate man|bash|zsh` with its manual page or completion script.
  std::optional<int> parse(int argc, const char* const* argv, Console& console);

 private:
  struct Spec {
    std::string names;
    std::string value;  // empty: takes none
    std::string help;
    bool positional = false, required = false, repeated = false;
    FlagLine::Takes takes = FlagLine::Takes::File;
    std::vector<std::string> choices;
    // Takes the text; returns what is wrong with it, or "".
    std::function<std::string(const std::string&)> take;
  };
  Flags& add(Spec spec);
  void add_common(std::string* colour, bool* version, bool* help);
  FlagPage page(const char* tool) const;
  std::string help_text() const;
  std::vector<std::string> long_names() const;

  std::string usage_, summary_, examples_;
  std::vector<Spec> specs_;
  std::vector<std::pair<std::string, Flags>> modes_;
};

}  // namespace mle::tools
