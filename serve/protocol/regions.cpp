// SPDX-License-Identifier: Apache-2.0
#include "serve/protocol/regions.h"

#include "format/rules.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace mle::serve {
namespace {

constexpr size_t kMostRegions = 1024;

Status refuse(const std::string& what, const char* hint, Code code = Code::InvalidArgument) {
  return Status::make(code, format::rule::S418_SharedMemory, Status::kNoOffset, what, hint);
}

std::string quoted(std::string_view name) { return "'" + std::string(name.substr(0, 200)) + "'"; }

// One file of /dev/shm, whatever the key says.
bool is_plain(std::string_view key) {
  if (key.starts_with('/')) key.remove_prefix(1);
  return !key.empty() && key.size() < 200 && key != "." && key != ".." &&
         key.find('/') == std::string_view::npos && key.find('\0') == std::string_view::npos;
}

}  // namespace

struct Regions::Region {
  RegionFacts facts;
  int file = -1;

  Region(RegionFacts from, int descriptor) : facts(std::move(from)), file(descriptor) {}
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  ~Region() { ::close(file); }

  // What the object holds now.
  uint64_t bytes() const noexcept {
    struct stat now {};
    return ::fstat(file, &now) == 0 && S_ISREG(now.st_mode) ? static_cast<uint64_t>(now.st_size)
                                                            : 0;
  }
  bool whole() const noexcept {
    const uint64_t now = bytes();
    return facts.offset <= now && facts.size <= now - facts.offset;
  }
};

Regions::Regions() = default;
Regions::~Regions() = default;

Status Regions::add(RegionFacts facts) {
  const std::string who = "region " + quoted(facts.name) + ": ";
  if (facts.name.empty() || facts.name.size() > 200)
    return refuse("a region has no name, or too long a one", "give it a name");
  if (!is_plain(facts.key))
    return refuse(who + quoted(facts.key) + " is no name of shared memory",
                  "give the name that shm_open() took");
  std::string key = facts.key;
  if (!key.starts_with('/')) key.insert(0, 1, '/');
  const int file = ::shm_open(key.c_str(), O_RDWR | O_CLOEXEC, 0);
  if (file < 0)
    return refuse(who + "cannot open " + quoted(facts.key) + ": " + std::strerror(errno),
                  "make it first, readable and writable for the server",
                  errno == ENOENT ? Code::NotFound : Code::InvalidArgument);
  const auto region = std::make_shared<const Region>(std::move(facts), file);
  if (!region->whole())
    return refuse(who + "wants " + std::to_string(region->facts.size) + " bytes from " +
                      std::to_string(region->facts.offset) + ", there are " +
                      std::to_string(region->bytes()) + " in all",
                  "register what is there");
  const std::lock_guard lock(mutex_);
  if (regions_.contains(region->facts.name))
    return refuse(who + "is registered already", "unregister it first");
  if (regions_.size() >= kMostRegions)
    return refuse("there are too many regions", "unregister those that are over");
  regions_[region->facts.name] = region;
  return {};
}

void Regions::remove(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (name.empty())
    regions_.clear();
  else if (const auto at = regions_.find(name); at != regions_.end())
    regions_.erase(at);
}

Result<std::vector<RegionFacts>> Regions::list(std::string_view name) const {
  std::vector<RegionFacts> found;
  const std::lock_guard lock(mutex_);
  for (const auto& [each, region] : regions_)
    if (name.empty() || each == name) found.push_back(region->facts);
  if (found.empty() && !name.empty())
    return refuse("there is no region " + quoted(name), "register it first", Code::NotFound);
  return found;
}

Result<std::shared_ptr<const Regions::Region>> Regions::find(std::string_view name, uint64_t offset,
                                                             uint64_t size) const {
  std::shared_ptr<const Region> region;
  {
    const std::lock_guard lock(mutex_);
    const auto at = regions_.find(name);
    if (at != regions_.end()) region = at->second;
  }
  if (region == nullptr) return refuse("there is no region " + quoted(name), "register it first");
  if (offset > region->facts.size || size > region->facts.size - offset)
    return refuse("region " + quoted(name) + " has " + std::to_string(region->facts.size) +
                      " bytes, asked for " + std::to_string(size) + " from " +
                      std::to_string(offset),
                  "stay within the region");
  if (!region->whole())
    return refuse("region " + quoted(name) + " is shorter than when it was registered",
                  "keep the memory while it is registered");
  return region;
}

Status Regions::check(std::string_view name, uint64_t offset, uint64_t size) const {
  auto found = find(name, offset, size);
  return found ? Status() : std::move(found).error();
}

Status Regions::read(std::string_view name, uint64_t offset, std::span<std::byte> to) const {
  MLE_TRY_ASSIGN(const auto region, find(name, offset, to.size()));
  for (uint64_t at = region->facts.offset + offset; !to.empty();) {
    const ssize_t got = ::pread(region->file, to.data(), to.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return refuse("region " + quoted(name) + " cannot be read", "keep its memory");
    at += static_cast<uint64_t>(got);
    to = to.subspan(static_cast<size_t>(got));
  }
  return {};
}

Status Regions::write(std::string_view name, uint64_t offset, std::string_view bytes) const {
  MLE_TRY_ASSIGN(const auto region, find(name, offset, bytes.size()));
  for (uint64_t at = region->facts.offset + offset; !bytes.empty();) {
    const ssize_t put = ::pwrite(region->file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return refuse("region " + quoted(name) + " cannot be written", "keep its memory");
    at += static_cast<uint64_t>(put);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return {};
}

}  // namespace mle::serve
