// Regions: shared memory that callers on the same machine registered, to pass tensors through.
// Promise: a region is read and written through its descriptor, never mapped: whoever cuts it short
// gets an error, and what was checked cannot change afterwards.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::serve {

struct RegionFacts {
  std::string name, key;
  uint64_t offset = 0, size = 0;
};

class Regions {
 public:
  Regions();
  Regions(const Regions&) = delete;
  Regions& operator=(const Regions&) = delete;
  ~Regions();

  // `key` names a POSIX shared memory object that holds all of it.
  Status add(RegionFacts facts);
  // "" takes out all.
  void remove(std::string_view name);
  // "" lists all; not ok where a name is none of theirs.
  Result<std::vector<RegionFacts>> list(std::string_view name) const;

  Status read(std::string_view name, uint64_t offset, std::span<std::byte> to) const;
  Status write(std::string_view name, uint64_t offset, std::string_view bytes) const;
  // Whether that many bytes lie within.
  Status check(std::string_view name, uint64_t offset, uint64_t size) const;

 private:
  struct Region;
  Result<std::shared_ptr<const Region>> find(std::string_view name, uint64_t offset,
                                             uint64_t size) const;

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Region>, std::less<>> regions_;
};

}  // namespace mle::serve
