// Models as different versions of scikit-learn saved them, with what those versions answered.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/evaluate.h"
#include "compiler/import/sklearn/sklearn.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace mle;
using namespace mle::compiler;
using nlohmann::json;

namespace {

std::string from_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0, count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<uint32_t>(digits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count & 255));
  }
  return bytes;
}

// Numbers of any nesting, in order; words as they are.
void flatten(const json& value, Elements& numbers, std::vector<std::string>& words) {
  if (value.is_array())
    for (const json& each : value) flatten(each, numbers, words);
  else if (value.is_string())
    words.push_back(value.get<std::string>());
  else
    numbers.push_back(value.get<double>());
}

// Each column of the rows apart, or all in one, as the graph has its inputs.
std::vector<Elements> inputs_of(const Graph& graph, const json& rows) {
  const size_t ports = graph.entries[0].inputs.size();
  std::vector<Elements> inputs(ports);
  std::vector<std::string> words;
  const size_t width = element_count(graph.value(graph.entries[0].inputs[0].value).fact.dims);
  if (graph.entries[0].inputs[0].axes == Axes::Leading) flatten(rows, inputs[0], words);
  for (const json& row : graph.entries[0].inputs[0].axes == Axes::Leading ? json() : rows)
    for (size_t i = 0; i < ports * width; ++i) flatten(row[i], inputs[i / width], words);
  return inputs;
}

void compare(const json& wanted, const Elements& got) {
  Elements numbers;
  std::vector<std::string> words;
  flatten(wanted, numbers, words);
  for (size_t i = 0; i < words.size(); ++i) CHECK(*got.texts[i] == words[i]);
  if (!words.empty()) return;
  REQUIRE(got.size() == numbers.size());
  double largest = 0;
  for (const double number : numbers) largest = std::max(largest, std::abs(number));
  for (size_t i = 0; i < numbers.size(); ++i)
    CHECK(std::abs(got[i] - numbers[i]) <= 1e-12 * largest);
}

void check_model(const json& model) {
  const std::string bytes = from_base64(model["pickle"]);
  Problems problems;
  const auto source =
      SourceFile::from_bytes("m.pkl", std::as_bytes(std::span(bytes.data(), bytes.size())));
  const auto graph = sklearn::read(source, {}, problems);
  const std::string refused = problems.empty() ? "" : problems.kept()[0].what;
  CAPTURE(refused);
  REQUIRE(graph);
  const std::vector<Elements> inputs = inputs_of(*graph, model["rows"]);
  const size_t width = element_count(graph->value(graph->entries[0].inputs[0].value).fact.dims);
  const auto answers = evaluate_outputs(*graph, inputs, inputs[0].size() / width);
  REQUIRE(answers);
  size_t methods = 0;
  for (size_t i = 0; i < graph->entries.size(); ++i) {
    const std::string& method = graph->entries[i].name;
    CAPTURE(method);
    REQUIRE(model.contains(method));
    compare(model[method], (*answers)[i]);
    ++methods;
  }
  CHECK(methods == model.size() - 2);  // beside the pickle and the rows
}

}  // namespace

TEST_CASE("sklearn: the files of each version answer as that version did") {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MLE_SKLEARN_VERSIONS)) {
    const std::string version = entry.path().stem();
    CAPTURE(version);
    const json models = json::parse(std::ifstream(entry.path()));
    CHECK(models.size() >= 20);
    for (const auto& each : models.items()) {
      CAPTURE(each.key());
      check_model(each.value());
    }
    ++files;
  }
  CHECK(files >= 5);
}
