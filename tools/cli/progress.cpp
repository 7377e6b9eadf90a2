// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/progress.h"

#include "tools/cli/text.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace mle::tools {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(500);
constexpr auto kRedraw = std::chrono::milliseconds(100);

size_t terminal_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* columns = std::getenv("COLUMNS");
  const auto width = columns == nullptr ? std::nullopt : to_u64(columns);
  return width && *width >= 20 && *width <= 1000 ? static_cast<size_t>(*width) : 80;
}

}  // namespace

Progress::Progress(const Console& console, std::string label, uint64_t total)
    : active_(console.at_terminal()),
      label_(std::move(label)),
      total_(total),
      next_(Clock::now() + kPatience) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::update(uint64_t done) {
  if (!active_) return;
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + kRedraw;
  std::string text = label_ + " " + grouped(done);
  if (total_ > 0) {
    text += " of " + grouped(total_);
    const size_t width = terminal_width();
    const size_t room = width > text.size() + 4 ? width - text.size() - 4 : 0;
    const double share = static_cast<double>(done) / static_cast<double>(total_);
    const auto full = static_cast<size_t>((share > 1 ? 1 : share) * static_cast<double>(room));
    text += " [" + std::string(full, '#') + std::string(room - full, ' ') + "]";
  }
  std::fprintf(stderr, "\r\033[K%s", printable(text).c_str());
  drawn_ = true;
}

}  // namespace mle::tools
