// Architectures beside weights: what becomes of each layer, and that nothing is guessed.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/evaluate.h"
#include "compiler/graph/check.h"
#include "compiler/import/network/network.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

using namespace mle;
using namespace mle::compiler;

namespace {

void add(network::Weights& weights, const std::string& name, std::vector<uint64_t> shape,
         const std::vector<float>& elements) {
  auto kept = std::make_shared<const std::vector<float>>(elements);
  network::WeightTensor tensor;
  tensor.shape = std::move(shape);
  tensor.bytes = std::as_bytes(std::span<const float>(*kept));
  tensor.owner = kept;
  weights[name] = std::move(tensor);
}

network::Weights two_layers() {
  network::Weights weights;
  add(weights, "0.weight", {2, 3}, {1, 2, 3, -4, 5, -6});
  add(weights, "0.bias", {2}, {0.5f, -0.5f});
  add(weights, "1.slope", {2}, {0.25f, 0.5f});
  add(weights, "2.weight", {1, 2}, {3, -2});
  for (const char* name : {"n.weight", "n.bias", "n.mean", "n.var"})
    add(weights, name, {2}, {2, 4});
  return weights;
}

std::optional<Graph> build(const std::string& json, Problems& problems,
                           const network::Weights& weights = two_layers()) {
  const auto architecture = network::parse_architecture(std::as_bytes(std::span(json)), problems);
  if (!architecture) return std::nullopt;
  return network::build_network(weights, *architecture, problems);
}

// The answer for one row.
Elements answer(const std::string& layers, const Elements& row) {
  Problems problems;
  const auto graph = build("{\"layers\": [" + layers + "]}", problems);
  for (const Problem& problem : problems.kept()) MESSAGE(problem.where << ": " << problem.what);
  REQUIRE(graph.has_value());
  const auto answers = evaluate_outputs(*graph, {row}, 1);
  REQUIRE(answers);
  return answers->front();
}

void check_refused(const std::string& json, const std::string& words) {
  CAPTURE(json);
  Problems problems;
  CHECK_FALSE(build(json, problems).has_value());
  REQUIRE_FALSE(problems.empty());
  const std::string text = problems.kept()[0].where + ": " + problems.kept()[0].what;
  CAPTURE(text);
  CHECK(text.find(words) != std::string::npos);
}

const std::string kFirst = R"({"op": "linear", "weight": "0.weight", "bias": "0.bias"})";

}  // namespace

TEST_CASE("architecture: a linear layer is x W' + b, W as [out, in]") {
  CHECK(answer(kFirst, {1, 10, 100}) == Elements{321.5, -554.5});
  CHECK(answer(kFirst + R"(, {"op": "linear", "weight": "2.weight"})", {1, 10, 100}) ==
        Elements{3 * 321.5 + 2 * 554.5});
}

TEST_CASE("architecture: a layer of f64 weights makes a network of f64, narrower ones widen") {
  network::Weights weights = two_layers();
  const std::vector<double> precise = {1 + 0x1p-40, 2, 3, -4, 5, -6};
  weights["0.weight"].dtype = DType::F64;
  weights["0.weight"].bytes = std::as_bytes(std::span<const double>(precise));
  weights["0.weight"].owner = nullptr;
  Problems problems;
  const auto graph =
      build("{\"layers\": [" + kFirst + R"(, {"op": "linear", "weight": "2.weight"}]})", problems,
            weights);
  REQUIRE(graph.has_value());
  CHECK(check(*graph).ok());
  CHECK(graph->value(graph->entries[0].inputs[0].value).fact.dtype == DType::F64);
  CHECK(graph->value(graph->entries[0].outputs[0].value).fact.dtype == DType::F64);
  CHECK(evaluate_outputs(*graph, {Elements{1, 0, 0}}, 1)->front() ==
        Elements{3 * (1.5 + 0x1p-40) + 2 * 4.5});

  // What no layer takes does not count.
  const auto other =
      build("{\"layers\": [{\"op\": \"linear\", \"weight\": \"2.weight\"}]}", problems, weights);
  REQUIRE(other.has_value());
  CHECK(other->value(other->entries[0].inputs[0].value).fact.dtype == DType::F32);
}

