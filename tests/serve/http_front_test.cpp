// The HTTP front on a socket of the loopback address: many callers, reloads and a drain meanwhile.
// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/keeper.h"
#include "serve/http/front.h"
#include "serve/protocol/zip.h"
#include "tests/serve/loopback.h"
#include "tests/serve/support.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mle::testing {
namespace {

using namespace serve;

// A server of one model "m" in a folder of its own.
struct Running {
  explicit Running(double inline_ns = 50'000, size_t most_connections = 64, size_t threads = 2,
                   size_t most_body = size_t{1} << 20)
      : engine({2, inline_ns, {}}), repository({{}, folder.path(), {}, 8}, engine) {
    folder.put("m.mle", linear_file());
    REQUIRE(repository.refresh().ok());
    keeper.emplace(repository, "", std::chrono::seconds(60));
    service.emplace(engine, repository, *keeper, ServiceOptions{Control::Explicit, "", {}});
    service->set_ready(true);
    auto started =
        HttpFront::start({"127.0.0.1:0", threads, most_body, most_connections, {}}, *service);
    REQUIRE(started);
    front = std::move(*started);
    port = std::stoi(front->address().substr(front->address().rfind(':') + 1));
  }
  ~Running() { front.reset(); }

  ModelFolder folder;
  Engine engine;
  Repository repository;
  std::optional<Keeper> keeper;
  std::optional<Service> service;
  std::unique_ptr<HttpFront> front;
  int port = 0;
};

// One connection. What is read is kept until it is taken.
class Caller {
 public:
  explicit Caller(int port) : socket_(connect_to(port)) {}
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() {
    if (socket_ >= 0) ::close(socket_);
  }

  bool connected() const { return socket_ >= 0; }
  bool say(const std::string& bytes) const {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // The next answer, head and body; "" where the connection ends first.
  std::string hear() {
    for (;;) {
      if (const size_t end = heard_.find("\r\n\r\n"); end != std::string::npos) {
        const size_t at = heard_.find("Content-Length: ");
        const size_t size = end + 4 + std::stoul(heard_.substr(at + 16));
        if (heard_.size() >= size) {
          std::string answer = heard_.substr(0, size);
          heard_.erase(0, size);
          return answer;
        }
      }
      char space[4096];
      const ssize_t got = ::recv(socket_, space, sizeof space, 0);
      if (got <= 0) return "";
      heard_.append(space, static_cast<size_t>(got));
    }
  }
  std::string ask(const std::string& bytes) { return say(bytes) ? hear() : ""; }

 private:
  int socket_;
  std::string heard_;
};

std::string infer_text(int first) {
  const std::string body = R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[)" +
                           std::to_string(first) + ",2,4]}]}";
  return "POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string post_text(const std::string& path) {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("http front: what is pipelined is answered in order, by workers as by the loop") {
  for (const double inline_ns : {1e12, 0.0}) {
    Running server(inline_ns);
    Caller caller(server.port);
    std::string all;
    for (int i = 0; i < 200; ++i) all += infer_text(i);
    // Both ends send: what is asked may be more than a socket holds.
    const auto said = std::async(std::launch::async, [&] { return caller.say(all); });
    for (int i = 0; i < 200; ++i)
      CHECK(holds(caller.hear(), "\"data\":[" + std::to_string(i) + ".5,2.5]"));
    CHECK(said.valid());
  }
}

TEST_CASE("http front: reloads while many ask: no failed answer, and none of two versions") {
  Running server(0);
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0}, asked{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      Caller caller(server.port);
      do {
        const std::string answer = caller.ask(infer_text(1));
        if (!holds(answer, "[1.5,2.5]") && !holds(answer, "[101,102]")) ++wrong;
        ++asked;
      } while (!over);
    });
  Caller admin(server.port);
  for (int i = 0; i < 50; ++i) {
    server.folder.put("m.mle", linear_file(i % 2 == 0 ? 100.0f : 0.5f));
    CHECK(holds(admin.ask(post_text("/v2/repository/models/m/load")), " 200 OK"));
    CHECK(holds(admin.ask(infer_text(1)), i % 2 == 0 ? "[101,102]" : "[1.5,2.5]"));
  }
  over = true;
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
  CHECK(asked >= 4);
}

TEST_CASE("http front: a drain answers what had begun and closes what is idle") {
  Running server(0);
  std::vector<std::unique_ptr<Caller>> idle;
  for (int i = 0; i < 8; ++i) {
    idle.push_back(std::make_unique<Caller>(server.port));
    CHECK(holds(idle.back()->ask(infer_text(i)), " 200 OK"));
  }
  Caller begun(server.port);
  const std::string text = infer_text(7);
  CHECK(begun.say(text.substr(0, 60)));
  CHECK(holds(idle[0]->ask(infer_text(1)), " 200 OK"));  // by now the loop has seen both
  const auto drained =
      std::async(std::launch::async, [&] { server.front->drain(std::chrono::seconds(60)); });
  for (auto& caller : idle) CHECK(caller->hear().empty());
  CHECK(begun.say(text.substr(60)));
  CHECK(holds(begun.hear(), "[7.5,2.5]"));
  CHECK(begun.hear().empty());
  drained.wait();
}

