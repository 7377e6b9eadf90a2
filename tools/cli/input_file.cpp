// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/input_file.h"

#include "format/rules.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mle::tools {
namespace {

Status io_error(const std::string& path, int number) {
  const bool missing = number == ENOENT || number == ENOTDIR;
  return Status::make(missing ? Code::NotFound : Code::Io, format::rule::T302_ReadRows,
                      Status::kNoOffset, path + ": " + std::strerror(number),
                      missing ? "check the path" : "check that the file can be read");
}

// Descriptor and mapping together.
struct Opened {
  int descriptor = -1;
  void* address = nullptr;
  size_t length = 0;
  ~Opened() {
    if (address != nullptr) munmap(address, length);
    if (descriptor > STDIN_FILENO) close(descriptor);
  }
};

}  // namespace

Result<InputFile> InputFile::open(const std::string& path) { return open_as(path, false); }

Result<InputFile> InputFile::open_regular(const std::string& path) { return open_as(path, true); }

Result<InputFile> InputFile::open_as(const std::string& path, bool regular) {
  auto opened = std::make_shared<Opened>();
  // Without O_NONBLOCK, opening a named pipe would wait for its writer.
  const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (regular ? O_NONBLOCK : 0);
  opened->descriptor = path == "-" ? STDIN_FILENO : ::open(path.c_str(), flags);
  struct stat facts {};
  if (opened->descriptor < 0 || fstat(opened->descriptor, &facts) != 0)
    return io_error(path, errno);
  if (regular && !S_ISREG(facts.st_mode))
    return Status::make(Code::Io, format::rule::T302_ReadRows, Status::kNoOffset,
                        path + ": is not a regular file", "give the path of a file");
  if (S_ISDIR(facts.st_mode)) return io_error(path, EISDIR);
  InputFile file;
  file.path_ = path;
  file.descriptor_ = opened->descriptor;
  file.mapped_ = S_ISREG(facts.st_mode);
  if (file.mapped_ && facts.st_size > 0) {
    opened->length = static_cast<size_t>(facts.st_size);
    void* address = mmap(nullptr, opened->length, PROT_READ, MAP_PRIVATE, opened->descriptor, 0);
    if (address == MAP_FAILED) return io_error(path, errno);
    opened->address = address;
    file.bytes_ = {static_cast<const std::byte*>(address), opened->length};
  }
  file.owner_ = std::move(opened);
  return file;
}

CsvReader::Source InputFile::source() const {
  return [owner = owner_, path = path_,
          descriptor = descriptor_](std::span<char> to) -> Result<size_t> {
    for (;;) {
      const ssize_t got = read(descriptor, to.data(), to.size());
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EINTR) return io_error(path, errno);
    }
  };
}

void release_pages(std::span<const std::byte> bytes) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(bytes.data());
  // The page that the next bytes share stays; the one before these has been read.
  const uintptr_t first = begin / page * page, end = (begin + bytes.size()) / page * page;
  auto* from = const_cast<std::byte*>(bytes.data()) - (begin - first);
  if (!bytes.empty() && end > first) madvise(from, end - first, MADV_DONTNEED);
}

bool same_file(const std::string& a, const std::string& b) {
  struct stat first {
  }, second{};
  return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 && S_ISREG(first.st_mode) &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

Result<std::string> read_text_file(const std::string& path, size_t most) {
  MLE_TRY_ASSIGN(const InputFile file, InputFile::open(path));
  const CsvReader::Source source = file.source();
  std::string text;
  char chunk[4096];
  for (;;) {
    MLE_TRY_ASSIGN(const size_t got, source(chunk));
    if (got == 0) return text;
    text.append(chunk, got);
    if (text.size() > most)
      return Status::make(Code::InvalidArgument, format::rule::T302_ReadRows, Status::kNoOffset,
                          path + ": is longer than " + std::to_string(most) + " bytes",
                          "is it the right file?");
  }
}

}  // namespace mle::tools
