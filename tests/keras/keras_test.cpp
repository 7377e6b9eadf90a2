// Keras models put together from the parts of a real one: what is refused, and with which words.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/keras/keras.h"

#include "compiler/import/archive/zip.h"
#include "tests/support/zip_file.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace mle;
using namespace mle::compiler;

namespace {

struct Parts {
  std::string config, weights;
};

Parts parts() {
  std::ifstream in(std::string(MLE_TEST_CASES) + "/keras_siamese_shared/model.keras",
                   std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto members = archive::list_zip(std::as_bytes(std::span(text.data(), text.size())));
  REQUIRE(members);
  Parts found;
  for (const archive::ZipMember& member : *members) {
    std::vector<std::byte> storage;
    const auto bytes = archive::open_member(member, storage);
    REQUIRE(bytes);
    std::string contents(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    if (member.name == "config.json") found.config = std::move(contents);
    if (member.name == "model.weights.h5") found.weights = std::move(contents);
  }
  return found;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// The text of the first problem; "" where the model is read.
std::string problem_of(const std::string& config, const std::string& weights) {
  const std::string file =
      mle::testing::zip_file({{"config.json", config}, {"model.weights.h5", weights}});
  const auto source =
      SourceFile::from_bytes("m.keras", std::as_bytes(std::span(file.data(), file.size())));
  REQUIRE(keras::can_read(source));
  Problems problems;
  const auto graph = keras::read(source, {}, problems);
  CHECK(graph.has_value() == problems.empty());
  return problems.empty() ? "" : problems.kept()[0].where + ": " + problems.kept()[0].what;
}

}  // namespace

TEST_CASE("keras: what is not of Keras, or does not fit its weights, is refused by layer") {
  const Parts good = parts();
  CHECK(problem_of(good.config, good.weights).empty());
  const auto refused = [&](const std::string& from, const std::string& to,
                           const std::string& words) {
    CAPTURE(to);
    const std::string problem = problem_of(replaced(good.config, from, to), good.weights);
    CAPTURE(problem);
    CHECK(problem.find(words) != std::string::npos);
  };
  refused(R"("class_name": "Dense")", R"("class_name": "Lambda")",
          "layer 'dense_50': layer Lambda: it holds code of its own");
  for (const std::string recurrent : {"LSTM", "GRU", "SimpleRNN", "Bidirectional"})
    refused(R"("class_name": "Dense")", R"("class_name": ")" + recurrent + '"',
            "layer 'dense_50': layer " + recurrent + ": recurrent networks");
  refused(R"("class_name": "Dense")", R"("class_name": "Conv1D")",
          "layer 'dense_50': layer Conv1D: convolutions");
  refused(R"("class_name": "Dense")", R"("class_name": "Mine")",
          "layers of class 'Mine' are not compiled");
  refused(R"("module": "keras.layers", "class_name": "Dense")",
          R"("module": "os", "class_name": "system")", "class 'system' of module 'os'");
  refused(R"("units": 32)", R"("units": 2000000000)", "does not fit its units");
  refused(R"("activation": "relu")", R"("activation": "mine")", "the activation 'mine'");
  refused(R"("use_bias": true)", R"("use_bias": false)", "has 2 variables for it, 1 are wanted");
  refused(R"("keras_history": ["sequential_15", 1, 0])", R"("keras_history": ["subtract", 0, 0])",
          "is computed by no layer");
  refused(R"("batch_shape": [null, 13])", R"("batch_shape": [null, null])", "is free");
}
