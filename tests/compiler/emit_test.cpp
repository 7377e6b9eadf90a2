// Graph to bytes: what is written opens, and says what the graph said.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/emit.h"

#include "compiler/emit/names.h"
#include "compiler/emit/pack_weights.h"
#include "compiler/emit/sha256.h"
#include "compiler/golden.h"
#include "compiler/passes/passes.h"
#include "format/file_view.h"
#include "format/rules.h"
#include "tests/compiler/graphs.h"
#include "tests/support/tiny_models.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace mle::testing {
namespace {

AlignedBytes emitted(const Graph& graph, const EmitOptions& options = {}) {
  auto writer = emit(graph, options);
  REQUIRE_MESSAGE(writer.has_value(), writer.error().message());
  AlignedBytes bytes(writer->size());
  REQUIRE(writer->write(bytes.span()).ok());
  return bytes;
}

format::FileView opened(const AlignedBytes& bytes) {
  format::ViewOptions options;
  options.verify = Verify::Everything;
  auto view = format::FileView::open(bytes.span(), options);
  REQUIRE_MESSAGE(view.has_value(), view.error().message());
  return *std::move(view);
}

Graph passed(Graph graph) {
  const Status status = run_passes(graph);
  REQUIRE_MESSAGE(status.ok(), status.message());
  return graph;
}

size_t count_ops(const format::FileView& view) { return view.model().ops()->size(); }

size_t count_constants(const format::FileView& view) {
  size_t constants = 0;
  for (const auto* tensor : *view.model().tensors())
    constants += tensor->place() == fb::Place::Constant;
  return constants;
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  char digits[3];
  for (std::byte byte : bytes) {
    std::snprintf(digits, sizeof digits, "%02x", std::to_integer<unsigned>(byte));
    text += digits;
  }
  return text;
}

std::string sha256_of(std::string_view message) {
  return hex(sha256(std::as_bytes(std::span(message.data(), message.size()))));
}

// Index of weight (i, j) in its packed place, from the words of format/layout.h.
size_t packed_index(format::Layout layout, size_t k, size_t n, size_t i, size_t j) {
  if (layout == format::Layout::Panel16) return (j / 16 * k + i) * 16 + j % 16;
  return (i / 16 * n + j) * 16 + i % 16;
}

TEST_CASE("compiler: random networks become files that open with every check") {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    const Graph graph = passed(random_network(seed));
    EmitOptions options;
    auto golden = judge_golden_rows(graph, 4);
    REQUIRE(golden.has_value());
    options.golden = *std::move(golden);
    const AlignedBytes bytes = emitted(graph, options);
    const format::FileView view = opened(bytes);
    CHECK(view.model().entries()->size() == 1);
    CHECK(view.model().goldens()->Get(0)->rows() == 4);
  }
}

TEST_CASE("compiler: the same graph gives the same bytes twice") {
  EmitOptions options;
  options.name = "twice";
  options.license = "Apache-2.0";
  options.card = "# A card\n";
  options.source_sha256.assign(32, std::byte{7});
  const Graph graph = passed(random_network(11));
  options.golden = *judge_golden_rows(graph, 3);
  const AlignedBytes first = emitted(graph, options);
  const AlignedBytes second = emitted(passed(random_network(11)), options);
  REQUIRE(first.size() == second.size());
  CHECK(std::memcmp(first.data(), second.data(), first.size()) == 0);
}

TEST_CASE("compiler: packing puts every weight where the layout says and zeros elsewhere") {
  for (const auto& each : std::vector<std::pair<size_t, size_t>>{{1, 1},
                                                                 {3, 2},
                                                                 {40, 256},
                                                                 {17, 33},
                                                                 {300, 1},
                                                                 {256, 7},
                                                                 {255, 16},
                                                                 {513, 16},
                                                                 {2, 130}}) {
    const auto& k = each.first;
    const auto& n = each.second;
    CAPTURE(k);
    CAPTURE(n);
    const format::Layout layout = format::dense_order(k, n, DType::F32).layout;
    std::vector<float> weights(k * n), turned(k * n);
    for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i + 1);
    for (size_t i = 0; i < weights.size(); ++i) turned[i % n * k + i / n] = weights[i];
    std::vector<float> packed(format::packed_elements(layout, k, n)), expected(packed.size(), 0.0f);
    for (size_t i = 0; i < k; ++i)
      for (size_t j = 0; j < n; ++j)
        expected[packed_index(layout, k, n, i, j)] = weights[i * n + j];
    Value matrix;
    matrix.fact.dims = {static_cast<uint32_t>(k), static_cast<uint32_t>(n)};
    const size_t unit = unit_bytes(layout, matrix.fact, DType::F32) / sizeof(float);
    REQUIRE(packed_units(layout, matrix.fact) * unit == packed.size());
    for (const bool lies_turned : {false, true}) {
      CAPTURE(lies_turned);
      matrix.constant = Constant::from_f32(lies_turned ? turned : weights);
      matrix.constant.turned = lies_turned;
      std::fill(packed.begin(), packed.end(), -1.0f);
      pack_weights(layout, matrix, DType::F32, 0, std::as_writable_bytes(std::span(packed)));
      CHECK(packed == expected);
      // The last unit alone is what it is among all.
      std::vector<float> last(unit, -1.0f);
      pack_weights(layout, matrix, DType::F32, packed.size() / unit - 1,
                   std::as_writable_bytes(std::span(last)));
      CHECK(std::equal(last.begin(), last.end(), expected.end() - static_cast<ptrdiff_t>(unit)));
    }
  }
}

