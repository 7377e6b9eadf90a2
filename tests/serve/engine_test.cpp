// The way of a request through the engine.
// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/engine.h"

#include "format/header.h"
#include "format/mle_generated.h"
#include "format/rules.h"
#include "tests/serve/support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace mle::testing {
namespace {

using serve::Engine;
using serve::EngineOptions;
using serve::Workspace;
using Floats = std::vector<float>;

EngineOptions inline_only() {
  EngineOptions options;
  options.inline_ns = 1e12;
  return options;
}
EngineOptions workers_only(size_t workers = 2) {
  EngineOptions options;
  options.inline_ns = 0;
  options.workers = workers;
  return options;
}

struct Fixture {
  explicit Fixture(const EngineOptions& options, const AlignedBytes& file = linear_file())
      : engine(options) {
    folder.put("m.mle", file);
    catalog = catalog_of("m", folder.path("m.mle"));
    engine.publish(catalog);
  }
  serve::Counters& counters() const { return *catalog->models.at("m").versions[0]->counters; }
  // Serves them in one go and waits for all.
  void serve(std::vector<std::unique_ptr<TestRequest>>& requests) {
    std::vector<serve::Request*> drained;
    for (auto& request : requests) drained.push_back(request.get());
    engine.serve(drained, workspace);
    for (auto& request : requests) request->wait();
  }
  void serve(TestRequest& request) {
    serve::Request* const one[] = {&request};
    engine.serve(one, workspace);
    request.wait();
  }

