// What <mle/session.h> promises beyond the arguments of run().
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "runtime/float_mode.h"
#include "tests/runtime/networks.h"

#include <doctest/doctest.h>

#include <array>
#include <cfenv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

namespace mle::testing {
namespace {

namespace rule = format::rule;

// Two entries over the inputs x and z: "score" with y = -x, "both" with sum = y + z and y2 = |x|.
TinyModel two_entries() {
  TinyModel m;
  const uint16_t x = m.add_input("x", {2});
  const uint16_t z = m.add_input("z", {2});
  const uint16_t y = m.add_output("y", {2});
  const uint16_t sum = m.add_output("sum", {2});
  const uint16_t absolute = m.add_output("absolute", {2});
  m.add_op(fb::OpKind::Unary, {x}, y, "negate").act = fb::Act::Neg;
  m.add_op(fb::OpKind::Binary, {y, z}, sum, "add").iattr = {0};
  m.add_op(fb::OpKind::Unary, {x}, absolute, "magnitude").act = fb::Act::Abs;
  m.add_entry("score", {x}, {y});
  m.add_entry("both", {x, z}, {sum, absolute});
  return m;
}

std::vector<std::string_view> names(std::span<const TensorSpec> specs) {
  std::vector<std::string_view> list;
  for (const TensorSpec& spec : specs) list.push_back(spec.name);
  return list;
}

using Names = std::vector<std::string_view>;

Result<Session> make_for(const Model& model, std::string_view entry, const Names& outputs) {
  SessionOptions options;
  options.entry = entry;
  options.outputs = outputs;
  return Session::make(model, options);
}

TEST_CASE("session: the first entry is the default and others are chosen by name") {
  const Model model = load(two_entries());
  Session first = Session::make(model).or_exit();
  CHECK(names(first.outputs()) == Names{"y"});
  Session both = make_for(model, "both", {}).or_exit();
  CHECK(names(both.inputs()) == Names{"x", "z"});
  CHECK(names(both.outputs()) == Names{"sum", "absolute"});
  const std::array<float, 2> x = {1, -2};
  const std::array<float, 2> z = {10, 20};
  std::array<float, 2> sum;
  std::array<float, 2> absolute;
  REQUIRE(both.run({x, z}, {sum, absolute}).ok());
  CHECK(sum == std::array<float, 2>{9, 22});
  CHECK(absolute == std::array<float, 2>{1, 2});
  const Status unknown = make_for(model, "neither", {}).error();
  CHECK(unknown.code() == Code::NotFound);
  CHECK(unknown.rule() == rule::R105_UnknownEntry);
}

TEST_CASE("session: runs exactly the ops that the chosen outputs need") {
  const Model model = load(two_entries());
  const auto steps = [&](const Names& outputs) {
    Session session = make_for(model, "both", outputs).or_exit();
    session.set_profiling(true);
    std::vector<float> buffer(2);
    CHECK(session.run({buffer, buffer}, {std::array<float, 2>()}).ok());
    std::vector<std::string_view> list;
    for (const StepProfile& step : session.profile()) list.push_back(step.name);
    return list;
  };
  CHECK(steps({"absolute"}) == Names{"magnitude"});
  CHECK(steps({"sum"}) == Names{"negate", "add"});
}

TEST_CASE(
    "session: outputs come from any entry, in the order asked for, with the inputs they need") {
  const Model model = load(two_entries());
  Session session = make_for(model, "", {"absolute", "y", "sum"}).or_exit();
  CHECK(names(session.outputs()) == Names{"absolute", "y", "sum"});
  CHECK(names(session.inputs()) == Names{"x", "z"});
  CHECK(names(make_for(model, "", {"absolute"}).or_exit().inputs()) == Names{"x"});
  CHECK(names(make_for(model, "", {"both.sum"}).or_exit().outputs()) == Names{"sum"});
  CHECK(names(make_for(model, "", {"score"}).or_exit().outputs()) == Names{"y"});
  for (const char* unknown : {"", "x", "both", "both.y", "sum ", "score.sum"}) {
    const Status status = make_for(model, "", {unknown}).error();
    CHECK(status.code() == Code::NotFound);
    CHECK(status.rule() == rule::R106_UnknownOutput);
  }
  CHECK(make_for(model, "", {"y", "y"}).error().code() == Code::InvalidArgument);
}

TEST_CASE("session: options that make no sense are refused") {
  const Model model = load(tiny_linear());
  for (const int threads : {0, -1, 257}) {
    SessionOptions options;
    options.threads = threads;
    CHECK(Session::make(model, options).error().rule() == rule::R121_Threads);
  }
  SessionOptions half;
  half.allocator.release = [](void*, void*, size_t, size_t) {};
  CHECK(Session::make(model, half).error().rule() == rule::R103_Option);
}

TEST_CASE("session: tile_rows is what was asked for, and bounded by memory") {
  const Model model = load(tiny_mlp());
  SessionOptions options;
  options.tile_rows = 17;
  CHECK(Session::make(model, options).or_exit().tile_rows() == 17);
  options.tile_rows = SIZE_MAX;
  const Session huge = Session::make(model, options).or_exit();
  CHECK(huge.tile_rows() < (size_t{1} << 28));
  CHECK(huge.memory() < (size_t{1} << 30));
  CHECK(Session::make(model).or_exit().tile_rows() >= 14);
}

TEST_CASE("session: may be moved between calls and threads of calls") {
  const Model model = load(tiny_linear());
  Session a = Session::make(model).or_exit();
  const std::vector<float> rows = {1, 2, 4};
  const std::vector<float> expected = answers(a, rows);
  Session b = std::move(a);
  CHECK(same_bits(answers(b, rows), expected));
  a = std::move(b);
  CHECK(same_bits(answers(a, rows), expected));
}

// The modes a caller may be in: rounding, flushing, traps unmasked, flags raised.
#ifdef __x86_64__
constexpr uint64_t kOddModes[] = {0x1F80, 0x3F80, 0x5F80, 0x7F80, 0x9FC0, 0xFFC0, 0x1FBF, 0x0000};
#else  // also NaN made canonical by the processor; FPSR in the upper half
constexpr uint64_t kOddModes[] = {0,          0x00400000, 0x00800000,           0x00C00000,
                                  0x01000000, 0x07C00000, uint64_t{0x9F} << 32, 0x00009F00};
#endif

TEST_CASE("session: the caller's floating-point modes change no answer and are found again") {
  const std::vector<uint32_t> widths = {21, 33, 5};
  for (const TinyModel& network : {random_mlp(widths, 3), every_op(21, 4)}) {
    const Model model = load(network);
    SessionOptions options;
    options.threads = 2;
    Session session = Session::make(model, options).or_exit();
    const std::vector<float> rows = odd_rows(size_t{50} * 21, 3);
    const std::vector<float> expected = answers(session, rows);
    std::vector<float> out(expected.size());
    const uint64_t own = FloatWord::get();
    for (const uint64_t mode : kOddModes) {
      FloatWord::set(mode);
      const uint64_t before = FloatWord::get();  // not every processor has every mode
      const bool good = session.run(rows, out).ok();
      const uint64_t after = FloatWord::get();
      FloatWord::set(own);
      CHECK(good);
      CHECK(after == before);
      CHECK(same_bits(out, expected));
    }
  }
}

TEST_CASE("session: dense layers flush denormals and element-wise steps keep them") {
  TinyModel m;
  const uint16_t x = m.add_input("x", {1});
  const uint16_t negated = m.add_output("negated", {1});
  const uint16_t dense = m.add_output("dense", {1});
  const uint16_t copied = m.add_output("copied", {1});
  m.add_op(fb::OpKind::Unary, {x}, negated).act = fb::Act::Neg;
  m.add_op(fb::OpKind::Dense, {x, m.add_dense_weight("w", 1, 1, std::vector<float>{1})}, dense);
  m.add_op(fb::OpKind::Binary, {x, x}, copied).iattr = {0};
  m.add_entry("predict", {x}, {negated, dense, copied});
  Session session = Session::make(load(m)).or_exit();
  const float tiny = 1e-40f;
  float out[3];
  REQUIRE(session
              .run({std::span(&tiny, 1)},
                   {std::span(out, 1), std::span(out + 1, 1), std::span(out + 2, 1)})
              .ok());
  CHECK(out[0] == -tiny);
  CHECK(out[1] == 0.0f);
  CHECK(out[2] == 2 * tiny);
  const double tiny_double = 1e-40;  // rounded while it is copied in
  REQUIRE(session
              .run({std::span(&tiny_double, 1)},
                   {std::span(out, 1), std::span(out + 1, 1), std::span(out + 2, 1)})
              .ok());
  CHECK(out[0] == -tiny);
}

TEST_CASE("session: a dense layer that an arg-max reads keeps denormals") {
  TinyModel m;
  const uint16_t x = m.add_input("x", {1});
  const uint16_t scores = m.add_output("scores", {2});
  const uint16_t label = m.add_output("label", {});
  m.tensor(label).dtype = fb::DType::I64;
  m.add_op(fb::OpKind::Dense, {x, m.add_dense_weight("w", 1, 2, std::vector<float>{0.5f, 1})},
           scores);
  m.add_op(fb::OpKind::ArgMax, {scores}, label).iattr = {0, 0, 0};
  m.add_entry("predict", {x}, {scores, label});
  Session session = Session::make(load(m)).or_exit();
  const float tiny = 1e-40f;
  float out[2];
  int64_t place = -1;
  REQUIRE(session.run({std::span(&tiny, 1)}, {std::span(out), std::span(&place, 1)}).ok());
  CHECK(out[1] == tiny);
  CHECK(place == 1);
}

TEST_CASE("session: every NaN that comes out is the canonical one") {
  TinyModel m;
  const uint16_t x = m.add_input("x", {2});
  const uint16_t y = m.add_output("y", {2});
  const uint16_t wide = m.add_output("wide", {2});
  m.tensor(wide).dtype = fb::DType::F64;
  m.add_op(fb::OpKind::Unary, {x}, y).act = fb::Act::Neg;
  m.add_op(fb::OpKind::Cast, {x}, wide);
  m.add_entry("predict", {x}, {y, wide});
  Session session = Session::make(load(m)).or_exit();
  const uint32_t patterns[] = {0xFFC12345, 0x7F800001};
  float in[2];
  std::memcpy(in, patterns, sizeof in);
  float out[2];
  double doubles[2];
  REQUIRE(session.run({in}, {out, doubles}).ok());
  for (const float value : out) CHECK(std::bit_cast<uint32_t>(value) == 0x7FC00000);
  for (const double value : doubles) CHECK(std::bit_cast<uint64_t>(value) == 0x7FF8000000000000);
}

TEST_CASE("session: a profile names every step once, counts from zero and ends when told") {
  const Model model = load(tiny_mlp());
  SessionOptions options;
  options.tile_rows = 10;
  Session session = Session::make(model, options).or_exit();
  CHECK(session.profile().empty());
  session.set_profiling(true);
  answers(session, random_rows(3 * 25, 1));
  const std::span<const StepProfile> lines = session.profile();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].name == "fc1");
  CHECK(lines[0].kind == "dense");
  CHECK(lines[2].kind == "softmax");
  CHECK(lines[0].calls == 3);
  CHECK(lines[0].flops == 25 * 2 * 3 * 5);
  CHECK(lines[2].flops == 0);
  CHECK(lines[1].bytes == 25 * (5 + 2) * 4 + 3 * (5 * 2 + 2) * 4);
  CHECK(lines[0].nanoseconds > 0);
  session.set_profiling(true);
  CHECK(session.profile()[0].calls == 0);
  session.set_profiling(false);
  answers(session, random_rows(3, 1));
  CHECK(session.profile().empty());
}

