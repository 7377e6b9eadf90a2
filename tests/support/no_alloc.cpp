// The linker sends calls to f in the test's objects to __wrap_f (ld --wrap). Unlike replacing
// malloc this leaves the sanitizers alone.
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/no_alloc.h"

#include <cstdint>
#include <new>

namespace mle::testing {
namespace {

thread_local size_t count = 0;
thread_local size_t fail_at = SIZE_MAX;
thread_local bool failed = false;

bool allowed() noexcept {
  if (count++ < fail_at) return true;
  failed = true;
  return false;
}

}  // namespace

size_t allocation_count() noexcept { return count; }

FailingAllocations::FailingAllocations(size_t n) noexcept {
  failed = false;
  fail_at = count + n;
}

FailingAllocations::~FailingAllocations() { fail_at = SIZE_MAX; }

bool FailingAllocations::happened() const noexcept { return failed; }

}  // namespace mle::testing

using mle::testing::allowed;

extern "C" {

void* __real_malloc(size_t bytes);
void* __real_calloc(size_t n, size_t bytes);
void* __real_realloc(void* block, size_t bytes);
void* __real_aligned_alloc(size_t align, size_t bytes);
int __real_posix_memalign(void** block, size_t align, size_t bytes);
void* __real__Znwm(size_t bytes);
void* __real__Znam(size_t bytes);
void* __real__ZnwmRKSt9nothrow_t(size_t bytes, const std::nothrow_t&);
void* __real__ZnamRKSt9nothrow_t(size_t bytes, const std::nothrow_t&);

void* __wrap_malloc(size_t bytes) { return allowed() ? __real_malloc(bytes) : nullptr; }

void* __wrap_calloc(size_t n, size_t bytes) {
  return allowed() ? __real_calloc(n, bytes) : nullptr;
}

void* __wrap_realloc(void* block, size_t bytes) {
  return allowed() ? __real_realloc(block, bytes) : nullptr;
}

void* __wrap_aligned_alloc(size_t align, size_t bytes) {
  return allowed() ? __real_aligned_alloc(align, bytes) : nullptr;
}

int __wrap_posix_memalign(void** block, size_t align, size_t bytes) {
  return allowed() ? __real_posix_memalign(block, align, bytes) : 12;  // ENOMEM
}

// Those that may throw are counted but never fail: only the test itself uses them.
void* __wrap__Znwm(size_t bytes) {
  allowed();
  return __real__Znwm(bytes);
}

void* __wrap__Znam(size_t bytes) {
  allowed();
  return __real__Znam(bytes);
}

void* __wrap__ZnwmRKSt9nothrow_t(size_t bytes, const std::nothrow_t& tag) {
  return allowed() ? __real__ZnwmRKSt9nothrow_t(bytes, tag) : nullptr;
}

void* __wrap__ZnamRKSt9nothrow_t(size_t bytes, const std::nothrow_t& tag) {
  return allowed() ? __real__ZnamRKSt9nothrow_t(bytes, tag) : nullptr;
}

}  // extern "C"
