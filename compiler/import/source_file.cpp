// SourceFile: a regular file as bytes, mapped read-only.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/importer.h"
#include "format/limits.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace mle::compiler {
namespace {

using enum format::rule::Rule;

// Closes when it goes.
struct Descriptor {
  int fd;
  explicit Descriptor(int opened) : fd(opened) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

Status unreadable(const std::string& path, const char* why) {
  const Code code = errno == ENOENT ? Code::NotFound : Code::Io;
  return error(code, C202_ReadSource, Status::kNoOffset, "check the path and its permissions",
               "%s: %s", path.c_str(), why);
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<SourceFile> SourceFile::open(const std::string& path) {
  // Without O_NONBLOCK a pipe would hang before we could refuse it.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd < 0) return unreadable(path, std::strerror(errno));
  struct stat facts;
  if (::fstat(file.fd, &facts) != 0) return unreadable(path, std::strerror(errno));
  if (!S_ISREG(facts.st_mode))
    return error(Code::Io, C202_ReadSource, Status::kNoOffset, "pass the path of a model file",
                 "%s: not a regular file", path.c_str());
  if (facts.st_size == 0)
    return error(Code::Corrupt, C204_Damaged, Status::kNoOffset, "copy or export it again",
                 "%s: the file is empty", path.c_str());
  const auto size = static_cast<uint64_t>(facts.st_size);
  if (size > format::kMaxTensorBytes)
    return error(Code::Unsupported, C203_SourceTooLarge, Status::kNoOffset, "",
                 "%s: %llu bytes, at most %llu are read", path.c_str(),
                 static_cast<unsigned long long>(size),
                 static_cast<unsigned long long>(format::kMaxTensorBytes));

  void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (bytes == MAP_FAILED) return unreadable(path, std::strerror(errno));
  SourceFile source;
  source.path = path;
  source.folder = folder_of(path);
  source.owner = std::shared_ptr<const void>(
      bytes, [size](const void* block) { ::munmap(const_cast<void*>(block), size); });
  source.bytes = {static_cast<const std::byte*>(bytes), size};
  source.mapped = true;
  return source;
}

void SourceFile::release() const {
  if (mapped) ::madvise(const_cast<std::byte*>(bytes.data()), bytes.size(), MADV_DONTNEED);
}

SourceFile SourceFile::from_bytes(std::string path, std::span<const std::byte> bytes) {
  auto copy = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
  SourceFile source;
  source.path = std::move(path);
  source.bytes = *copy;
  source.owner = std::move(copy);
  return source;
}

}  // namespace mle::compiler
