// SessionPool: a list of free sessions that threads take from and give back to without a lock.
// SPDX-License-Identifier: Apache-2.0
#include <mle/session_pool.h>

#include "format/rules.h"
#include "runtime/memory/allocate.h"
#include "runtime/memory/bump.h"
#include "runtime/memory/pool.h"

#include <atomic>
#include <new>
#include <optional>
#include <utility>

namespace mle {
namespace detail {

// Free sessions form a stack: head_ is the index of the top one, next[i] that of the one below i.
// The upper half of head_ counts every change, so that a head seen earlier is never mistaken for
// the same one come again.
struct PoolState {
  explicit PoolState(memory::Bump bump) noexcept : memory(std::move(bump)) {}
  ~PoolState() {
    for (size_t i = 0; i < size; ++i) sessions[i].~Session();
  }

  static constexpr uint32_t kNone = ~uint32_t{0};

  memory::Bump memory;  // holds this too
  size_t size = 0;      // sessions made so far
  Session* sessions = nullptr;
  std::atomic<uint32_t>* next = nullptr;
  alignas(64) std::atomic<uint64_t> head = kNone;

  uint32_t pop() noexcept {
    uint64_t old = head.load(std::memory_order_acquire);
    while (true) {
      const uint32_t top = static_cast<uint32_t>(old);
      if (top == kNone) return kNone;
      const uint32_t below = next[top].load(std::memory_order_relaxed);
      if (head.compare_exchange_weak(old, changed(old, below), std::memory_order_acq_rel,
                                     std::memory_order_acquire)) {
        return top;
      }
    }
  }

  void push(uint32_t index) noexcept {
    uint64_t old = head.load(std::memory_order_relaxed);
    do {
      next[index].store(static_cast<uint32_t>(old), std::memory_order_relaxed);
    } while (!head.compare_exchange_weak(old, changed(old, index), std::memory_order_release,
                                         std::memory_order_relaxed));
  }

 private:
  static uint64_t changed(uint64_t old, uint32_t index) noexcept {
    return ((old >> 32) + 1) << 32 | index;
  }
};

}  // namespace detail

using detail::PoolState;

namespace {

constexpr size_t kMaxSessions = 65535;

void destroy(PoolState* state) noexcept {
  memory::Bump last = std::move(state->memory);  // the state lies in it
  state->~PoolState();
}

Status fill(PoolState& state, const Model& model, size_t sessions,
            const SessionOptions& options) noexcept {
  void* room = state.memory.take_for<Session>(sessions);
  state.next = state.memory.make<std::atomic<uint32_t>>(sessions);
  if (room == nullptr || state.next == nullptr) return Status::out_of_memory();
  state.sessions = static_cast<Session*>(room);
  for (size_t i = 0; i < sessions; ++i) {
    MLE_TRY_ASSIGN(Session session, Session::make(model, options));
    ::new (static_cast<void*>(state.sessions + i)) Session(std::move(session));
    ++state.size;
    state.push(static_cast<uint32_t>(i));
  }
  return {};
}

}  // namespace

Result<SessionPool> SessionPool::make(const Model& model, size_t sessions,
                                      const SessionOptions& options) noexcept {
  if (sessions < 1 || sessions > kMaxSessions) {
    return error(Code::InvalidArgument, format::rule::R103_Option, Status::kNoOffset,
                 "ask for 1 to 65535 sessions", "SessionPool: %zu sessions are not in 1..65535",
                 sessions);
  }
  // The caller's allocator where there is one, else the pool of this build.
  SessionOptions own = options;
  const bool has_allocator =
      options.allocator.allocate != nullptr || options.allocator.release != nullptr;
  const std::optional<memory::Pool> pool = has_allocator ? std::nullopt : memory::make_pool();
  if (pool) own.allocator = pool->allocator();
  if (!pool && !has_allocator) return Status::out_of_memory();
  if (!memory::is_sound(own.allocator)) return Session::make(model, own).error();
  memory::Bump bump(own.allocator, sizeof(PoolState) + sessions * (sizeof(Session) + 4) + 256,
                    SIZE_MAX);
  void* at = bump.take_for<PoolState>();
  if (at == nullptr) return Status::out_of_memory();
  PoolState* state = ::new (at) PoolState(std::move(bump));
  Status status = fill(*state, model, sessions, own);
  if (status.ok()) return SessionPool(state);
  destroy(state);
  return status;
}

SessionPool::SessionPool(SessionPool&& other) noexcept
    : state_(std::exchange(other.state_, nullptr)) {}

SessionPool& SessionPool::operator=(SessionPool&& other) noexcept {
  SessionPool taken(std::move(other));
  std::swap(state_, taken.state_);
  return *this;
}

SessionPool::~SessionPool() {
  if (state_ != nullptr) destroy(state_);
}

SessionPool::Lease SessionPool::take() noexcept {
  const uint32_t index = state_->pop();
  return index == PoolState::kNone ? Lease() : Lease(state_, index);
}

size_t SessionPool::size() const noexcept { return state_->size; }

SessionPool::Lease& SessionPool::Lease::operator=(Lease&& other) noexcept {
  Lease taken(std::move(other));
  std::swap(pool_, taken.pool_);
  std::swap(index_, taken.index_);
  return *this;
}

SessionPool::Lease::~Lease() {
  if (pool_ != nullptr) pool_->push(index_);
}

Session& SessionPool::Lease::operator*() const noexcept { return pool_->sessions[index_]; }

Session* SessionPool::Lease::operator->() const noexcept { return &pool_->sessions[index_]; }

}  // namespace mle
