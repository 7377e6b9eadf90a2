// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/model_file.h"

#include "format/rules.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace mle::serve {
namespace {

Status refuse(const std::string& path, int number) {
  return error(number == ENOENT ? Code::NotFound : Code::Io, format::rule::S410_LoadModel,
               Status::kNoOffset, "check the path and its permissions", "%s: %s", path.c_str(),
               std::strerror(number));
}

FileMark make_mark(const std::string& path, const struct stat& facts) {
  return {path, facts.st_dev, facts.st_ino, static_cast<uint64_t>(facts.st_size),
          int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec};
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }

 private:
  int number_;
};

// 0, or what went wrong. EIO where the file ended early: somebody cut it meanwhile.
int read_all(int from, std::byte* to, size_t size) {
  while (size > 0) {
    const ssize_t got = ::read(from, to, size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return EIO;
    to += got;
    size -= static_cast<size_t>(got);
  }
  return 0;
}

}  // namespace

Result<FileMark> mark_of(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return refuse(path, errno);
  if (!S_ISREG(facts.st_mode)) return refuse(path, S_ISDIR(facts.st_mode) ? EISDIR : EINVAL);
  return make_mark(path, facts);
}

Result<ModelFile> ModelFile::open(const std::string& path) {
  // Non-blocking, so that a pipe of that name does not hold the server up.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (file.get() < 0 || ::fstat(file.get(), &facts) != 0) return refuse(path, errno);
  if (!S_ISREG(facts.st_mode)) return refuse(path, S_ISDIR(facts.st_mode) ? EISDIR : EINVAL);
  ModelFile opened;
  const auto size = static_cast<size_t>(facts.st_size);
  if (size > kCopied) {
    void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (at == MAP_FAILED) return refuse(path, errno);
    opened.data_ = static_cast<std::byte*>(at);
    opened.mapped_ = true;
  } else {
    opened.data_ = static_cast<std::byte*>(std::aligned_alloc(64, (size + 64) / 64 * 64));
    if (opened.data_ == nullptr) return Status::out_of_memory();
    if (const int number = read_all(file.get(), opened.data_, size); number != 0)
      return refuse(path, number);
  }
  opened.size_ = size;
  return opened;
}

ModelFile::ModelFile(ModelFile&& other) noexcept { *this = std::move(other); }

ModelFile& ModelFile::operator=(ModelFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

ModelFile::~ModelFile() {
  if (mapped_)
    ::munmap(data_, size_);
  else
    std::free(data_);
}

}  // namespace mle::serve