TEST_CASE("http front: one connection too many is told so") {
  Running server(50'000, 2);
  Caller first(server.port), second(server.port);
  CHECK(holds(first.ask(infer_text(1)), " 200 OK"));
  CHECK(holds(second.ask(infer_text(1)), " 200 OK"));
  Caller third(server.port);
  CHECK(holds(third.hear(), " 503 "));
}

TEST_CASE("http front: callers that leave in the middle cost nobody else") {
  Running server(0);
  Caller stays(server.port);
  for (int i = 0; i < 100; ++i) {
    Caller leaves(server.port);
    CHECK(leaves.connected());
    CHECK(leaves.say(infer_text(i) + infer_text(i).substr(0, static_cast<size_t>(i))));
  }
  for (int i = 0; i < 20; ++i) CHECK(holds(stays.ask(infer_text(i)), " 200 OK"));
}

// A question of so many numbers, which is refused once all of it was read.
std::string huge_json(size_t rows) {
  std::string body = R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[0,0,0)";
  for (size_t i = 0; i < rows; ++i) body += ",1.5,2.25,4.125";
  return body + "]}]}";
}

std::string huge_text(const std::string& body, Encoding encoding) {
  std::string packed;
  if (encoding != Encoding::None) REQUIRE(zip(encoding, body, packed));
  return "POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\n" +
         std::string(encoding == Encoding::None ? "" : "Content-Encoding: gzip\r\n") +
         "Content-Length: " +
         std::to_string(encoding == Encoding::None ? body.size() : packed.size()) + "\r\n\r\n" +
         (encoding == Encoding::None ? body : packed);
}

// The longest that health took while several huge bodies were read by a server of one loop, as a
// part of all the time that their reading took.
double share_of_health(const std::string& huge) {
  Running server(50'000, 64, 1, size_t{64} << 20);
  constexpr size_t kHuge = 2;
  std::atomic<size_t> left{kHuge};
  std::vector<std::future<std::string>> answers;
  Caller health(server.port);
  const auto begin = Clock::now();
  for (size_t i = 0; i < kHuge; ++i)
    answers.push_back(std::async(std::launch::async, [&] {
      Caller caller(server.port);
      std::string answer = caller.ask(huge);
      --left;
      return answer;
    }));
  Clock::duration longest{0};
  size_t asked = 0;
  for (; left > 0; ++asked) {
    const auto before = Clock::now();
    CHECK(holds(health.ask("GET /v2/health/ready HTTP/1.1\r\nHost: a\r\n\r\n"), " 200 OK"));
    longest = std::max(longest, Clock::now() - before);
  }
  const auto all = Clock::now() - begin;
  for (auto& answer : answers) CHECK(holds(answer.get(), " 400 "));
  CHECK(asked > 0);
  return std::chrono::duration<double>(longest) / std::chrono::duration<double>(all);
}

TEST_CASE("http front: health does not wait while huge bodies are read, packed ones or not") {
  const std::string body = huge_json(size_t{1} << 20);
  for (const Encoding encoding : {Encoding::None, Encoding::Gzip}) {
    const std::string huge = huge_text(body, encoding);
    // Behind the reading of one it would be near a half. Other programs may hold it up, now and
    // then.
    double least = 1;
    for (int i = 0; i < 5 && least > 0.2; ++i) least = std::min(least, share_of_health(huge));
    CHECK(least <= 0.2);
  }
}

TEST_CASE("http front: what is large is answered as it would be were it small, in order") {
  Running server(50'000, 64, 1, size_t{64} << 20);
  Caller caller(server.port);
  std::string rows, all;
  constexpr int kRows = 60'000;
  for (int i = 0; i < kRows; ++i) rows += (i > 0 ? "," : "") + std::to_string(i) + ",2,4";
  const std::string body = R"({"inputs":[{"name":"x","datatype":"FP32","shape":[)" +
                           std::to_string(kRows) + R"(,3],"data":[)" + rows + "]}]}";
  for (int i = 0; i < 3; ++i)
    all += infer_text(i) + huge_text(body, i == 1 ? Encoding::Gzip : Encoding::None);
  const auto said = std::async(std::launch::async, [&] { return caller.say(all); });
  std::string first;
  for (int i = 0; i < 3; ++i) {
    CHECK(holds(caller.hear(), "\"data\":[" + std::to_string(i) + ".5,2.5]"));
    std::string answer = caller.hear();
    CHECK(holds(answer, " 200 OK"));
    CHECK(holds(answer, "\"data\":[0.5,2.5,1.5,2.5,"));
    CHECK(holds(answer, "59999.5,2.5]"));
    answer.erase(0, answer.find("\r\n\r\n"));
    if (i == 0) first = answer;
    CHECK(answer == first);
  }
  CHECK(said.valid());
}

TEST_CASE("http front: who leaves while a huge body of theirs is read, and a drain meanwhile") {
  const std::string huge = huge_text(huge_json(size_t{1} << 17), Encoding::None);
  Running server(0, 64, 2, size_t{64} << 20);
  Caller stays(server.port);
  for (int i = 0; i < 8; ++i) {
    Caller leaves(server.port);
    CHECK(leaves.say(huge + infer_text(i)));
  }
  CHECK(stays.say(huge + infer_text(7)));
  CHECK(holds(stays.hear(), " 400 "));
  CHECK(stays.say(huge));
  CHECK(holds(stays.hear(), "[7.5,2.5]"));
  server.front->drain(std::chrono::seconds(60));
  CHECK(holds(stays.hear(), " 400 "));
  CHECK(stays.hear().empty());
}

}  // namespace
}  // namespace mle::testing
