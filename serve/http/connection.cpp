// SPDX-License-Identifier: Apache-2.0
#include "serve/http/connection.h"

#include "serve/http/loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace mle::serve {
namespace {

using std::chrono::seconds;

constexpr auto kHeadTime = seconds(15);   // from its first byte to its last
constexpr auto kIdleTime = seconds(75);   // between requests
constexpr auto kStallTime = seconds(30);  // of a caller that takes no answer
constexpr auto kLingerTime = seconds(2);  // for the caller to hear why we close
constexpr uint64_t kSlowest = 64 << 10;   // bytes a second of a body, beyond the first seconds
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Connection::Connection(HttpLoop& loop, int socket, bool local, const HttpLimits& limits,
                       ByteBudget& budget, std::unique_ptr<TlsSession> tls)
    : loop_(loop),
      socket_(socket),
      local_(local),
      tls_(std::move(tls)),
      reader_(limits, &budget),
      out_charge_(&budget),
      idle_since_(Clock::now()) {
  other_by_ = idle_since_ + (tls_ != nullptr ? kHeadTime : kIdleTime);
}

Connection::~Connection() { close(); }

void Connection::close() noexcept {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void Connection::give_up() noexcept {
  for (Exchange* each = first_; each != nullptr; each = each->behind)
    each->cancelled.store(true, std::memory_order_relaxed);
  close();
}

bool Connection::wants_to_read() const noexcept {
  if (lingers_) return true;
  return !read_all_ && rest_.empty() && pending_ < kMostPending && unsent() < kMostUnsent;
}

Clock::time_point Connection::deadline() const noexcept {
  if (lingers_ || unsent() > 0) return other_by_;
  if (first_ != nullptr) return Clock::time_point::max();  // it is our turn
  return reader_.started() ? asked_by_ : other_by_;
}

void Connection::receive(char* space, size_t size) {
  const ssize_t got = tls_ != nullptr ? tls_->read(space, size) : ::recv(socket_, space, size, 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) give_up();
    return;
  }
  if (lingers_) {
    if (got == 0) close();
    return;
  }
  if (got == 0) {
    read_all_ = true;
    // Who hangs up no longer waits; what is computed already is still sent.
    if (first_ == nullptr && unsent() == 0) return close();
    for (Exchange* each = first_; each != nullptr; each = each->behind)
      each->cancelled.store(true, std::memory_order_relaxed);
    ending_ = true;
    return;
  }
  feed({space, static_cast<size_t>(got)});
}

void Connection::feed(std::string_view bytes) {
  while (!bytes.empty() && !read_all_ && pending_ < kMostPending) {
    const bool was_started = reader_.started();
    const auto was = reader_.state();
    bytes.remove_prefix(reader_.take(bytes));
    if (!was_started && reader_.started()) asked_by_ = Clock::now() + kHeadTime;
    const auto state = reader_.state();
    if (was == HttpReader::State::Head && state != was && state != HttpReader::State::Refused) {
      const uint64_t body = reader_.head().content_length.value_or(
          reader_.head().chunked ? reader_.limits().body : 0);
      asked_by_ = Clock::now() + kHeadTime + seconds(body / kSlowest);
    }
    if (state == HttpReader::State::Done) {
      begin_exchange();
      reader_.reset();
      continued_ = false;
      if (ending_) read_all_ = true;
    } else if (state == HttpReader::State::Refused) {
      begin_refusal(reader_.refusal());
    }
  }
  if (read_all_)
    rest_.clear();
  else
    rest_.assign(bytes);
}

Exchange& Connection::append_exchange() {
  Exchange& exchange = loop_.take_exchange();
  exchange.connection = this;
  exchange.arrived = Clock::now();
  (last_ != nullptr ? last_->behind : first_) = &exchange;
  last_ = &exchange;
  ++pending_;
  return exchange;
}

void Connection::begin_exchange() {
  Exchange& exchange = append_exchange();
  const HttpHead& head = reader_.head();
  exchange.manner = {head.minor, head.keep_alive && !loop_.draining(), head.method == "HEAD"};
  if (!exchange.manner.keep_alive) ending_ = true;
  reader_.swap_body(exchange.body, exchange.charge);
  try {
    loop_.begin(exchange, head);
  } catch (const std::bad_alloc&) {
    exchange.reply.reset();
    exchange.reply.status = 503;
    exchange.replied();
  }
}

void Connection::begin_refusal(const HttpRefusal& refusal) {
  Exchange& exchange = append_exchange();
  exchange.manner.keep_alive = false;
  exchange.reply.fail(refusal.status, refusal.why);
  exchange.ready = true;
  read_all_ = ending_ = true;
  loop_.touch(*this);
}

void Connection::append_answer(Exchange& exchange) {
  HttpReply& reply = exchange.reply;
  if (!exchange.trace.empty()) reply.header("traceparent", exchange.trace.text());
  append_head(reply, exchange.manner, out_);
  out_charge_.take_over(exchange.answered);
  loop_.count_reply(reply.status);
  if (exchange.manner.head_only) return;
  // As much as may be unsent is not moved once more.
  if (reply.body.size() >= kMostUnsent)
    behind_.swap(reply.body);
  else
    out_ += reply.body;
}

ssize_t Connection::send_some() {
  const bool head = sent_ < out_.size();
  std::string_view from = head ? out_ : behind_;
  from.remove_prefix(head ? sent_ : sent_ - out_.size());
  from = from.substr(0, kMostUnsent);
  return tls_ != nullptr ? tls_->write(from.data(), from.size())
                         : ::send(socket_, from.data(), from.size(), MSG_NOSIGNAL);
}

void Connection::send() {
  if (over()) {
    // Answers nobody waits for.
    while (first_ != nullptr && first_->ready) {
      Exchange* const next = first_->behind;
      loop_.give_back(*first_);
      first_ = next;
      --pending_;
    }
    if (first_ == nullptr) last_ = nullptr;
    return;
  }
  bool last_one = false;
  while (first_ != nullptr && first_->ready && !last_one && behind_.empty()) {
    append_answer(*first_);
    last_one = !first_->manner.keep_alive;
    Exchange* const next = first_->behind;
    loop_.give_back(*first_);
    first_ = next;
    --pending_;
    if (unsent() >= kMostUnsent) break;
  }
  if (first_ == nullptr) last_ = nullptr;
  // A caller that asks before it sends a body is told to go on, once all before is answered.
  if (first_ == nullptr && !continued_ && !read_all_ &&
      reader_.state() == HttpReader::State::Body && reader_.head().expects_continue &&
      reader_.body().empty()) {
    continued_ = true;
    out_ += kContinue;
  }
  // The rest is for the next turn.
  for (const size_t until = sent_ + kMostUnsent; unsent() > 0 && sent_ < until;) {
    const ssize_t sent = send_some();
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return give_up();
      break;
    }
    sent_ += static_cast<size_t>(sent);
    other_by_ = Clock::now() + kStallTime;
  }
  if (unsent() == 0) {
    constexpr size_t kKept = size_t{256} << 10;
    if (out_.capacity() > kKept) out_ = {};
    out_.clear();
    behind_ = {};
    out_charge_.clear();
    sent_ = 0;
    if (first_ == nullptr) {
      idle_since_ = Clock::now();
      other_by_ = idle_since_ + kIdleTime;
    }
    if ((last_one || (ending_ && read_all_)) && first_ == nullptr) return linger();
  }
  if (!rest_.empty() && pending_ < kMostPending && unsent() < kMostUnsent) {
    const std::string rest = std::move(rest_);
    rest_.clear();
    feed(rest);
    loop_.touch(*this);
  }
}

// Closing at once with unread bytes on their way would take the answer from the caller again.
void Connection::linger() {
  read_all_ = true;
  rest_.clear();
  if (tls_ != nullptr) tls_->end();
  if (::shutdown(socket_, SHUT_WR) != 0) return close();
  lingers_ = true;
  other_by_ = Clock::now() + kLingerTime;
}

void Connection::too_slow() {
  const bool half_asked = reader_.started() && first_ == nullptr && unsent() == 0 && !lingers_;
  if (!half_asked) return give_up();
  begin_refusal({408, "the request took too long to arrive"});
  reader_.reset();
}

}  // namespace mle::serve