TEST_CASE("compiler: equal constants are stored once") {
  GraphBuilder g;
  const ValueId x = g.input({4});
  const std::vector<float> same = {1, 2, 3, 4};
  ValueId y = g.binary(BinaryFn::Add, x, g.constant({4}, same, "first"));
  y = g.binary(BinaryFn::Max, y, g.constant({4}, same, "second"));
  y = g.binary(BinaryFn::Min, y, g.constant({4}, {1, 2, 3, 5}, "other"));
  g.output(y);
  const AlignedBytes bytes = emitted(g.finish());
  CHECK(count_constants(opened(bytes)) == 2);
}

TEST_CASE("compiler: an output that is an input, a constant's user or named twice gets a copy") {
  GraphBuilder g;
  const ValueId x = g.input({3});
  const ValueId h = g.unary(Act::Tanh, x);
  const ValueId y = g.unary(Act::Exp, h);
  g.output(x, "same");
  g.output(h, "hidden");
  g.output(y, "y");
  g.output(y, "again");
  const AlignedBytes bytes = emitted(g.finish());
  const format::FileView view = opened(bytes);
  CHECK(count_ops(view) == 2 + 4);
  CHECK(view.model().entries()->Get(0)->outputs()->size() == 4);
}

TEST_CASE("compiler: a constant output of a row-wise model is refused by name") {
  GraphBuilder g;
  const ValueId x = g.input({3});
  g.output(g.unary(Act::Tanh, x), "y");
  g.output(g.constant({2}, {1, 2}), "fixed");
  const auto writer = emit(g.finish(), {});
  REQUIRE_FALSE(writer.has_value());
  CHECK(writer.error().rule() == format::rule::C208_Shape);
  CHECK(std::string(writer.error().message()).find("'fixed'") != std::string::npos);
}

TEST_CASE("compiler: a model of more ops than a file holds is refused, not planned") {
  GraphBuilder g;
  ValueId x = g.input({1});
  for (int i = 0; i < 70000; ++i) x = g.unary(i % 2 == 0 ? Act::Tanh : Act::Exp, x);
  g.output(x);
  const auto writer = emit(g.finish(), {});
  REQUIRE_FALSE(writer.has_value());
  CHECK(writer.error().rule() == format::rule::C216_LimitReached);
}

TEST_CASE("compiler: a whole model may have a constant output") {
  GraphBuilder g(Rows::Whole);
  const ValueId x = g.input({2, 3});
  g.output(g.softmax(x, 0), "y");
  g.output(g.constant({2}, {1, 2}), "fixed");
  const AlignedBytes bytes = emitted(g.finish());
  CHECK(count_ops(opened(bytes)) == 2);
}

TEST_CASE("compiler: feature bits are set only for layouts that are used") {
  GraphBuilder panels, lanes, none;
  panels.output(panels.dense(panels.input({8}), 32));
  lanes.output(lanes.dense(lanes.input({8}), 1));
  none.output(none.unary(Act::Relu, none.input({8})));
  CHECK(opened(emitted(panels.finish())).header().required_features == format::kFeaturePanel16);
  CHECK(opened(emitted(lanes.finish())).header().required_features == format::kFeatureLanes16);
  CHECK(opened(emitted(none.finish())).header().required_features == 0);
}

