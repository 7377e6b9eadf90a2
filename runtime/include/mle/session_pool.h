// SessionPool: ready Sessions of one Model for many threads.
// Promise: take() never waits, locks or allocates.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mle/export.h"
#include "mle/session.h"

#include <cstddef>
#include <utility>

namespace mle {

namespace detail {
struct PoolState;  // private to the runtime
}

// A resource: move-only. take() may be called from any thread at any time; the pool must outlive
// its leases.
class MLE_API SessionPool {
 public:
  // A borrowed session, given back when the lease ends. Empty when all were out.
  class MLE_API Lease {
   public:
    Lease() noexcept = default;
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), index_(other.index_) {}
    Lease& operator=(Lease&& other) noexcept;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();

    explicit operator bool() const noexcept { return pool_ != nullptr; }
    Session& operator*() const noexcept;   // only when not empty
    Session* operator->() const noexcept;  // only when not empty

   private:
    friend class SessionPool;
    Lease(detail::PoolState* pool, uint32_t index) noexcept : pool_(pool), index_(index) {}
    detail::PoolState* pool_ = nullptr;
    uint32_t index_ = 0;
  };

  // Makes all `sessions` (1..65535) at once; options as for Session::make. Fails as that does.
  static Result<SessionPool> make(const Model& model, size_t sessions,
                                  const SessionOptions& options = {}) noexcept;

  SessionPool(SessionPool&& other) noexcept;
  SessionPool& operator=(SessionPool&& other) noexcept;
  SessionPool(const SessionPool&) = delete;
  SessionPool& operator=(const SessionPool&) = delete;
  ~SessionPool();  // no lease may be out

  // Lock-free; an empty lease when all sessions are out.
  Lease take() noexcept;
  size_t size() const noexcept;

 private:
  explicit SessionPool(detail::PoolState* state) noexcept : state_(state) {}
  detail::PoolState* state_ = nullptr;
};

}  // namespace mle
