// Connection: one caller's socket: bytes in, exchanges in the order they were asked, bytes out.
// Promise: answers leave in the order of the questions; what is kept of a slow caller is bounded.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/engine/request.h"
#include "serve/http/exchange.h"
#include "serve/http/reader.h"
#include "serve/http/tls.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mle::serve {

// Belongs to its loop's thread. Closed by the loop, which frees it once no exchange is under way.
class Connection {
 public:
  static constexpr size_t kMostPending = 64;              // asked and not yet answered
  static constexpr size_t kMostUnsent = size_t{1} << 20;  // then no further question is read

  // `tls`: null where plain text is spoken.
  Connection(HttpLoop& loop, int socket, bool local, const HttpLimits& limits, ByteBudget& budget,
             std::unique_ptr<TlsSession> tls);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Reads once what is there, and begins what it asks.
  void receive(char* space, size_t size);
  // Sends what is ready, in order, and not so much that others would wait for it.
  void send();
  // Nobody hears the answers any more.
  void give_up() noexcept;
  int socket() const noexcept { return socket_; }
  bool local() const noexcept { return local_; }
  bool over() const noexcept { return socket_ < 0; }
  bool unused() const noexcept { return over() && first_ == nullptr; }
  bool idle() const noexcept { return first_ == nullptr && unsent() == 0 && !reader_.started(); }
  bool wants_to_read() const noexcept;
  bool wants_to_write() const noexcept { return unsent() > 0 || shakes_hands(); }
  // What the other side is told before anything can be read.
  bool shakes_hands() const noexcept { return tls_ != nullptr && tls_->read_wants_to_write(); }
  // When patience with the caller ends.
  Clock::time_point deadline() const noexcept;
  Clock::time_point idle_since() const noexcept { return idle_since_; }
  // The deadline passed: what is said then, if anything, and the end.
  void too_slow();

  uint32_t watched = 0;                            // what epoll was told
  Connection *before = nullptr, *after = nullptr;  // in the loop's list
  bool touched = false;                            // in the loop's list of those to look at

 private:
  void feed(std::string_view bytes);
  void begin_exchange();
  void begin_refusal(const HttpRefusal& refusal);
  Exchange& append_exchange();
  void linger();
  void append_answer(Exchange& exchange);
  ssize_t send_some();
  size_t unsent() const noexcept { return out_.size() + behind_.size() - sent_; }
  void close() noexcept;

  HttpLoop& loop_;
  int socket_;
  const bool local_;
  std::unique_ptr<TlsSession> tls_;
  HttpReader reader_;
  std::string rest_;  // read and not yet looked at
  std::string out_;
  std::string behind_;  // a large body, which nothing is appended to
  ByteCharge out_charge_;
  size_t sent_ = 0;  // of both
  Exchange *first_ = nullptr, *last_ = nullptr;
  size_t pending_ = 0;
  bool read_all_ = false;       // nothing more is read: the caller or we ended that
  bool ending_ = false;         // closes after the next answer
  bool lingers_ = false;        // all is said; waits for the caller to close
  bool continued_ = false;      // the present request was told to go on
  Clock::time_point asked_by_;  // the present request is here whole
  Clock::time_point other_by_;  // what else the caller is to do
  Clock::time_point idle_since_;
};

}  // namespace mle::serve