TEST_CASE("architecture: activations and normalisations mean what torch means by them") {
  const Elements hidden = answer(kFirst, {1, 0.5, -0.25});
  const auto after = [&](const std::string& layer) {
    return answer(kFirst + ", " + layer, {1, 0.5, -0.25});
  };
  CHECK(after(R"({"op": "relu"})") == Elements{hidden[0], 0});
  CHECK(after(R"({"op": "dropout", "p": 0.5})") == hidden);
  CHECK(after(R"({"op": "leaky_relu", "negative_slope": 0.5})") ==
        Elements{hidden[0], hidden[1] / 2});
  CHECK(after(R"({"op": "prelu", "weight": "1.slope"})") == Elements{hidden[0], hidden[1] / 2});
  const Elements soft = after(R"({"op": "softplus", "beta": 2, "threshold": 20})");
  CHECK(soft[0] == doctest::Approx(std::log1p(std::exp(2 * hidden[0])) / 2));
  const Elements norm = after(
      R"({"op": "batch_norm", "weight": "n.weight", "bias": "n.bias", "running_mean": "n.mean", "running_var": "n.var", "eps": 0})");
  CHECK(norm[0] == doctest::Approx((hidden[0] - 2) / std::sqrt(2.0) * 2 + 2));
  CHECK(norm[1] == doctest::Approx((hidden[1] - 4) / 2 * 4 + 4));
  const double mean = (hidden[0] + hidden[1]) / 2, half = (hidden[0] - hidden[1]) / 2;
  const Elements layer =
      after(R"({"op": "layer_norm", "weight": "n.weight", "bias": "n.bias", "eps": 0.5})");
  CHECK(layer[0] == doctest::Approx((hidden[0] - mean) / std::sqrt(half * half + 0.5) * 2 + 2));
  CHECK(layer[1] == doctest::Approx((hidden[1] - mean) / std::sqrt(half * half + 0.5) * 4 + 4));
  const Elements rms = after(R"({"op": "rms_norm", "eps": 0})");
  CHECK(rms[0] == doctest::Approx(hidden[0] /
                                  std::sqrt((hidden[0] * hidden[0] + hidden[1] * hidden[1]) / 2)));
  CHECK(after(R"({"op": "hard_tanh", "min_val": -0.25, "max_val": 0.5})") == Elements{0.5, -0.25});
  const Elements odds = after(R"({"op": "softmax", "dim": 1})");
  CHECK(odds == after(R"({"op": "softmax", "dim": -1})"));
  CHECK(odds[0] + odds[1] == doctest::Approx(1));
}

TEST_CASE("architecture: what can't be built is refused by layer and reason") {
  const auto one = [](const std::string& layer) { return "{\"layers\": [" + layer + "]}"; };
  check_refused("[]", "no list of \"layers\"");
  check_refused("{\"layers\": []}", "no list of \"layers\"");
  check_refused("{", "no readable JSON");
  check_refused(one("{}"), "layer 1: it has no \"op\"");
  check_refused(one(R"({"op": "lstm"})"), "no layer is called 'lstm'");
  check_refused(one(R"({"op": "relu", "slope": 2})"), "it takes no \"slope\"");
  check_refused(one(R"({"op": "linear", "weight": "9.weight"})"), "no tensor '9.weight'");
  check_refused(one(R"({"op": "linear"})"), "names no tensor as its \"weight\"");
  check_refused(one(R"({"op": "linear", "weight": "0.bias"})"), "is no [out, in] matrix");
  check_refused(one(kFirst + R"(, {"op": "linear", "weight": "0.weight"})"),
                "is no [out, in] matrix");
  check_refused(one(R"({"op": "linear", "weight": "0.weight", "bias": "n.none"})"),
                "no tensor 'n.none'");
  check_refused(one(kFirst + R"(, {"op": "softmax", "dim": 0})"), "none of a row's");
  check_refused(one(kFirst + R"(, {"op": "gelu", "approximate": "fast"})"), "approximate = 'fast'");
  check_refused(R"({"inputs": {"x": ["N", 0]}, "layers": [{"op": "relu"}]})", "no number from 1");
  check_refused(R"({"inputs": {"x": ["N", 2], "z": ["N", 2]}, "layers": [{"op": "relu"}]})",
                "one input");
  check_refused(one(R"({"op": "relu"})"), "how wide the rows");
}

