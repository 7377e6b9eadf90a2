// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/console.h"

#include "tools/cli/text.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace mle::tools {
namespace {
constexpr const char* kRed = "\033[1;31m";
constexpr const char* kYellow = "\033[1;33m";
constexpr const char* kBold = "\033[1m";
constexpr const char* kPlain = "\033[0m";
}  // namespace

Console::Console(const char* tool) : tool_(tool), terminal_(isatty(STDERR_FILENO) == 1) {
  set_colour(Colour::Auto);
}

void Console::set_colour(Colour choice) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool wanted = terminal_ && (no_color == nullptr || *no_color == '\0');
  coloured_ = choice == Colour::Always || (choice == Colour::Auto && wanted);
}

void Console::error(std::string_view subject, std::string_view message,
                    std::string_view hint) const {
  line("error", kRed, subject, message, hint);
}

void Console::error(std::string_view subject, const Status& status) const {
  // Many messages name the file already.
  const std::string_view message = status.message();
  const bool named = !subject.empty() && message.substr(0, subject.size()) == subject;
  line("error", kRed, named ? std::string_view() : subject, message, status.hint());
}

void Console::warning(std::string_view subject, std::string_view message) const {
  line("warning", kYellow, subject, message, {});
}

int Console::finish(int status) const {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  // An earlier flush that failed left only the mark.
  error("standard output", errno != 0 ? std::strerror(errno) : "can't be written",
        "check that it is open and has room");
  return status == kDone ? static_cast<int>(kFailed) : status;
}

void Console::line(std::string_view kind, const char* colour, std::string_view subject,
                   std::string_view message, std::string_view hint) const {
  if (quiet_) return;
  std::string text = std::string(tool_) + ": ";
  text += coloured_ ? colour + std::string(kind) + kPlain : std::string(kind);
  text += ": ";
  if (!subject.empty()) text += printable(subject) + ": ";
  text += printable(message) + "\n";
  if (!hint.empty()) {
    text += coloured_ ? std::string(kBold) + "hint" + kPlain : std::string("hint");
    text += ": " + printable(hint) + "\n";
  }
  std::fwrite(text.data(), 1, text.size(), stderr);  // one write: lines of threads stay whole
}

}  // namespace mle::tools
