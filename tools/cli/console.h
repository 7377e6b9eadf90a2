// Console: how a tool talks on stderr. Results go to stdout and are none of its business.
// Promise: every error reads "tool: error: subject: message", then "hint: …" where there is one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include <cstdint>
#include <string_view>

namespace mle::tools {

// What every tool exits with. mle-inspect adds 3 and 4.
enum Exit : int { kDone = 0, kFailed = 1, kMisuse = 2 };

class Console {
 public:
  enum class Colour : uint8_t { Auto, Always, Never };

  // Auto: coloured where `stderr` is a terminal and NO_COLOR is not set.
  explicit Console(const char* tool);
  void set_colour(Colour choice);
  void set_quiet() { quiet_ = true; }  // says nothing any more

  const char* tool() const { return tool_; }
  bool at_terminal() const { return terminal_; }

  // `subject` is the file or flag it is about; may be empty.
  void error(std::string_view subject, std::string_view message, std::string_view hint = {}) const;
  void error(std::string_view subject, const Status& status) const;
  void warning(std::string_view subject, std::string_view message) const;

  // The exit status for a tool that would end with `status`: kFailed instead of kDone, explained,
  // where what it printed on stdout did not arrive.
  int finish(int status) const;

 private:
  void line(std::string_view kind, const char* colour, std::string_view subject,
            std::string_view message, std::string_view hint) const;

  const char* tool_;
  bool terminal_;
  bool coloured_;
  bool quiet_ = false;
};

}  // namespace mle::tools
