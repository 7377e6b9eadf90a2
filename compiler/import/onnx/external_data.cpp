// Walks a location component by component from the model's folder, so that no link is ever
// followed.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/external_data.h"

#include "compiler/import/onnx/text.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

constexpr const char* kKeepBeside = "external data must be a regular file below the model's folder";

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

Status cannot_open(const std::string& location) {
  const int number = errno;
  const bool link = number == ELOOP || number == ENOTDIR;
  return Status::make(number == ENOENT ? Code::NotFound : Code::Io, C211_ExternalData,
                      Status::kNoOffset,
                      "external data " + quoted(location) + ": " +
                          (link ? "a symbolic link on the way" : std::strerror(number)),
                      link ? kKeepBeside : "put the file where the model says, beside the model");
}

// Relative, without "..", ".", empty components or NUL.
bool is_plain_relative(std::string_view location) {
  if (location.empty() || location.find('\0') != location.npos) return false;
  while (true) {
    const size_t slash = location.find('/');
    const std::string_view component = location.substr(0, slash);
    if (component.empty() || component == "." || component == "..") return false;
    if (slash == location.npos) return true;
    location.remove_prefix(slash + 1);
  }
}

Result<Descriptor> open_below(const std::string& folder, const std::string& location) {
  Descriptor at(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!at.ok()) return cannot_open(location);
  size_t begin = 0;
  for (size_t slash; (slash = location.find('/', begin)) != location.npos; begin = slash + 1) {
    const std::string component = location.substr(begin, slash - begin);
    Descriptor next(
        ::openat(at.get(), component.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next.ok()) return cannot_open(location);
    at = std::move(next);
  }
  // O_NONBLOCK: opening a pipe that somebody left there must not wait.
  Descriptor file(::openat(at.get(), location.c_str() + begin,
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.ok()) return cannot_open(location);
  return file;
}

bool parse_number(const std::string& text, uint64_t* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<ExternalData::Place> ExternalData::place_of(const onnx_pb::TensorProto& proto) {
  Place place;
  for (const onnx_pb::StringStringEntryProto& entry : proto.external_data()) {
    if (entry.key() == "location") {
      place.location = entry.value();
    } else if (entry.key() == "offset" || entry.key() == "length") {
      const bool is_length = entry.key() == "length";
      if (!parse_number(entry.value(), is_length ? &place.length : &place.offset))
        return broken(C211_ExternalData,
                      "external data with " + entry.key() + " " + quoted(entry.value()));
      place.has_length |= is_length;
    }
  }
  return place;
}

Result<Constant> ExternalData::map(const std::string& location) {
  if (const auto known = mapped_.find(location); known != mapped_.end()) return known->second;
  if (folder_.empty())
    return unsupported(C211_ExternalData,
                       "external data " + quoted(location) + " of a model in memory",
                       "convert the model from a file, so that its folder is known");
  if (!is_plain_relative(location))
    return broken(C211_ExternalData,
                  "external data " + quoted(location) + " leaves the model's folder", kKeepBeside);
  MLE_TRY_ASSIGN(const Descriptor file, open_below(folder_, location));
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return cannot_open(location);
  if (!S_ISREG(facts.st_mode))
    return broken(C211_ExternalData, "external data " + quoted(location) + " is no regular file",
                  kKeepBeside);
  const auto size = static_cast<size_t>(facts.st_size);
  Constant mapped;
  if (size > 0) {
    void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (start == MAP_FAILED) return cannot_open(location);
    mapped.owner = std::shared_ptr<const void>(
        start, [size](const void* block) { ::munmap(const_cast<void*>(block), size); });
    mapped.bytes = {static_cast<const std::byte*>(start), size};
  }
  mapped_.emplace(location, mapped);
  return mapped;
}

Result<Constant> ExternalData::read(const Place& place, uint64_t bytes) {
  if (place.has_length && place.length != bytes)
    return broken(C211_ExternalData, "external data of " + std::to_string(place.length) +
                                         " bytes, its shape wants " + std::to_string(bytes));
  MLE_TRY_ASSIGN(const Constant file, map(place.location));
  if (place.offset > file.bytes.size() || bytes > file.bytes.size() - place.offset)
    return broken(C211_ExternalData,
                  "external data " + quoted(place.location) + " is shorter than the model says",
                  "the file is cut off or belongs to another model");
  return Constant{file.owner, file.bytes.subspan(place.offset, bytes)};
}

}  // namespace mle::compiler::onnx
