// Fitted estimators as graphs: what they take, what they give, and what is refused. run.py beside
// this compares every estimator with scikit-learn itself.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/evaluate.h"
#include "compiler/graph/check.h"
#include "compiler/import/sklearn/sklearn.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <iterator>
#include <string>

using namespace mle;
using namespace mle::compiler;
using nlohmann::json;

namespace {

std::string file(const std::string& name) {
  std::ifstream stream(std::string(MLE_SKLEARN_FILES) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::optional<Graph> read(const std::string& bytes, Problems& problems,
                          ImportOptions options = {}) {
  const auto source =
      SourceFile::from_bytes("m.pkl", std::as_bytes(std::span(bytes.data(), bytes.size())));
  return sklearn::read(source, options, problems);
}

Graph graph_of(const std::string& name) {
  Problems problems;
  auto graph = read(file(name), problems);
  for (const Problem& each : problems.kept()) CAPTURE(each.what);
  REQUIRE(graph);
  REQUIRE(problems.empty());
  const Status sound = check(*graph);
  CHECK_MESSAGE(sound.ok(), sound.message());
  return *std::move(graph);
}

std::string refusal_of(const std::string& bytes) {
  Problems problems;
  CHECK_FALSE(read(bytes, problems));
  REQUIRE(problems.count() == 1);
  const Problem& only = problems.kept()[0];
  return only.where + ": " + only.what + " (" + only.hint + ")";
}

// A Normalizer keeps nothing but the number of its columns.
std::string normalizer_of(const std::string& columns) {
  return "ccopy_reg\n_reconstructor\n(csklearn.preprocessing._data\nNormalizer\nc__builtin__"
         "\nobject\n"
         "NtR(dVnorm\nVl2\nsVn_features_in_\nI" +
         columns + "\nsb.";
}

bool has(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

std::string entries_of(const Graph& graph) {
  std::string text;
  for (const GraphEntry& entry : graph.entries) text += entry.name + " ";
  return text;
}

}  // namespace

TEST_CASE("sklearn: a regressor gives the digits of its source") {
  const Graph graph = graph_of("ridge.pkl");
  CHECK(entries_of(graph) == "predict ");
  CHECK(graph.value(graph.entries[0].outputs[0].value).fact.dims.empty());
  const json recorded = json::parse(file("answers.json"))["ridge"];
  Elements rows;
  for (const json& row : recorded["rows"])
    for (const json& x : row) rows.push_back(x.get<double>());
  const auto answers = evaluate_outputs(graph, {rows}, 5);
  REQUIRE(answers);
  for (size_t i = 0; i < 5; ++i)
    CHECK((*answers)[0][i] == doctest::Approx(recorded["predict"][i].get<double>()).epsilon(1e-14));
}

TEST_CASE("sklearn: a target that was a column comes out as a column") {
  const Graph graph = graph_of("column.pkl");
  CHECK(graph.value(graph.entries[0].outputs[0].value).fact.dims == Dims{1});
}

TEST_CASE("sklearn: a table with words has an input for each column and gives words") {
  const Graph graph = graph_of("table.pkl");
  CHECK(entries_of(graph) == "predict predict_proba decision_function ");
  REQUIRE(graph.entries[0].inputs.size() == 3);
  CHECK(graph.value(graph.entries[0].inputs[0].value).fact.dtype == DType::Str);
  CHECK(graph.value(graph.entries[0].inputs[1].value).fact.dtype == DType::F64);
  CHECK(graph.entries[0].inputs[2].name == "x2");
  CHECK(graph.entries[1].outputs[0].labels == std::vector<std::string>{"no", "yes"});

  const json recorded = json::parse(file("answers.json"))["table"];
  std::vector<std::optional<std::string>> first, last;
  Elements middle;
  for (const json& row : recorded["rows"]) {
    first.emplace_back(row[0].get<std::string>());
    middle.push_back(row[1].get<double>());
    last.push_back(row[2].is_null() ? std::nullopt
                                    : std::optional<std::string>(row[2].get<std::string>()));
  }
  const std::vector<Elements> rows = {from_texts(first), middle, from_texts(last)};
  const auto answers = evaluate_outputs(graph, rows, first.size());
  REQUIRE(answers);
  const Elements &labels = (*answers)[0], &odds = (*answers)[1];
  for (size_t i = 0; i < first.size(); ++i) {
    CHECK(*labels.texts[i] == recorded["predict"][i].get<std::string>());
    CHECK(odds[2 * i + 1] ==
          doctest::Approx(recorded["predict_proba"][i][1].get<double>()).epsilon(1e-13));
  }
}

TEST_CASE("sklearn: gaps are filled from the rows that are nearest to theirs") {
  const Graph graph = graph_of("neighbours.pkl");
  CHECK(entries_of(graph) == "transform ");
  const json recorded = json::parse(file("answers.json"))["neighbours"];
  const size_t count = recorded["rows"].size();
  Elements rows;
  for (const json& row : recorded["rows"])
    for (const json& x : row) rows.push_back(x == -99.0 ? std::nan("") : x.get<double>());
  const auto answers = evaluate_outputs(graph, {rows}, count);
  REQUIRE(answers);
  for (size_t i = 0; i < rows.size(); ++i)
    CHECK((*answers)[0][i] ==
          doctest::Approx(recorded["transform"][i / 3][i % 3].get<double>()).epsilon(1e-9));
  CHECK(has(refusal_of(file("function.pkl")), "weights that are a function"));
  CHECK(has(refusal_of(file("many.joblib")), "4097 rows of 128 columns, more than 524288 numbers"));
}

TEST_CASE("sklearn: outputs of different kinds stand side by side or apart") {
  const Graph graph = graph_of("outputs.pkl");
  CHECK(entries_of(graph) == "predict predict_proba ");
  REQUIRE(graph.entries[1].outputs.size() == 2);  // two classes, and more
  CHECK(graph.entries[1].outputs[1].name == "predict_proba.y1");
}

TEST_CASE("sklearn: what is not read is refused by name, in one line") {
  CHECK(has(refusal_of(file("forest.pkl")), "RandomForestRegressor (decision trees)"));
  const std::string clusters = refusal_of(file("clusters.pkl"));
  CHECK(has(clusters, "step 'kmeans' (KMeans)"));
  CHECK(has(clusters, "KMeans (clustering) is not supported"));
  CHECK(has(refusal_of(file("custom.pkl")), "'__main__.custom'"));
  CHECK(has(refusal_of(file("unfitted.pkl")), "fit()"));
  CHECK(has(refusal_of(file("dict.pkl")), "a dict"));
}

TEST_CASE("sklearn: all parts that are not read are told at once, each with its place") {
  Problems problems;
  CHECK_FALSE(read(file("several.pkl"), problems));
  std::string text;
  for (const Problem& each : problems.kept()) text += each.where + ": " + each.what + "\n";
  CHECK(problems.count() == 3);
  CHECK(has(text, "transformer 'b' (KernelPCA): KernelPCA (kernels) is not supported"));
  CHECK(has(text, "estimator 't' (DecisionTreeRegressor): DecisionTreeRegressor (decision trees)"));
  CHECK(has(text, "estimator 'k' (KNeighborsRegressor): KNeighborsRegressor (nearest"));
}

TEST_CASE("sklearn: estimators within themselves come to an end") {
  // A Pipeline whose only step is itself.
  const std::string pickle =
      "ccopy_reg\n_reconstructor\n(csklearn.pipeline\nPipeline\nc__builtin__\nobject\nNtRp0\n"
      "(dVsteps\n(l(Va\ng0\ntasVn_features_in_\nI3\nsb.";
  CHECK(has(refusal_of(pickle), "without an end"));
}

TEST_CASE("sklearn: a small file that claims millions of columns is not believed") {
  const std::string pickle = normalizer_of("16777215");
  CHECK(has(refusal_of(pickle), "16777215 columns, and the file is too small"));
  Problems problems;
  ImportOptions told;
  told.shapes["X"] = 16777215;
  CHECK(read(pickle, problems, told));
  const auto graph = read(normalizer_of("1048576"), problems);
  REQUIRE(graph);
  CHECK(graph->value(graph->entries[0].inputs[0].value).fact.dims == Dims{1048576});
}

TEST_CASE("sklearn: a byte changed anywhere is refused or harmless") {
  for (const char* name : {"ridge.pkl", "table.pkl", "outputs.pkl", "neighbours.pkl"}) {
    const std::string good = file(name);
    for (size_t at = 0; at < good.size(); ++at) {
      for (const char flip : {'\x01', '\x80'}) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ flip);
        Problems problems;
        const auto graph = read(bad, problems);
        CHECK(graph.has_value() == problems.empty());
        if (graph) CHECK(check(*graph).ok());
      }
    }
  }
}
