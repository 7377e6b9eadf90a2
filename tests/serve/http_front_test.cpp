// The HTTP front on a socket of the loopback address: many callers, reloads and a drain meanwhile.
// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/keeper.h"
#include "serve/http/front.h"
#include "tests/serve/loopback.h"
#include "tests/serve/support.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
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
  explicit Running(double inline_ns = 50'000, size_t most_connections = 64)
      : engine({2, inline_ns, {}}), repository({{}, folder.path(), {}, 8}, engine) {
    folder.put("m.mle", linear_file());
    REQUIRE(repository.refresh().ok());
    keeper.emplace(repository, "", std::chrono::seconds(60));
    service.emplace(engine, repository, *keeper, ServiceOptions{Control::Explicit, "", {}});
    service->set_ready(true);
    auto started =
        HttpFront::start({"127.0.0.1:0", 2, size_t{1} << 20, most_connections, {}}, *service);
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

}  // namespace
}  // namespace mle::testing
