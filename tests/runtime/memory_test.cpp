// Memory: what run() takes (nothing), and what happens when there is none.
// SPDX-License-Identifier: Apache-2.0
#include <mle/c.h>

#include "runtime/memory/pool.h"
#include "tests/runtime/networks.h"
#include "tests/support/no_alloc.h"
#include "tests/support/sanitizers.h"

#include <doctest/doctest.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace mle::testing {
namespace {

// An allocator that fails from the n-th allocation on and knows what is still out.
struct Meter {
  size_t allocations = 0;
  size_t fail_at = SIZE_MAX;
  size_t blocks_out = 0;
  size_t bytes_out = 0;

  Allocator allocator() {
    Allocator hook;
    hook.context = this;
    hook.allocate = [](void* context, size_t bytes, size_t align) -> void* {
      Meter& meter = *static_cast<Meter*>(context);
      if (meter.allocations++ >= meter.fail_at) return nullptr;
      ++meter.blocks_out;
      meter.bytes_out += bytes;
      return std::aligned_alloc(align, (bytes + align - 1) / align * align);
    };
    hook.release = [](void* context, void* block, size_t bytes, size_t) {
      Meter& meter = *static_cast<Meter*>(context);
      --meter.blocks_out;
      meter.bytes_out -= bytes;
      std::free(block);
    };
    return hook;
  }
};

// Calls work(n) with a meter that fails at n = 0, 1, 2, … until it succeeds.
template <class Work>
size_t fail_everywhere(Work&& work) {
  for (size_t n = 0;; ++n) {
    REQUIRE(n < 100);
    Meter meter;
    meter.fail_at = n;
    const Status status = work(meter);
    CHECK(meter.blocks_out == 0);
    CHECK(meter.bytes_out == 0);
    if (status.ok()) return n;
    CHECK(status.code() == Code::OutOfMemory);
  }
}

TEST_CASE("memory: load takes a handful of blocks, and any of them may be missing") {
  const AlignedBytes bytes = make_file(every_op(20, 1));
  const size_t blocks = fail_everywhere([&](Meter& meter) -> Status {
    LoadOptions options;
    options.copy = true;
    options.allocator = meter.allocator();
    MLE_TRY_ASSIGN(const Model model, Model::from_memory(bytes.span(), options));
    CHECK(model.memory().own_bytes == meter.bytes_out);
    return {};
  });
  CHECK(blocks <= 16);
}

TEST_CASE("memory: a session takes a handful of blocks, and any of them may be missing") {
  const Model model = load(every_op(20, 1));
  for (const int threads : {1, 3}) {
    const size_t blocks = fail_everywhere([&](Meter& meter) -> Status {
      SessionOptions options;
      options.threads = threads;
      options.allocator = meter.allocator();
      MLE_TRY_ASSIGN(const Session session, Session::make(model, options));
      CHECK(session.memory() == meter.bytes_out);
      return {};
    });
    CHECK(blocks <= 4);
  }
}

TEST_CASE("memory: any block of a session pool may be missing") {
  const Model model = load(tiny_mlp());
  fail_everywhere([&](Meter& meter) -> Status {
    SessionOptions options;
    options.allocator = meter.allocator();
    MLE_TRY_ASSIGN(const SessionPool pool, SessionPool::make(model, 5, options));
    CHECK(pool.size() == 5);
    return {};
  });
}

TEST_CASE("memory: the C API survives when malloc and new fail at any point") {
  const AlignedBytes bytes = make_file(tiny_mlp());
  const float in[3] = {1, 2, 3};
  float out[2] = {};
  for (size_t n = 0;; ++n) {
    REQUIRE(n < 100);
    mle_model* model = nullptr;
    mle_session* session = nullptr;
    mle_error problem = {};
    mle_code code = MLE_OK;
    bool happened = false;
    {
      const FailingAllocations failing(n);
      code = mle_model_from_memory(bytes.data(), bytes.size(), nullptr, &model, &problem);
      if (code == MLE_OK) code = mle_session_create(model, nullptr, &session, &problem);
      if (code == MLE_OK) code = mle_session_run(session, in, 3, out, 2, &problem);
      happened = failing.happened();
    }
    mle_session_destroy(session);
    mle_model_destroy(model);
    if (!happened) {
      CHECK(code == MLE_OK);
      break;
    }
    CHECK(code == MLE_OUT_OF_MEMORY);
    CHECK(problem.code == MLE_OUT_OF_MEMORY);
    CHECK(std::strlen(problem.message) > 0);
  }
}

TEST_CASE("memory: an error is an error even when there is no memory for its message") {
  const FailingAllocations failing(0);
  const Status status = error(Code::NotFound, 7, 8, "hint", "message %d", 9);
  CHECK_FALSE(status.ok());
  CHECK(status.code() == Code::OutOfMemory);
}

// Every way to call run(), over a network of every op.
void run_all_ways(Session& session, Session& general, std::span<const float> rows,
                  std::span<const double> doubles, std::span<float> out) {
  CHECK(session.run(rows, out).ok());
  CHECK(session.run(rows.first(20), out.first(20)).ok());
  CHECK(general.run({doubles}, {out}).ok());
  const In strided(DType::F32, rows.data(), rows.size() / 2, 160);
  CHECK(general.run({strided}, {out.first(out.size() / 2)}).ok());
}

TEST_CASE("memory: a succeeding run allocates nothing, with one thread or several") {
  const Model model = load(every_op(20, 1));
  const std::vector<float> rows = random_rows(20 * 200, 1);
  const std::vector<double> doubles(rows.begin(), rows.end());
  std::vector<float> out(rows.size());
  for (const int threads : {1, 3}) {
    SessionOptions options;
    options.threads = threads;
    Session session = Session::make(model, options).or_exit();
    session.set_profiling(threads == 1);
    const size_t before = allocation_count();
    run_all_ways(session, session, rows, doubles, out);
    CHECK(allocation_count() == before);
    const size_t profile = session.profile().size();
    CHECK(allocation_count() == before);
    CHECK((profile > 0) == (threads == 1));
  }
}

// Sanitizers make system calls of their own.
#if !MLE_SANITIZED
TEST_CASE("memory: taking a session from a pool and giving it back allocates nothing") {
  const Model model = load(tiny_mlp());
  SessionPool pool = SessionPool::make(model, 2).or_exit();
  const size_t before = allocation_count();
  for (int i = 0; i < 10; ++i) {
    const SessionPool::Lease a = pool.take();
    const SessionPool::Lease b = pool.take();
    const SessionPool::Lease none = pool.take();
    CHECK((a && b && !none));
  }
  CHECK(allocation_count() == before);
}

TEST_CASE("memory: a run on one thread makes no system call") {
  const Model model = load(every_op(20, 1));
  Session session = Session::make(model).or_exit();
  const std::vector<float> rows = random_rows(20 * 200, 1);
  std::vector<float> out(rows.size());
  const pid_t child = ::fork();
  if (child == 0) {
    // From here on the kernel kills whoever asks it for more than read, write or exit.
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) ::_exit(2);
    bool good = true;
    for (int i = 0; i < 10; ++i) good = good && session.run(rows, out).ok();
    ::syscall(SYS_exit, good ? 0 : 1);
  }
  int ended = 0;
  REQUIRE(::waitpid(child, &ended, 0) == child);
  if (WIFEXITED(ended) && WEXITSTATUS(ended) == 2) {
    MESSAGE("skipped: the kernel has no seccomp");
    return;
  }
  CHECK(WIFEXITED(ended));
  CHECK(ended == 0);
}
#endif

TEST_CASE("memory: a pool's memory may be released by other threads and after the pool") {
  for (auto make : {memory::make_malloc_pool, memory::make_mimalloc_pool, memory::make_pool}) {
    std::optional<memory::Pool> pool = make();
    if (!pool) continue;  // no mimalloc in this build
    const Allocator allocator = pool->allocator();
    void* first = allocator.allocate(allocator.context, 1000, 64);
    void* second = allocator.allocate(allocator.context, 100000, 4096);
    REQUIRE(first != nullptr);
    REQUIRE(second != nullptr);
    CHECK(reinterpret_cast<uintptr_t>(first) % 64 == 0);
    CHECK(reinterpret_cast<uintptr_t>(second) % 4096 == 0);
    std::memset(first, 1, 1000);
    std::memset(second, 2, 100000);
    pool.reset();
    CHECK(static_cast<unsigned char*>(second)[99999] == 2);
    std::thread([&] { allocator.release(allocator.context, first, 1000, 64); }).join();
    allocator.release(allocator.context, second, 100000, 4096);
  }
}

}  // namespace
}  // namespace mle::testing
