// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/output_stream.h"

#include "format/rules.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace mle::tools {
namespace {
constexpr size_t kBuffer = 1 << 16;
}

Status OutputStream::failed(int number) const {
  return Status::make(Code::Io, format::rule::T305_WriteRows, Status::kNoOffset,
                      (path_ == "-" ? "standard output" : path_) + ": " + std::strerror(number),
                      "check that the folder exists, can be written to and has room");
}

Result<OutputStream> OutputStream::open(const std::string& path) {
  OutputStream stream;
  stream.path_ = path;
  if (path == "-") {
    stream.descriptor_ = STDOUT_FILENO;
    return stream;
  }
  struct stat facts {};
  if (stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode)) {
    stream.descriptor_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (stream.descriptor_ < 0) return stream.failed(errno);
    return stream;
  }
  std::string name = path + ".XXXXXX";
  stream.descriptor_ = mkostemp(name.data(), O_CLOEXEC);
  if (stream.descriptor_ < 0) return stream.failed(errno);
  stream.temporary_ = std::move(name);
  const mode_t mask = umask(0);
  umask(mask);
  if (fchmod(stream.descriptor_, 0666 & ~mask) != 0) return stream.failed(errno);
  return stream;
}

OutputStream::OutputStream(OutputStream&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)),
      written_(other.written_),
      buffer_(std::move(other.buffer_)) {}

OutputStream::~OutputStream() {
  if (descriptor_ > STDOUT_FILENO) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Status OutputStream::write(std::span<const std::byte> bytes) {
  written_ += bytes.size();
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return buffer_.size() >= kBuffer ? flush() : Status();
}

Status OutputStream::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t put = ::write(descriptor_, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed(errno);
    rest.remove_prefix(static_cast<size_t>(put));
  }
  buffer_.clear();
  return {};
}

Status OutputStream::commit() {
  MLE_TRY(flush());
  if (temporary_.empty()) return {};
  if (fsync(descriptor_) != 0) return failed(errno);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) return failed(errno);
  temporary_.clear();
  return {};
}

}  // namespace mle::tools
