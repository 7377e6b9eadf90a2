// A request that is like those before it takes no memory of ours: what they needed is kept.
// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/keeper.h"
#include "serve/grpc/codec.h"
#include "serve/grpc/open_inference.pb.h"
#include "serve/http/front.h"
#include "tests/serve/count_allocations.h"
#include "tests/serve/loopback.h"
#include "tests/serve/support.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mle::testing {
namespace {

using namespace serve;

constexpr int kWarm = 200, kCounted = 200;

// What repeating `ask` allocates once it was done often enough: the least of a few rounds, as
// threads that have nothing to do with it may begin or end meanwhile.
template <class Ask>
size_t allocations_of(const Ask& ask) {
  size_t least = SIZE_MAX;
  for (int round = 0; round < 5 && least > 0; ++round) {
    for (int i = 0; i < kWarm; ++i) ask();
    const size_t before = allocations();
    for (int i = 0; i < kCounted; ++i) ask();
    least = std::min(least, allocations() - before);
  }
  return least;
}

class CountedRequest final : public Request {
 public:
  void done() noexcept override {
    answered.store(true, std::memory_order_release);
    answered.notify_one();
  }
  std::atomic<bool> answered{false};
};

TEST_CASE("allocations: none in the engine, inline and by workers, alone and together") {
  for (const double inline_ns : {1e12, 0.0}) {
    ModelFolder folder;
    folder.put("m.mle", linear_file());
    EngineOptions options;
    options.inline_ns = inline_ns;
    Engine engine(options);
    engine.publish(catalog_of("m", folder.path("m.mle")));
    Workspace workspace;
    constexpr std::array<float, 3> kX{1, 2, 4};
    constexpr std::array<int64_t, 2> kShape{1, 3};
    std::array<CountedRequest, 8> requests;
    std::array<Request*, 8> drained;
    bool good = true;
    CHECK(allocations_of([&] {
            for (size_t i = 0; i < requests.size(); ++i) {
              requests[i].reset();
              requests[i].answered = false;
              requests[i].model = "m";
              requests[i].inputs.push_back({"x", DType::F32, kShape, kX.data(), kX.size()});
              requests[i].arrived = Clock::now();
              drained[i] = &requests[i];
            }
            engine.serve(drained, workspace);
            for (CountedRequest& request : requests) {
              request.answered.wait(false, std::memory_order_acquire);
              good = good && request.status.ok() && request.answers.size() == 1;
            }
          }) == 0);
    CHECK(good);
  }
}

// What a caller over HTTP does, without taking memory itself.
class Caller {
 public:
  explicit Caller(int port) : socket_(connect_to(port)) { REQUIRE(socket_ >= 0); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() {
    if (socket_ >= 0) ::close(socket_);
  }

  // Whether the answer came whole with status 200. `size` is how long it is; 0: not known yet.
  bool ask(const std::string& request, size_t& size) {
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size()))
      return false;
    size_t got = 0;
    while (size == 0 || got < size) {
      const ssize_t more = ::recv(socket_, space_.data() + got, space_.size() - got, 0);
      if (more <= 0) return false;
      got += static_cast<size_t>(more);
      if (size == 0) size = whole(std::string_view(space_.data(), got));
    }
    return std::string_view(space_.data(), got).starts_with("HTTP/1.1 200 ");
  }

 private:
  static size_t whole(std::string_view heard) {
    const size_t end = heard.find("\r\n\r\n"), at = heard.find("Content-Length: ");
    return end == std::string_view::npos
               ? 0
               : end + 4 + static_cast<size_t>(std::atol(heard.data() + at + 16));
  }
  int socket_;
  std::array<char, 65536> space_;
};

std::string post(const std::string& headers, const std::string& body) {
  return "POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_CASE("allocations: none for a request over HTTP, in JSON and bytes") {
  ModelFolder folder;
  folder.put("m.mle", linear_file());
  for (const double inline_ns : {1e12, 0.0}) {
    EngineOptions options;
    options.inline_ns = inline_ns;
    Engine engine(options);
    Repository repository({{}, folder.path(), {}, 8}, engine);
    REQUIRE(repository.refresh().ok());
    Keeper keeper(repository, "", std::chrono::seconds(60));
    Service service(engine, repository, keeper, {});
    service.set_ready(true);
    auto front = HttpFront::start({"127.0.0.1:0", 1, size_t{1} << 20, 64, {}}, service);
    REQUIRE(front);
    const std::string address = (*front)->address();
    Caller caller(std::stoi(address.substr(address.rfind(':') + 1)));
    const std::string tail = R"("shape":[1,3],"datatype":"FP32")";
    const std::string json =
        post("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n",
             R"({"id":"seven","inputs":[{"name":"x",)" + tail + R"(,"data":[1,2,4]}]})");
    const std::string head = R"({"inputs":[{"name":"x",)" + tail +
                             R"(,"parameters":{"binary_data_size":12}}],)" +
                             R"("outputs":[{"name":"y","parameters":{"binary_data":true}}]})";
    const std::string bytes =
        post("Inference-Header-Content-Length: " + std::to_string(head.size()) + "\r\n",
             head + std::string(12, '\0'));
    const std::string alone = post("Inference-Header-Content-Length: 0\r\n", std::string(12, '\0'));
    for (const std::string& request : {json, bytes, alone}) {
      CAPTURE(request);
      bool good = true;
      size_t size = 0;
      CHECK(allocations_of([&] { good = caller.ask(request, size) && good; }) == 0);
      CHECK(good);
    }
  }
}

TEST_CASE("allocations: none between a message of gRPC and its answer") {
  ModelFolder folder;
  folder.put("m.mle", linear_file());
  EngineOptions options;
  options.inline_ns = 1e12;
  Engine engine(options);
  engine.publish(catalog_of("m", folder.path("m.mle")));
  const Regions regions;
  Workspace workspace;
  Scratch scratch;
  inference::ModelInferRequest question;
  inference::ModelInferResponse answer;
  question.set_model_name("m");
  question.set_id("a name too long for a short string");
  question.add_outputs()->set_name("y");
  auto& input = *question.add_inputs();
  input.set_name("x");
  input.set_datatype("FP32");
  input.add_shape(1);
  input.add_shape(3);
  for (const bool typed : {false, true}) {
    if (typed) {
      question.clear_raw_input_contents();
      for (int i = 0; i < 3; ++i) input.mutable_contents()->add_fp32_contents(1);
    } else {
      question.add_raw_input_contents()->assign(12, '\0');
    }
    CountedRequest request;
    bool good = true, raw = false;
    const size_t count = allocations_of([&] {
      request.reset();
      answer.Clear();
      request.arrived = Clock::now();
      good = decode(question, regions, request, scratch, raw).ok() && good;
      Request* const one[] = {&request};
      engine.serve(one, workspace);
      good = good && request.status.ok() && encode(question, request, raw, regions, answer).ok() &&
             answer.outputs_size() == 1;
    });
    // protobuf gives typed contents back with every message: that and their numbers are its own.
    CHECK(count <= (typed ? 2 * kCounted : 0));
    CHECK(good);
  }
}

}  // namespace
}  // namespace mle::testing
