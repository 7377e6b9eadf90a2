// The only file of the runtime that knows the operating system's files.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/load/mapped_file.h"

#include "format/layout.h"
#include "format/limits.h"
#include "format/rules.h"
#include "runtime/memory/allocate.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace mle::load {
namespace {

using format::kAlignment;
using format::rule::R101_Open;
using format::rule::R104_Alignment;
using format::rule::R114_NullData;

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const noexcept { return number_; }

 private:
  int number_;
};

Status system_error(const char* path, const char* what, int number) noexcept {
  const char* reason = ::strerrordesc_np(number);
  if (reason == nullptr) reason = "unknown error";
  const bool missing = number == ENOENT || number == ENOTDIR;
  return error(missing ? Code::NotFound : Code::Io, R101_Open, Status::kNoOffset,
               missing ? "check the path" : "check the file and its permissions", "%s: %s: %s",
               path, what, reason);
}

// Folders, pipes and devices have no size or no bytes; only then is asked what the path names.
Status want_regular(const char* path, const Descriptor& file) noexcept {
  struct stat facts;
  if (::fstat(file.number(), &facts) != 0 || S_ISREG(facts.st_mode)) return {};
  return error(Code::Io, R101_Open, Status::kNoOffset, "give the path of a .mle file",
               "%s: is not a regular file", path);
}

Status no_file(const char* path, const Descriptor& file, const char* what, int number) noexcept {
  MLE_TRY(want_regular(path, file));
  return system_error(path, what, number);
}

// The first bytes of a file.
Status read(const char* path, const Descriptor& file, std::span<std::byte> to) noexcept {
  size_t done = 0;
  while (done < to.size()) {
    const ssize_t got =
        ::pread(file.number(), to.data() + done, to.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return no_file(path, file, "cannot read", errno);
    if (got == 0) {
      return error(Code::Io, R101_Open, Status::kNoOffset,
                   "replace model files by rename, never in place",
                   "%s: became shorter while it was read", path);
    }
    done += static_cast<size_t>(got);
  }
  return {};
}

}  // namespace

Result<MappedFile> MappedFile::open(const char* path, Populate populate, const Allocator& allocator,
                                    Front& front) noexcept {
  // Without O_NONBLOCK, opening a named pipe would wait for its writer.
  const Descriptor file(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) return system_error(path, "cannot open", errno);
  // The end of a file is where its size is told soonest: half a system call of fstat's.
  const off_t end = ::lseek(file.number(), 0, SEEK_END);
  if (end < 0) return no_file(path, file, "cannot find the end", errno);
  const size_t size = static_cast<size_t>(end);
  if (size <= format::kReadWhole) {
    MLE_TRY_ASSIGN(MappedFile whole, allocate(size, allocator));
    if (size == 0) MLE_TRY(want_regular(path, file));
    MLE_TRY(read(path, file, {whole.data_, size}));
    return whole;
  }
  static_assert(sizeof front.data <= format::kReadWhole);
  MLE_TRY(read(path, file, front.data));
  front.size = sizeof front.data;

  const int flags = MAP_PRIVATE | (populate == Populate::Always ? MAP_POPULATE : 0);
  void* at = ::mmap(nullptr, size, PROT_READ, flags, file.number(), 0);
  if (at == MAP_FAILED) return system_error(path, "cannot map", errno);
  return MappedFile(static_cast<std::byte*>(at), size, Home::Mapped, 0, allocator);
}

Result<MappedFile> MappedFile::from_memory(std::span<const std::byte> bytes, bool copy,
                                           const Allocator& allocator) noexcept {
  if (bytes.data() == nullptr && !bytes.empty()) {
    return error(Code::InvalidArgument, R114_NullData, Status::kNoOffset, "pass the file's bytes",
                 "from_memory: data is null, size is %zu", bytes.size());
  }
  if (copy) {
    MLE_TRY_ASSIGN(MappedFile file, allocate(bytes.size(), allocator));
    if (!bytes.empty()) std::memcpy(file.data_, bytes.data(), bytes.size());
    return file;
  }
  if (reinterpret_cast<uintptr_t>(bytes.data()) % kAlignment != 0) {
    return error(Code::InvalidArgument, R104_Alignment, Status::kNoOffset,
                 "align the buffer to 64 bytes, or set LoadOptions::copy",
                 "from_memory: the bytes are not 64-byte aligned");
  }
  // Never written through: a MappedFile only gives out const bytes.
  return MappedFile(const_cast<std::byte*>(bytes.data()), bytes.size(), Home::Borrowed, 0,
                    allocator);
}

Result<MappedFile> MappedFile::allocate(size_t size, const Allocator& allocator) noexcept {
  if (size > SIZE_MAX - kAlignment) return Status::out_of_memory();
  const size_t block_bytes = size == 0 ? kAlignment : format::round_up(size, kAlignment);
  void* block = memory::allocate(allocator, block_bytes, kAlignment);
  if (block == nullptr) return Status::out_of_memory();
  return MappedFile(static_cast<std::byte*>(block), size, Home::Allocated, block_bytes, allocator);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      home_(std::exchange(other.home_, Home::Borrowed)),
      block_bytes_(other.block_bytes_),
      allocator_(other.allocator_) {}

MappedFile::~MappedFile() {
  if (home_ == Home::Mapped) ::munmap(data_, size_);
  if (home_ == Home::Allocated) memory::release(allocator_, data_, block_bytes_, kAlignment);
}

}  // namespace mle::load
