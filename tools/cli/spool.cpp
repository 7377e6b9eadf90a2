// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/spool.h"

#include "format/rules.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace mle::tools {
namespace {

constexpr size_t kInMemory = size_t{4} << 20;

Status failed(const std::string& folder, int number) {
  return Status::make(Code::Io, format::rule::T305_WriteRows, Status::kNoOffset,
                      "temporary file in " + folder + ": " + std::strerror(number),
                      "check that the folder can be written to and has room");
}

// Where the file system has no nameless files, the name is taken away at once.
int open_nameless(const std::string& folder) {
  const int descriptor = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor >= 0) return descriptor;
  std::string name = folder + "/.mle-spool.XXXXXX";
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) unlink(name.c_str());
  return named;
}

}  // namespace

Spool::Spool(Spool&& other) noexcept
    : folder_(std::move(other.folder_)),
      memory_(std::move(other.memory_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      mapping_(std::exchange(other.mapping_, nullptr)),
      crc_(other.crc_) {}

Spool::~Spool() {
  if (mapping_ != nullptr) munmap(mapping_, size_);
  if (descriptor_ >= 0) close(descriptor_);
}

Status Spool::append(std::span<const std::byte> bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    const size_t step = std::min(bytes.size(), kInMemory);
    const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
    crc_ = static_cast<uint32_t>(::crc32(crc_, data, static_cast<uInt>(step)));
    memory_.insert(memory_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(step));
    bytes = bytes.subspan(step);
    if (memory_.size() > kInMemory) MLE_TRY(spill());
  }
  return {};
}

Status Spool::spill() {
  if (descriptor_ < 0) descriptor_ = open_nameless(folder_);
  if (descriptor_ < 0) return failed(folder_, errno);
  std::span<const std::byte> rest(memory_);
  while (!rest.empty()) {
    const ssize_t put = write(descriptor_, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed(folder_, errno);
    rest = rest.subspan(static_cast<size_t>(put));
  }
  memory_.clear();
  return {};
}

Result<std::span<const std::byte>> Spool::map() {
  if (size_ == 0) return std::span<const std::byte>();
  MLE_TRY(spill());
  memory_ = {};
  void* address = mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor_, 0);
  if (address == MAP_FAILED) return failed(folder_, errno);
  mapping_ = address;
  return std::span(static_cast<const std::byte*>(address), size_);
}

Status Spool::copy_to(OutputStream& out) {
  if (descriptor_ >= 0) {
    if (lseek(descriptor_, 0, SEEK_SET) != 0) return failed(folder_, errno);
    std::vector<std::byte> chunk(1 << 16);
    for (;;) {
      const ssize_t got = read(descriptor_, chunk.data(), chunk.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed(folder_, errno);
      if (got == 0) break;
      MLE_TRY(out.write(std::span(chunk).first(static_cast<size_t>(got))));
    }
  }
  return out.write(memory_);
}

}  // namespace mle::tools
