// Many threads at once: models are shared, sessions have one owner, pools lend them out.
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "runtime/workers.h"
#include "tests/runtime/networks.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

namespace mle::testing {
namespace {

TEST_CASE("threads: sessions of one model on several threads give the same answers") {
  const std::vector<uint32_t> widths = {30, 70, 4};
  const TinyModel network = random_mlp(widths, 1);
  const Model model = load(network);
  const std::vector<float> rows = random_rows(30 * 40, 2);
  Session judge = Session::make(model).or_exit();
  const std::vector<float> expected = answers(judge, rows);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, copy = model] {
      for (int i = 0; i < 20; ++i) {
        Result<Session> session = Session::make(copy);
        std::vector<float> out(expected.size());
        if (!session || !session->run(rows, out).ok() || !same_bits(out, expected)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("threads: a session may move from thread to thread between calls") {
  const Model model = load(tiny_mlp());
  SessionOptions options;
  options.threads = 2;
  Session session = Session::make(model, options).or_exit();
  const std::vector<float> rows = random_rows(3 * 10, 1);
  const std::vector<float> expected = answers(session, rows);
  for (int i = 0; i < 4; ++i) {
    std::vector<float> out(expected.size());
    std::thread([&] { CHECK(session.run(rows, out).ok()); }).join();
    CHECK(same_bits(out, expected));
  }
}

TEST_CASE("threads: few rows of wide layers are shared by columns, with the bits of one thread") {
  // Weights of 1 MiB and more are worth it; the last share of a layer is not a whole one.
  for (const std::vector<uint32_t>& widths :
       {std::vector<uint32_t>{300, 1000, 410, 3}, std::vector<uint32_t>{600, 509}}) {
    const Model model = load(random_mlp(widths, 3));
    const size_t width = widths.front();
    const std::vector<float> rows = random_rows(width * 70, 4);
    Session alone = Session::make(model).or_exit();
    for (const int threads : {2, 5}) {
      SessionOptions options;
      options.threads = threads;
      Session shared = Session::make(model, options).or_exit();
      for (const size_t count : {1u, 2u, 9u, 63u, 64u, 70u, 1u}) {
        const std::span<const float> some = std::span(rows).first(width * count);
        CAPTURE(threads);
        CAPTURE(count);
        CHECK(same_bits(answers(shared, some), answers(alone, some)));
      }
      shared.set_profiling(true);
      answers(shared, std::span(rows).first(width));
      CHECK(shared.profile().front().calls == 1);
    }
  }
}

TEST_CASE("threads: workers do every row exactly once, fresh, spinning or parked") {
  struct Count {
    std::vector<std::atomic<int>> rows = std::vector<std::atomic<int>>(1000);
  };
  Count count;
  const Workers::Job job{[](void* context, size_t, size_t begin, size_t end) noexcept {
                           auto& c = *static_cast<Count*>(context);
                           for (size_t r = begin; r < end; ++r) ++c.rows[r];
                         },
                         &count};
  for (const size_t threads : {1u, 2u, 5u}) {
    std::vector<Workers::Thread> room(threads);
    Workers workers(room);
    REQUIRE(workers.start().ok());
    int rounds = 0;
    for (const auto pause : {0, 0, 0, 1000, 3000}) {
      for (const size_t rows : {1u, 7u, 1000u}) {
        for (auto& row : count.rows) row = 0;
        workers.run(job, rows, rows / 7 + 1);
        for (size_t r = 0; r < 1000; ++r) REQUIRE(count.rows[r] == (r < rows ? 1 : 0));
        ++rounds;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(pause));
    }
    for (int i = 0; i < effort(3000, 200); ++i) {  // calls that follow each other closely
      for (size_t r = 0; r < 40; ++r) count.rows[r] = 0;
      workers.run(job, 40, 3);
      for (size_t r = 0; r < 40; ++r) REQUIRE(count.rows[r] == 1);
    }
  }
}

TEST_CASE("threads: workers that never ran are joined") {
  const Model model = load(tiny_mlp());
  SessionOptions options;
  options.threads = 16;
  for (int i = 0; i < 5; ++i) CHECK(Session::make(model, options).has_value());
}

TEST_CASE("pool: lends each session to one holder at a time and is empty when all are out") {
  const Model model = load(tiny_mlp());
  SessionPool pool = SessionPool::make(model, 3).or_exit();
  CHECK(pool.size() == 3);
  SessionPool::Lease a = pool.take();
  SessionPool::Lease b = pool.take();
  SessionPool::Lease c = pool.take();
  REQUIRE((a && b && c));
  CHECK(std::set<Session*>{&*a, &*b, &*c}.size() == 3);
  CHECK_FALSE(pool.take());
  b = SessionPool::Lease();
  const SessionPool::Lease again = pool.take();
  CHECK(again);
  CHECK_FALSE(pool.take());
  SessionPool::Lease moved = std::move(a);
  CHECK_FALSE(a);  // NOLINT: empty after a move, as the header says
  c = std::move(moved);
  CHECK(answers(*c, random_rows(3, 1)).size() == 2);
  CHECK(pool.take());  // c's first session came back
}

TEST_CASE("pool: the number of sessions is bounded") {
  const Model model = load(tiny_mlp());
  CHECK(SessionPool::make(model, 0).error().rule() == format::rule::R103_Option);
  CHECK(SessionPool::make(model, 65536).error().rule() == format::rule::R103_Option);
  SessionOptions options;
  options.entry = "nothing";
  CHECK(SessionPool::make(model, 2, options).error().code() == Code::NotFound);
  SessionPool first = SessionPool::make(model, 1).or_exit();
  SessionPool second = SessionPool::make(model, 2).or_exit();
  first = std::move(second);
  CHECK(first.size() == 2);
}

TEST_CASE("pool: many threads take and give back without ever sharing a session") {
  const Model model = load(tiny_mlp());
  SessionPool pool = SessionPool::make(model, 3).or_exit();
  const std::vector<float> rows = random_rows(3 * 4, 1);
  Session judge = Session::make(model).or_exit();
  const std::vector<float> expected = answers(judge, rows);
  std::atomic<int> wrong = 0;
  std::atomic<int> runs = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::vector<float> out(expected.size());
      for (int i = 0; i < effort(3000, 200); ++i) {
        const SessionPool::Lease lease = pool.take();
        if (!lease) continue;
        ++runs;
        if (!lease->run(rows, out).ok() || !same_bits(out, expected)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(runs > 0);
  const SessionPool::Lease a = pool.take();
  const SessionPool::Lease b = pool.take();
  const SessionPool::Lease c = pool.take();
  CHECK((a && b && c));  // none was lost
}

}  // namespace
}  // namespace mle::testing