TEST_CASE("compiler: labels, features, provenance and the card reach the file") {
  GraphBuilder g;
  g.output(g.dense(g.input({2}), 2));
  Graph graph = g.finish();
  graph.entries[0].inputs[0].features = {"length", "width"};
  graph.entries[0].outputs[0].labels = {"no", "yes"};
  graph.origin.format = "onnx";
  EmitOptions options;
  options.name = "named";
  options.author = "somebody";
  options.license = "MIT";
  options.card = "text";
  options.source_file = "source.onnx";
  options.timestamp = 1700000000;
  const AlignedBytes bytes = emitted(graph, options);
  const format::FileView view = opened(bytes);
  const fb::Model& model = view.model();
  const fb::Entry& entry = *model.entries()->Get(0);
  CHECK(view.string(model.name()) == "named");
  CHECK(view.string(model.license()) == "MIT");
  CHECK(view.string(entry.inputs()->Get(0)->features()->Get(1)) == "width");
  CHECK(view.string(entry.outputs()->Get(0)->labels()->Get(1)) == "yes");
  CHECK(view.string(model.source()->kind()) == "onnx");
  CHECK(view.string(model.source()->file_name()) == "source.onnx");
  CHECK(model.source()->created()->lo() == 1700000000);
  CHECK(view.find_segment(format::kCard) >= 0);
}

TEST_CASE("compiler: without a timestamp the file has no time of creation") {
  GraphBuilder g;
  g.output(g.dense(g.input({2}), 2));
  const AlignedBytes bytes = emitted(g.finish());
  CHECK(opened(bytes).model().source()->created() == nullptr);
}

TEST_CASE("compiler: names from strangers are made fit, good ones are kept") {
  CHECK(clean_name("layer.0/Größe") == "layer.0/Größe");
  CHECK(clean_name("a\nb\x7f") == "a?b?");
  CHECK(clean_name("\xff\xfe_x") == "??_x");
  CHECK(clean_name(std::string(70000, 'a')).size() == 65535);
  CHECK(clean_name(std::string(65534, 'a') + "ß").size() == 65534);
}

TEST_CASE("compiler: sha256 agrees with the published test vectors") {
  CHECK(sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_of(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("compiler: golden rows hold the answers of the judge") {
  GraphBuilder g;
  g.output(g.unary(Act::Tanh, g.dense(g.input({5}), 3)));
  const Graph graph = g.finish();
  const auto by_entry = judge_golden_rows(graph, 6);
  REQUIRE(by_entry.has_value());
  const GoldenRows* golden = &(*by_entry)[0];
  CHECK(golden->rows == 6);
  CHECK(golden->reference == "judge");
  CHECK(golden->atol > 0);
  CHECK(golden->atol < 1e-4);
  const auto answers = evaluate_outputs(graph, golden->inputs, golden->rows);
  REQUIRE(answers.has_value());
  CHECK((*answers)[0] == golden->outputs[0]);
}

TEST_CASE("compiler: rows whose label hangs on digits that f32 has not are no golden rows") {
  // Sigmoids that double tells apart, and f32 takes for 1.
  GraphBuilder g;
  const ValueId x = g.binary(BinaryFn::Mul, g.input({1}), g.scalar(0.01f));
  const ValueId scores = g.binary(BinaryFn::Add, x, g.constant({2}, {20, 21}));
  g.output(g.argmax(g.unary(Act::Sigmoid, scores), 0));
  CHECK((*judge_golden_rows(g.finish(), 8))[0].rows == 0);
}

TEST_CASE("compiler: golden rows allow for a step where another order of a sum may take it") {
  constexpr float kStep = 0x1p-14f;
  // Moving the inputs shows nothing: they are whole numbers before they are summed.
  GraphBuilder g;
  const ValueId x = g.unary(Act::Round, g.binary(BinaryFn::Mul, g.input({8}), g.scalar(4)));
  const ValueId sums = g.binary(BinaryFn::Div, g.dense(x, 16), g.scalar(kStep));
  g.output(g.binary(BinaryFn::Mul, g.unary(Act::Round, sums), g.scalar(kStep)));
  const auto golden = judge_golden_rows(g.finish(), 8);
  REQUIRE(golden.has_value());
  CHECK((*golden)[0].rows == 8);
  CHECK((*golden)[0].atol >= double{kStep});
  CHECK((*golden)[0].atol < 16 * double{kStep});
}

TEST_CASE("compiler: golden rows of 16-bit answers allow for their last bit") {
  GraphBuilder g;
  g.output(g.cast(g.unary(Act::Tanh, g.input({3})), DType::F16));
  const auto golden = judge_golden_rows(g.finish(), 8);
  REQUIRE(golden.has_value());
  CHECK((*golden)[0].rows == 8);
  CHECK((*golden)[0].rtol >= 0x1p-10);
}

}  // namespace
}  // namespace mle::testing
