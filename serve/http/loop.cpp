// SPDX-License-Identifier: Apache-2.0
#include "serve/http/loop.h"

#include "serve/http/answers.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <new>
#include <optional>
#include <utility>

namespace mle::serve {
namespace {

constexpr size_t kReadAtOnce = size_t{64} << 10;
// Where many have sent something, less is taken of each, so that a turn stays short. At least a
// whole record of TLS: what is left of one no event would tell of.
constexpr size_t kTakenInAtOnce = size_t{256} << 10, kReadAtLeast = size_t{16} << 10;
constexpr int kEventsAtOnce = 64;
// Of what is asked but inference.
constexpr size_t kMostControl = size_t{64} << 10;
constexpr auto kLookPause = std::chrono::milliseconds(250);
// How long a connection that is kept open may go without a question before a drain closes it: who
// asks again within it is answered, and told to come by another one.
constexpr auto kDrainIdle = std::chrono::milliseconds(500);
constexpr size_t kMostResting = 256;
// Buffers of a few exchanges stay as large as most requests need, those of the others small.
constexpr size_t kMostLarge = 16, kLarge = size_t{1} << 20, kSmall = size_t{64} << 10;

bool is_loopback(const sockaddr_storage& peer) noexcept {
  if (peer.ss_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(peer);
    return (ntohl(address.sin_addr.s_addr) >> 24) == 127;
  }
  const auto& address = reinterpret_cast<const sockaddr_in6&>(peer);
  return peer.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&address.sin6_addr);
}

std::string_view key_in(const HttpHead& head) noexcept {
  constexpr std::string_view kBearer = "Bearer ";
  std::string_view value = head["authorization"];
  if (!value.starts_with(kBearer)) return {};
  value.remove_prefix(kBearer.size());
  return value;
}

bool tells_of_server(Ask ask) noexcept {
  return ask == Ask::Metrics || ask == Ask::Live || ask == Ask::Ready;
}

// Where the header says something else than a number, nothing.
bool read_json_length(std::string_view value, std::optional<uint64_t>& length) {
  if (value.empty()) return true;
  uint64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [stopped, failed] = std::from_chars(value.data(), end, number);
  length = number;
  return failed == std::errc() && stopped == end;
}

// What it takes to read a body, in bytes of JSON: tensors as bytes are looked at, and not copied.
size_t effort(const Exchange& exchange) noexcept {
  const size_t all = exchange.body.size();
  const size_t json =
      static_cast<size_t>(std::min<uint64_t>(exchange.json_bytes.value_or(all), all));
  return json + (all - json) / 8;
}

}  // namespace

HttpLoop::HttpLoop(const HttpShare& share)
    : share_(share),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      spare_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
      space_(kReadAtOnce) {
  resting_.reserve(kMostResting);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &wake_;
  if (good()) ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
  // Of several threads one is woken.
  event.events = EPOLLIN | EPOLLEXCLUSIVE;
  event.data.ptr = nullptr;
  listens_ = good() && ::epoll_ctl(epoll_, EPOLL_CTL_ADD, share_.listener, &event) == 0;
}

HttpLoop::~HttpLoop() {
  join();
  for (const int each : {epoll_, wake_, spare_})
    if (each >= 0) ::close(each);
}

void HttpLoop::start() {
  next_look_ = Clock::now() + kLookPause;
  thread_ = std::thread([this] { run(); });
}