TEST_CASE("session: an observer sees what every step gave, tile by tile, until it is taken away") {
  const Model model = load(two_entries());
  Session session = make_for(model, "both", {"sum"}).or_exit();
  struct Seen {
    std::vector<std::string> steps;
    std::vector<float> values;
  } seen;
  const StepObserver note = [](void* context, const StepOutput& output) noexcept {
    Seen& to = *static_cast<Seen*>(context);
    to.steps.push_back(std::to_string(output.step) + " " + std::string(output.name) + " " +
                       std::string(output.kind));
    CHECK(output.tensor.dtype == DType::F32);
    CHECK(output.tensor.width() == 2);
    for (size_t r = 0; r < output.rows; ++r) {
      const auto* row = reinterpret_cast<const float*>(static_cast<const std::byte*>(output.data) +
                                                       r * output.row_bytes);
      to.values.insert(to.values.end(), row, row + 2);
    }
  };
  const std::array<float, 4> x = {1, 2, 3, 4}, z = {10, 20, 30, 40};
  std::array<float, 4> sum;
  session.set_observer(note, &seen);
  REQUIRE(session.run({x, z}, {sum}).ok());
  CHECK(seen.steps == std::vector<std::string>{"0 negate unary", "1 add binary"});
  CHECK(seen.values == std::vector<float>{-1, -2, -3, -4, 9, 18, 27, 36});
  session.set_observer(nullptr, nullptr);
  REQUIRE(session.run({x, z}, {sum}).ok());
  CHECK(seen.steps.size() == 2);
}

TEST_CASE("session: an output that a later op reads works whether or not it was asked for") {
  const Model model = load(two_entries());
  Session sum_only = make_for(model, "both", {"sum"}).or_exit();
  Session with_y = make_for(model, "both", {"sum", "y"}).or_exit();
  const std::vector<float> x = random_rows(2 * 300, 1);
  const std::vector<float> z = random_rows(2 * 300, 2);
  std::vector<float> a(600);
  std::vector<float> b(600);
  std::vector<float> y(600);
  REQUIRE(sum_only.run({x, z}, {a}).ok());
  REQUIRE(with_y.run({x, z}, {b, y}).ok());
  CHECK(same_bits(a, b));
  for (size_t i = 0; i < 600; ++i) REQUIRE(y[i] == -x[i]);
}

}  // namespace
}  // namespace mle::testing
