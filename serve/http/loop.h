// HttpLoop: one thread, one epoll, many connections.
// Promise: whatever arrived in one turn is served as one, and a turn is short whatever that is:
// what takes long to read is read elsewhere. Answers come from any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/http/connection.h"
#include "serve/http/exchange.h"
#include "serve/http/reader.h"
#include "serve/protocol/service.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mle::serve {

// What a front counts, beside the models.
struct HttpCounters {
  static constexpr size_t kClasses = 5;  // 1xx to 5xx
  std::array<Count, kClasses> replies{};
  Count open{0}, accepted{0}, refused{0};
};

struct HttpShare {
  Service& service;
  HttpLimits limits;
  size_t most_connections = 4096;  // of all loops
  int listener = -1;
  HttpCounters& counters;
  TlsContext* tls = nullptr;   // none: plain text
  bool metrics_alone = false;  // and health: nothing else is answered
};

class HttpLoop {
 public:
  explicit HttpLoop(const HttpShare& share);
  HttpLoop(const HttpLoop&) = delete;
  HttpLoop& operator=(const HttpLoop&) = delete;
  ~HttpLoop();

  Service& service() noexcept { return share_.service; }
  const HttpLimits& limits() const noexcept { return share_.limits; }
  bool good() const noexcept { return epoll_ >= 0 && wake_ >= 0; }
  void start();
  // Any thread: no new connections, the next answer on each is its last, idle ones are closed soon;
  // whatever is left at the deadline is cut off.
  void drain(Clock::time_point deadline);
  void join();

  // Any thread: the reply of an exchange is there.
  void hear(Exchange& exchange) noexcept;

  // The loop's thread, for its connections.
  bool draining() const noexcept { return draining_; }
  Exchange& take_exchange();
  void give_back(Exchange& exchange);
  void begin(Exchange& exchange, const HttpHead& head);
  void touch(Connection& connection);
  void count_reply(int status) noexcept;

 private:
  void run() noexcept;
  void turn(int wait_ms);
  void accept_all();
  void take_in(int socket, bool local);
  void begin_inference(Exchange& exchange, const HttpHead& head);
  void serve_all();
  void hear_all();
  void look_at_touched();
  void on_event(Connection& connection, uint32_t events, size_t most_bytes);
  void look_at_clock();
  void watch(Connection& connection);
  void free_unused(Connection& connection);
  void wake() noexcept;

  const HttpShare share_;
  int epoll_ = -1, wake_ = -1, spare_ = -1;
  bool listens_ = false;
  bool draining_ = false;
  Connection* connections_ = nullptr;
  std::vector<std::unique_ptr<Exchange>> resting_;
  size_t under_way_ = 0;  // exchanges
  std::vector<Connection*> touched_, looking_;
  std::vector<Request*> drained_;
  ReadingShare reading_;
  Workspace workspace_;
  std::vector<char> space_;
  std::atomic<Exchange*> told_{nullptr};
  std::atomic<int> telling_{0};  // threads in hear()
  std::mutex mutex_;
  Clock::time_point end_by_ = Clock::time_point::max();  // guarded
  bool asked_to_drain_ = false;                          // guarded
  Clock::time_point drain_by_ = Clock::time_point::max();
  Clock::time_point drained_since_, next_look_;
  std::thread::id self_;
  std::thread thread_;
};

}  // namespace mle::serve