void HttpLoop::join() {
  if (thread_.joinable()) thread_.join();
  // Who told of the last reply may still be about to wake us.
  while (telling_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
}

void HttpLoop::wake() noexcept {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

void HttpLoop::drain(Clock::time_point deadline) {
  {
    const std::lock_guard lock(mutex_);
    asked_to_drain_ = true;
    end_by_ = deadline;
  }
  wake();
}

void HttpLoop::hear(Exchange& exchange) noexcept {
  telling_.fetch_add(1, std::memory_order_relaxed);
  Exchange* first = told_.load(std::memory_order_relaxed);
  do {
    exchange.told = first;
  } while (!told_.compare_exchange_weak(first, &exchange, std::memory_order_release,
                                        std::memory_order_relaxed));
  // Who is first wakes the loop, unless that is this thread: it looks anyway.
  if (first == nullptr && std::this_thread::get_id() != self_) wake();
  telling_.fetch_sub(1, std::memory_order_release);
}

void HttpLoop::hear_all() {
  Exchange* each = told_.exchange(nullptr, std::memory_order_acquire);
  while (each != nullptr) {
    Exchange* const next = each->told;
    each->ready = true;
    touch(*each->connection);
    each = next;
  }
}

Exchange& HttpLoop::take_exchange() {
  ++under_way_;
  if (resting_.empty()) return *std::make_unique<Exchange>(*this).release();
  Exchange* const exchange = resting_.back().release();
  resting_.pop_back();
  return *exchange;
}

void HttpLoop::give_back(Exchange& exchange) {
  std::unique_ptr<Exchange> owned(&exchange);
  --under_way_;
  if (resting_.size() >= kMostResting) return;
  exchange.clear(resting_.size() < kMostLarge ? kLarge : kSmall);
  resting_.push_back(std::move(owned));
}

void HttpLoop::touch(Connection& connection) {
  if (connection.touched) return;
  connection.touched = true;
  touched_.push_back(&connection);
}

void HttpLoop::count_reply(int status) noexcept {
  const auto at = static_cast<size_t>(std::clamp(status / 100, 1, 5) - 1);
  Counters::add(share_.counters.replies[at]);
}

void HttpLoop::begin_inference(Exchange& exchange, const HttpHead& head) {
  if (!read_json_length(head["inference-header-content-length"], exchange.json_bytes)) {
    exchange.reply.fail(400, "Inference-Header-Content-Length is no number");
    return exchange.replied();
  }
  exchange.answer_as = accepted_encoding(head["accept-encoding"]);
  exchange.model = exchange.route.model;
  exchange.version = exchange.route.version;
  if (!reading_.take(effort(exchange), exchange.packed_as != Encoding::None))
    return share_.service.readers().add(exchange);
  exchange.status = exchange.read_question();
  exchange.status.ok() ? drained_.push_back(&exchange) : exchange.done();
}

void HttpLoop::begin(Exchange& exchange, const HttpHead& head) {
  touch(*exchange.connection);
  exchange.trace.take(head["traceparent"]);
  find_route(head.method, head.path, exchange.route);
  if (share_.metrics_alone && !tells_of_server(exchange.route.ask)) {
    exchange.route.ask = Ask::Nothing;
    exchange.route.allow = "";
  }
  const Ask ask = exchange.route.ask;
  if (ask == Ask::Nothing) {
    if (*exchange.route.allow != '\0') {
      exchange.reply.fail(405, "this path is asked by another method");
      exchange.reply.header("Allow", exchange.route.allow);
    } else {
      exchange.reply.fail(404, "there is no such path");
    }
    return exchange.replied();
  }
  exchange.packed_as = encoding_of(head["content-encoding"]);
  if (exchange.packed_as == Encoding::Unknown) {
    exchange.reply.fail(415, "bodies are packed by gzip or deflate, or not at all");
    return exchange.replied();
  }
  if (ask == Ask::Infer) return begin_inference(exchange, head);
  if (exchange.body.size() > kMostControl) {
    exchange.reply.fail(413, "the body is larger than this path takes");
    return exchange.replied();
  }
  if (exchange.packed_as != Encoding::None)
    if (const Status status = exchange.unpack(kMostControl); !status.ok()) {
      exchange.reply.fail(status);
      return exchange.replied();
    }
  const Caller caller{exchange.connection->local(), !head["origin"].empty(), key_in(head)};
  if (ask != Ask::Load && ask != Ask::Unload) {
    answer(share_.service, {exchange.route, exchange.body, caller}, exchange.reply);
    return exchange.replied();
  }
  if (const Status status = check_control_body(exchange.body); !status.ok()) {
    exchange.reply.fail(status);
    return exchange.replied();
  }
  const auto then = [&exchange](Status status) {
    if (!status.ok()) exchange.reply.fail(status);
    exchange.replied();
  };
  if (ask == Ask::Load)
    share_.service.load(caller, exchange.route.model, then);
  else
    share_.service.unload(caller, exchange.route.model, then);
}

void HttpLoop::take_in(int socket, bool local) {
  if (share_.counters.open.load(std::memory_order_relaxed) >= share_.most_connections) {
    constexpr std::string_view kFull =
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: "
        "close\r\n\r\n";
    // Over TLS there is nobody yet who could read it.
    [[maybe_unused]] const ssize_t sent =
        share_.tls != nullptr
            ? 0
            : ::send(socket, kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::close(socket);
    Counters::add(share_.counters.refused);
    return;
  }
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::unique_ptr<TlsSession> tls;
  if (share_.tls != nullptr && (tls = share_.tls->accept(socket)) == nullptr) {
    ::close(socket);
    return;
  }
  auto* const connection =
      new Connection(*this, socket, local, share_.limits, share_.service.budget(), std::move(tls));
  epoll_event event{};
  event.events = connection->watched = EPOLLIN;
  event.data.ptr = connection;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0) {
    delete connection;
    return;
  }
  connection->after = connections_;
  if (connections_ != nullptr) connections_->before = connection;
  connections_ = connection;
  Counters::add(share_.counters.open);
  Counters::add(share_.counters.accepted);
}

void HttpLoop::accept_all() {
  for (;;) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int socket = ::accept4(share_.listener, reinterpret_cast<sockaddr*>(&peer), &size,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      take_in(socket, is_loopback(peer));
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if ((errno == EMFILE || errno == ENFILE) && spare_ >= 0) {
      // Out of descriptors: one is kept to say no with, else the caller would hang and we spin.
      ::close(spare_);
      const int refused = ::accept4(share_.listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (refused >= 0) ::close(refused);
      spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      Counters::add(share_.counters.refused);
      if (refused >= 0) continue;
    }
    return;
  }
}

void HttpLoop::watch(Connection& connection) {
  const uint32_t wanted = (connection.wants_to_read() ? uint32_t{EPOLLIN} : 0U) |
                          (connection.wants_to_write() ? uint32_t{EPOLLOUT} : 0U);
  if (wanted == connection.watched) return;
  epoll_event event{};
  event.events = connection.watched = wanted;
  event.data.ptr = &connection;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.socket(), &event);
}

void HttpLoop::free_unused(Connection& connection) {
  if (!connection.unused()) return;
  (connection.before != nullptr ? connection.before->after : connections_) = connection.after;
  if (connection.after != nullptr) connection.after->before = connection.before;
  share_.counters.open.fetch_sub(1, std::memory_order_relaxed);
  delete &connection;
}

void HttpLoop::look_at_touched() {
  // Sending may begin what was pipelined behind, which is served before the next look.
  looking_.swap(touched_);
  for (Connection* connection : looking_) {
    connection->touched = false;
    try {
      connection->send();
    } catch (const std::bad_alloc&) {
      connection->give_up();
      touch(*connection);
    }
    if (!connection->over()) watch(*connection);
    if (!connection->touched) free_unused(*connection);
  }
  looking_.clear();
}

void HttpLoop::look_at_clock() {
  const auto now = Clock::now();
  if (now < next_look_) return;
  next_look_ = now + kLookPause;
  for (Connection *each = connections_, *after = nullptr; each != nullptr; each = after) {
    after = each->after;
    const bool cut = now >= drain_by_;
    const bool at_rest = draining_ && each->idle() &&
                         now - std::max(each->idle_since(), drained_since_) >= kDrainIdle;
    if (cut || at_rest) {
      each->give_up();
      touch(*each);
    } else if (each->deadline() <= now) {
      each->too_slow();
      touch(*each);
    }
  }
}

void HttpLoop::on_event(Connection& connection, uint32_t events, size_t most_bytes) {
  touch(connection);
  if ((events & EPOLLIN) == 0 && !(connection.shakes_hands() && (events & EPOLLOUT) != 0)) {
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) connection.give_up();
    return;
  }
  try {
    connection.receive(space_.data(), most_bytes);
  } catch (const std::bad_alloc&) {
    connection.give_up();  // memory is short: one caller pays, not all
  }
}

void HttpLoop::turn(int wait_ms) {
  std::array<epoll_event, kEventsAtOnce> events;
  const int count = ::epoll_wait(epoll_, events.data(), kEventsAtOnce, wait_ms);
  const size_t share = kTakenInAtOnce / static_cast<size_t>(std::max(count, 1));
  const size_t most_bytes = std::clamp(share, kReadAtLeast, kReadAtOnce);
  reading_.renew();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    if (event.data.ptr == nullptr) {
      accept_all();
    } else if (event.data.ptr == &wake_) {
      uint64_t ignored = 0;
      [[maybe_unused]] const ssize_t got = ::read(wake_, &ignored, sizeof ignored);
    } else {
      on_event(*static_cast<Connection*>(event.data.ptr), event.events, most_bytes);
    }
  }
  serve_all();
  look_at_clock();
}

void HttpLoop::serve_all() {
  while (!touched_.empty() || !drained_.empty()) {
    if (!drained_.empty()) {
      share_.service.engine().serve(drained_, workspace_);
      drained_.clear();
    }
    hear_all();
    look_at_touched();
  }
  hear_all();
  look_at_touched();
}

void HttpLoop::run() noexcept {
  self_ = std::this_thread::get_id();
  for (;;) {
    turn(touched_.empty() ? static_cast<int>(kLookPause.count()) : 0);
    if (!draining_) {
      const std::lock_guard lock(mutex_);
      if (!asked_to_drain_) continue;
      draining_ = true;
      drain_by_ = end_by_;
      drained_since_ = Clock::now();
      if (listens_) {
        accept_all();  // who was let in is answered
        ::epoll_ctl(epoll_, EPOLL_CTL_DEL, share_.listener, nullptr);
      }
    }
    if (connections_ == nullptr && under_way_ == 0) return;
  }
}

}  // namespace mle::serve