TEST_CASE("architecture: all missing tensors are named at once") {
  Problems problems;
  CHECK_FALSE(build(
      R"({"layers": [{"op": "linear", "weight": "a", "bias": "b"}, {"op": "prelu", "weight": "c"}]})",
      problems));
  CHECK(problems.count() == 3);
}

TEST_CASE(
    "architecture: without one, a single linear layer is taken and a chain is refused with a "
    "draft") {
  Problems problems;
  network::Weights single;
  add(single, "fc.weight", {1, 3}, {1, 2, 3});
  add(single, "fc.bias", {1}, {4});
  const auto made = network::infer_architecture(single, problems);
  REQUIRE(made.has_value());
  CHECK(made->layers.size() == 1);
  CHECK(made->layers[0].tensors.at("bias") == "fc.bias");
  CHECK_FALSE(network::infer_architecture(two_layers(), problems));
  REQUIRE(problems.count() == 1);
  CHECK(problems.kept()[0].hint.find("--arch FILE.json: {\"layers\": [{\"op\": \"linear\", "
                                     "\"weight\": \"0.weight\", \"bias\": \"0.bias\"}") !=
        std::string::npos);
}

TEST_CASE(
    "architecture: numbers without a gap leave no room for an activation, so they are a chain") {
  Problems problems;
  network::Weights chain;
  add(chain, "net.0.weight", {2}, {1, 1});
  add(chain, "net.0.bias", {2}, {0, 0});
  add(chain, "net.1.weight", {3, 2}, {1, 2, 3, 4, 5, 6});
  add(chain, "net.2.running_mean", {3}, {0, 0, 0});
  add(chain, "net.2.running_var", {3}, {1, 1, 1});
  add(chain, "net.3.weight", {1, 3}, {1, 2, 3});
  const auto made = network::infer_architecture(chain, problems);
  REQUIRE(made.has_value());
  REQUIRE(made->layers.size() == 4);
  CHECK(made->layers[0].op == "layer_norm");
  CHECK(made->layers[2].op == "batch_norm");
  CHECK(made->layers[3].tensors.at("weight") == "net.3.weight");
  REQUIRE(made->notes.size() == 3);
  CHECK(made->notes[1].find("eps = 1e-5") != std::string::npos);
  CHECK(made->notes[2].find("not computed") != std::string::npos);

  chain["net.5.weight"] = chain["net.3.weight"];
  chain.erase("net.3.weight");
  CHECK_FALSE(network::infer_architecture(chain, problems));
}

TEST_CASE("architecture: a draft lists the layers in their order, 10 behind 9") {
  Problems problems;
  network::Weights chain;
  for (const char* name : {"10.weight", "9.weight", "2.weight"})
    add(chain, name, {2, 2}, {1, 2, 3, 4});
  CHECK_FALSE(network::infer_architecture(chain, problems));
  const std::string& hint = problems.kept()[0].hint;
  CHECK(hint.find("\"2.weight\"") < hint.find("\"9.weight\""));
  CHECK(hint.find("\"9.weight\"") < hint.find("\"10.weight\""));
}
