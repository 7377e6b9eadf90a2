// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/output_file.h"

#include "format/rules.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace mle::compiler {
namespace {

Status failed(const std::string& path, const char* doing, int reason) {
  return error(Code::Io, format::rule::C217_WriteOutput, Status::kNoOffset,
               "check the path, its permissions and the space left", "%s: %s: %s", path.c_str(),
               doing, std::strerror(reason));
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "./" : path.substr(0, slash + 1);
}

// The permissions a newly created file would get.
mode_t usual_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

// The rename itself reaches the disk with the folder; not every file system can do that.
void sync_folder(const std::string& path) {
  const int fd = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

Result<OutputFile> OutputFile::create(const std::string& path, uint64_t size) {
  struct stat facts;
  if (::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode))
    return failed(path, "is no regular file", S_ISDIR(facts.st_mode) ? EISDIR : EINVAL);

  OutputFile file;
  file.path_ = path;
  std::string name = folder_of(path) + ".mle-XXXXXX";
  file.fd_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (file.fd_ < 0) return failed(path, "cannot create a file beside it", errno);
  file.temporary_ = std::move(name);

  const auto length = static_cast<off_t>(size);
  if (::fchmod(file.fd_, usual_mode()) != 0) return failed(path, "cannot set permissions", errno);
  if (::ftruncate(file.fd_, length) != 0) return failed(path, "cannot set its size", errno);
  const int reserved = size == 0 ? 0 : ::posix_fallocate(file.fd_, 0, length);
  if (reserved != 0 && reserved != EOPNOTSUPP && reserved != EINVAL)
    return failed(path, "cannot reserve its space", reserved);
  if (size != 0) {
    void* mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd_, 0);
    if (mapped == MAP_FAILED) return failed(path, "cannot map it", errno);
    file.bytes_ = static_cast<std::byte*>(mapped);
    file.size_ = size;
  }
  return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::exchange(other.fd_, -1)),
      bytes_(std::exchange(other.bytes_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

OutputFile::~OutputFile() {
  if (bytes_ != nullptr) ::munmap(bytes_, size_);
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status OutputFile::commit() {
  if (bytes_ != nullptr && ::msync(bytes_, size_, MS_SYNC) != 0)
    return failed(path_, "cannot write", errno);
  if (::fsync(fd_) != 0) return failed(path_, "cannot write", errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    return failed(path_, "cannot rename to it", errno);
  temporary_.clear();
  sync_folder(path_);
  return {};
}

}  // namespace mle::compiler
