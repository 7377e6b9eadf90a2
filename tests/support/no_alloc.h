// Counts allocations of this thread, and makes them fail on demand.
// Promise: sees every call to malloc and its kin, and to operator new, from the objects linked into
// the test itself, where tests/runtime/CMakeLists.txt wraps them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace mle::testing {

// Allocations of this thread, since it began.
size_t allocation_count() noexcept;

// While it lives, the n-th allocation of this thread (counted from 0) and all later ones fail.
class FailingAllocations {
 public:
  explicit FailingAllocations(size_t n) noexcept;
  FailingAllocations(const FailingAllocations&) = delete;
  FailingAllocations& operator=(const FailingAllocations&) = delete;
  ~FailingAllocations();
  // Whether any has failed.
  bool happened() const noexcept;
};

}  // namespace mle::testing
