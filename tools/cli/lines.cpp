// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/lines.h"

#include "format/rules.h"

#include <algorithm>
#include <cstring>

namespace mle::tools {

Result<bool> LineReader::next(std::string_view& line) {
  size_t searched = 0;  // of the line, without finding its end
  for (;;) {
    const void* end = filled_ > at_ + searched ? std::memchr(buffer_.data() + at_ + searched, '\n',
                                                             filled_ - at_ - searched)
                                               : nullptr;
    const bool last = end == nullptr && ended_;
    if (last && at_ == filled_) return false;
    if (end != nullptr || last) {
      const size_t length =
          last ? filled_ - at_
               : static_cast<size_t>(static_cast<const char*>(end) - buffer_.data()) - at_;
      line = std::string_view(buffer_).substr(at_, length);
      at_ += length + (last ? 0 : 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (++line_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
      return true;
    }
    searched = filled_ - at_;
    if (searched > kMaxLine)
      return Status::make(Code::Corrupt, format::rule::T303_BadRow, Status::kNoOffset,
                          "line " + std::to_string(line_ + 1) + ": is longer than 64 MiB",
                          "write one record per line");
    if (at_ > 0) std::memmove(buffer_.data(), buffer_.data() + at_, searched);
    at_ = 0;
    filled_ = searched;
    if (buffer_.size() - filled_ < 65536)
      buffer_.resize(std::max<size_t>(buffer_.size() * 2, 1 << 17));
    MLE_TRY_ASSIGN(const size_t got, source_(std::span<char>(buffer_).subspan(filled_)));
    filled_ += got;
    ended_ = got == 0;
  }
}

}  // namespace mle::tools