  ModelFolder folder;
  Engine engine;
  std::shared_ptr<const serve::Catalog> catalog;
  Workspace workspace;
};

std::vector<std::unique_ptr<TestRequest>> many(size_t count) {
  std::vector<std::unique_ptr<TestRequest>> requests;
  for (size_t i = 0; i < count; ++i)
    requests.push_back(std::make_unique<TestRequest>("m", Floats{static_cast<float>(i), 1, 0}));
  return requests;
}

TEST_CASE("engine: a request is answered by the model it names") {
  Fixture f(inline_only());
  TestRequest request("m");
  f.serve(request);
  REQUIRE_MESSAGE(request.status.ok(), request.status.message());
  CHECK(request.floats() == Floats{1.5f, 2.5f});
  CHECK(request.answers[0].spec->name == "y");
  CHECK(request.served->number == 1);
}

TEST_CASE("engine: values that training never saw are counted, and answered") {
  Fixture f(inline_only(), ranged_file());
  TestRequest within("m", Floats{0, 10, 5}), beyond("m", Floats{-1, 10.5f, 5, 3, NAN, 1e9f});
  f.serve(within);
  CHECK(f.counters().outside == 0);
  f.serve(beyond);
  CHECK(beyond.status.ok());
  CHECK(f.counters().outside == 3);
}

TEST_CASE("engine: requests drained together run once and get their own rows") {
  Fixture f(inline_only());
  auto requests = many(32);
  requests[3] = std::make_unique<TestRequest>("m", Floats{7, 8, 9, 10, 11, 12});  // two rows
  f.serve(requests);
  for (size_t i = 0; i < requests.size(); ++i) {
    REQUIRE(requests[i]->status.ok());
    if (i == 3)
      CHECK(requests[i]->floats() == Floats{7.5f, 8.5f, 10.5f, 11.5f});
    else
      CHECK(requests[i]->floats() == Floats{static_cast<float>(i) + 0.5f, 1.5f});
  }
  CHECK(f.counters().executions == 1);
  CHECK(f.counters().succeeded == 32);
  CHECK(f.counters().rows == 33);
}

TEST_CASE("engine: no run has more rows than allowed, but for one request alone") {
  auto options = inline_only();
  options.limits.most_rows = 8;
  Fixture f(options);
  auto requests = many(20);
  f.serve(requests);
  CHECK(f.counters().executions == 3);
  TestRequest large("m", Floats(30, 1.0f));
  f.serve(large);
  CHECK(large.status.ok());
  CHECK(large.rows == 10);
}

TEST_CASE("engine: what takes longer is computed by workers, all of it") {
  Fixture f(workers_only());
  auto requests = many(100);
  f.serve(requests);
  for (size_t i = 0; i < requests.size(); ++i) {
    REQUIRE(requests[i]->status.ok());
    CHECK(requests[i]->floats() == Floats{static_cast<float>(i) + 0.5f, 1.5f});
  }
  CHECK(f.counters().succeeded == 100);
}

TEST_CASE("engine: many threads, reloads meanwhile, every answer from one version") {
  ModelFolder folder;
  folder.put("a.mle", linear_file(0.5f));
  folder.put("b.mle", linear_file(100.0f));
  const auto a = catalog_of("m", folder.path("a.mle")), b = catalog_of("m", folder.path("b.mle"));
  EngineOptions options = workers_only();
  Engine engine(options);
  engine.publish(a);
  std::atomic<bool> over{false};
  std::atomic<int> mixed{0}, failed{0};
  std::vector<std::thread> askers;
  for (int t = 0; t < 2; ++t)
    askers.emplace_back([&] {
      Workspace workspace;
      while (!over) {
        TestRequest request("m");
        serve::Request* const one[] = {&request};
        engine.serve(one, workspace);
        request.wait();
        if (!request.status.ok())
          ++failed;
        else if (const Floats y = request.floats();
                 y != Floats{1.5f, 2.5f} && y != Floats{101, 102})
          ++mixed;
      }
    });
  for (int i = 0; i < 300; ++i) engine.publish(i % 2 == 0 ? b : a);
  over = true;
  for (std::thread& asker : askers) asker.join();
  CHECK(mixed == 0);
  CHECK(failed == 0);
}

TEST_CASE("engine: a queue that is full refuses at once") {
  EngineOptions options = workers_only(0);  // nobody takes anything out
  options.limits.most_waiting = 3;
  Fixture f(options);
  auto requests = many(5);
  std::vector<serve::Request*> drained;
  for (auto& request : requests) drained.push_back(request.get());
  f.engine.serve(drained, f.workspace);
  for (size_t i = 3; i < 5; ++i) {
    requests[i]->wait();
    CHECK(requests[i]->status.rule() == format::rule::S403_Overloaded);
  }
  CHECK(f.counters().overloaded == 2);
  f.engine.stop();
  CHECK(requests[0]->status.ok());
}

TEST_CASE("engine: what is late or given up is told so and not computed") {
  Fixture f(inline_only());
  auto requests = many(3);
  requests[0]->deadline = serve::Clock::now();
  requests[1]->cancelled = true;
  f.serve(requests);
  CHECK(requests[0]->status.rule() == format::rule::S404_DeadlinePassed);
  CHECK(requests[1]->status.rule() == format::rule::S405_Cancelled);
  CHECK(requests[2]->status.ok());
  CHECK(f.counters().rows == 1);
  CHECK(f.counters().deadline_passed == 1);
  CHECK(f.counters().cancelled == 1);
}

TEST_CASE("engine: outputs of another entry, or of all, are answered when asked for") {
  Fixture f(inline_only(), two_entries_file());
  TestRequest plain("m"), second("m"), both("m");
  second.wanted = {"z"};
  both.wanted = {"z", "y"};
  f.serve(plain);
  f.serve(second);
  f.serve(both);
  REQUIRE(plain.answers.size() == 1);
  CHECK(plain.floats() == Floats{1, 2});
  REQUIRE(second.answers.size() == 1);
  CHECK(second.floats() == Floats{14});
  REQUIRE(both.answers.size() == 2);
  CHECK(both.floats(0) == Floats{14});
  CHECK(both.floats(1) == Floats{1, 2});
}

TEST_CASE("engine: a request that does not fit is refused by name") {
  Fixture f(inline_only());
  const auto refused = [&](TestRequest& request, int rule, const char* part) {
    f.serve(request);
    CHECK(request.status.rule() == rule);
    const std::string message = request.status.message();
    CHECK_MESSAGE(message.find(part) != std::string::npos, message);
    CHECK(request.answers.empty());
  };
  TestRequest other("n");
  refused(other, format::rule::S401_UnknownModel, "'n'");
  TestRequest version("m");
  version.version = "7";
  refused(version, format::rule::S401_UnknownModel, "no version '7'");
  TestRequest name("m");
  name.inputs[0].name = "q";
  refused(name, format::rule::S406_RequestInput, "no input 'q'");
  TestRequest none("m");
  none.inputs.clear();
  refused(none, format::rule::S406_RequestInput, "'x' is missing");
  TestRequest twice("m");
  twice.inputs.push_back(twice.inputs[0]);
  refused(twice, format::rule::S406_RequestInput, "twice");
  TestRequest type("m");
  type.inputs[0].dtype = DType::I32;
  refused(type, format::rule::S406_RequestInput, "is f32, given as i32");
  TestRequest output("m");
  output.wanted = {"y", "w"};
  refused(output, format::rule::S407_RequestOutput, "no output 'w'");
  TestRequest shape("m");
  shape.shape = {3};
  shape.inputs[0].shape = shape.shape;
  refused(shape, format::rule::S408_RequestShape, "[rows, 3], given [3]");
  TestRequest negative("m");
  negative.shape[0] = -1;
  refused(negative, format::rule::S408_RequestShape, "[-1, 3]");
  TestRequest bytes("m");
  bytes.shape[0] = 2;
  refused(bytes, format::rule::S409_RequestBytes, "3 elements");
  TestRequest huge("m");
  huge.shape[0] = INT64_MAX;
  refused(huge, format::rule::S409_RequestBytes, "3 elements");
}

TEST_CASE("engine: no rows are answered with no rows") {
  Fixture f(inline_only());
  TestRequest request("m", {});
  f.serve(request);
  REQUIRE(request.status.ok());
  CHECK(request.floats().empty());
}

TEST_CASE("engine: a model of whole tensors is never joined") {
  Fixture f(inline_only(), make_file(tiny_whole()));
  std::vector<std::unique_ptr<TestRequest>> requests;
  for (int i = 0; i < 4; ++i)
    requests.push_back(std::make_unique<TestRequest>("m", Floats(12, static_cast<float>(i))));
  f.serve(requests);
  for (auto& request : requests) {
    REQUIRE_MESSAGE(request->status.ok(), request->status.message());
    CHECK(request->floats()[0] == doctest::Approx(0.25));
  }
  CHECK(f.counters().executions == 4);
}

TEST_CASE("engine: requests of a model whose rows mix are never joined") {
  TinyModel m;  // x less the largest of all rows
  const uint16_t x = m.add_input("x", {3}), y = m.add_output("y", {3});
  const uint16_t most = m.add_arena("most", {3});
  m.tensor(most).rows = fb::Rows::Whole;
  m.add_op(fb::OpKind::ReduceRows, {x}, most).iattr = {2};
  m.add_op(fb::OpKind::Binary, {x, most}, y).iattr = {1};
  m.add_entry("predict", {x}, {y});
  m.required_features = format::kFeatureRowsMix;
  Fixture f(inline_only(), make_file(m));
  auto requests = many(5);
  requests[3] = std::make_unique<TestRequest>("m", Floats{7, 8, 9, 10, 11, 12});  // two rows
  f.serve(requests);
  for (size_t i = 0; i < requests.size(); ++i) {
    REQUIRE_MESSAGE(requests[i]->status.ok(), requests[i]->status.message());
    CHECK(requests[i]->floats() == (i == 3 ? Floats{-3, -3, -3, 0, 0, 0} : Floats{0, 0, 0}));
  }
  CHECK(f.counters().executions == 5);
}

TEST_CASE("engine: stop answers what waits and refuses what comes") {
  Fixture f(workers_only());
  auto requests = many(50);
  std::vector<serve::Request*> drained;
  for (auto& request : requests) drained.push_back(request.get());
  f.engine.serve(drained, f.workspace);
  f.engine.stop();
  for (auto& request : requests) {
    request->wait();
    CHECK(request->status.ok());
  }
  TestRequest late("m");
  f.serve(late);
  CHECK(late.status.rule() == format::rule::S403_Overloaded);
}

// Six floats of this shape; the axes of the answer, none where it was refused.
std::vector<int64_t> axes_of_answer(fb::Axes axes, std::vector<int64_t> shape) {
  Fixture f(inline_only(), linear_file_of_axes(axes));
  TestRequest request("m", {1, 2, 4, 5, 6, 7});
  request.shape = std::move(shape);
  request.inputs[0].shape = request.shape;
  f.serve(request);
  if (!request.status.ok()) {
    CHECK(request.status.rule() == format::rule::S408_RequestShape);
    return {};
  }
  CHECK(request.floats() == Floats{1.5f, 2.5f, 5.5f, 6.5f});
  return request.row_axes;
}

TEST_CASE("engine: arrays of other axes are taken where the source takes them") {
  using Axes = std::vector<int64_t>;
  CHECK(axes_of_answer(fb::Axes::AsDims, {2, 3}) == Axes{2});
  CHECK(axes_of_answer(fb::Axes::AsDims, {2, 1, 3}).empty());
  CHECK(axes_of_answer(fb::Axes::Leading, {2, 3}) == Axes{2});
  CHECK(axes_of_answer(fb::Axes::Leading, {1, 2, 1, 3}) == Axes{1, 2, 1});
  CHECK(axes_of_answer(fb::Axes::Leading, {2, 3, 1}).empty());
  CHECK(axes_of_answer(fb::Axes::Leading, {-1, -2, 3}).empty());
  CHECK(axes_of_answer(fb::Axes::Leading, {int64_t{1} << 40, int64_t{1} << 40, 3}).empty());
  CHECK(axes_of_answer(fb::Axes::Flattened, {2, 3}) == Axes{2});
  CHECK(axes_of_answer(fb::Axes::Flattened, {2, 3, 1}) == Axes{2});
  CHECK(axes_of_answer(fb::Axes::Flattened, {2, 1, 3, 1}) == Axes{2});
  CHECK(axes_of_answer(fb::Axes::Flattened, {1, 2, 3}).empty());
}

}  // namespace
}  // namespace mle::testing
