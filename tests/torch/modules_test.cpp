// Pickled modules: what standard layers compute, and which are refused.
// SPDX-License-Identifier: Apache-2.0
#include "tests/torch/support.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace mle;
using namespace mle::compiler;
using namespace mle::testing;

namespace {

const std::string kNN = "torch.nn.modules.";

std::string linear() {
  return module(kNN + "linear.Linear", {{"weight", tensor("0", 6, 0, {2, 3}, {3, 1})},
                                        {"bias", tensor("1", 2, 0, {2}, {1})}});
}

std::string sequential(const std::vector<std::string>& layers) {
  std::vector<std::pair<std::string, std::string>> children;
  for (size_t i = 0; i < layers.size(); ++i) children.emplace_back(std::to_string(i), layers[i]);
  return module(kNN + "container.Sequential", {}, children);
}

const std::vector<std::string> kStorages = {raw({1, 2, 3, -4, 5, -6}), raw({0.5f, -0.5f})};
const Elements kRow = {1, 0.5, -0.25};
const Elements kHidden = {1.75, -0.5};  // what the linear layer makes of it

Read behind_linear(const std::string& layer) {
  return read(checkpoint(sequential({linear(), sequential({layer})}), kStorages));
}

}  // namespace

TEST_CASE("torch: a Sequential of standard layers is followed, its input is as wide as they take") {
  const Read made = read(checkpoint(sequential({linear()}), kStorages));
  CHECK(made.answer(kRow) == kHidden);
  REQUIRE_FALSE(made.graph->notes.empty());
  CHECK(made.graph->notes[0].find("input 'x' is [rows, 3]") != std::string::npos);
  CHECK(behind_linear(module(kNN + "activation.ReLU", {})).answer(kRow) == Elements{1.75, 0});
  CHECK(behind_linear(module(kNN + "activation.LeakyReLU", {}, {}, {{"negative_slope", "F0.5\n"}}))
            .answer(kRow) == Elements{1.75, -0.25});
  CHECK(behind_linear(module(kNN + "activation.Hardtanh", {}, {},
                             {{"min_val", "F-0.25\n"}, {"max_val", "F0.5\n"}}))
            .answer(kRow) == Elements{0.5, -0.25});
  CHECK(behind_linear(module(kNN + "dropout.Dropout", {}, {}, {{"p", "F0.5\n"}})).answer(kRow) ==
        kHidden);
  const Elements odds =
      behind_linear(module(kNN + "activation.Softmax", {}, {}, {{"dim", "N"}})).answer(kRow);
  CHECK(odds[0] == doctest::Approx(1 / (1 + std::exp(kHidden[1] - kHidden[0]))));
}

TEST_CASE("torch: a module says which other axes its layers take with the same answers") {
  const auto axes = [](const std::vector<std::string>& layers) {
    const Read made = read(checkpoint(sequential(layers), kStorages));
    REQUIRE(made.graph.has_value());
    return made.graph->entries[0].inputs[0].axes;
  };
  const auto layer = [](const std::string& name, const std::string& attribute = "",
                        const std::string& value = "") {
    std::vector<std::pair<std::string, std::string>> attributes;
    if (!attribute.empty()) attributes.emplace_back(attribute, value);
    return module(kNN + name, {}, {}, attributes);
  };
  CHECK(axes({linear()}) == compiler::Axes::Leading);
  CHECK(axes({linear(), layer("activation.Softmax", "dim", "I-1\n")}) == compiler::Axes::Leading);
  // A softmax over the first axis behind the rows is another one where there are more.
  CHECK(axes({linear(), layer("activation.Softmax", "dim", "I1\n")}) == compiler::Axes::AsDims);
  const std::string flatten =
      module(kNN + "flatten.Flatten", {}, {}, {{"start_dim", "I1\n"}, {"end_dim", "I-1\n"}});
  CHECK(axes({flatten, linear()}) == compiler::Axes::Flattened);
  CHECK(axes({linear(), flatten}) == compiler::Axes::AsDims);
}

TEST_CASE("torch: where a row may have other pairs of lengths, the file says so") {
  const std::string norm = module(kNN + "instancenorm.InstanceNorm1d", {}, {}, {{"eps", "F0.5\n"}});
  const std::string flatten =
      module(kNN + "flatten.Flatten", {}, {}, {{"start_dim", "I1\n"}, {"end_dim", "I-1\n"}});
  const Read made = read(checkpoint(sequential({norm, flatten, linear()}), kStorages));
  REQUIRE_MESSAGE(made.graph.has_value(), made.problem());
  bool said = false;
  for (const std::string& note : made.graph->notes)
    said = said || note.find("for 'x', too: --shape x.1=N and --shape x.2=M") != std::string::npos;
  CHECK(said);
}

TEST_CASE("torch: an InstanceNorm with the statistics of training takes those") {
  const std::vector<std::string> storages = {raw({1, 2, 3, -4, 5, -6}), raw({0.5f, -0.5f}),
                                             raw({1}), raw({4})};
  const std::string norm = module(
      kNN + "instancenorm.InstanceNorm1d",
      {{"running_mean", tensor("2", 1, 0, {1}, {1})}, {"running_var", tensor("3", 1, 0, {1}, {1})}},
      {}, {{"eps", "F0.0\n"}});
  const Read made = read(checkpoint(sequential({norm}), storages));
  REQUIRE_MESSAGE(made.graph.has_value(), made.problem());
  const Elements row = made.answer({3});
  CHECK(row == Elements{1});
}

TEST_CASE("torch: a wrapper around a module is looked through") {
  const std::string wrapped = module("torch.nn.parallel.data_parallel.DataParallel", {},
                                     {{"module", sequential({linear()})}});
  CHECK(read(checkpoint(dict({{"model", wrapped}}), kStorages)).answer(kRow) == kHidden);
}

TEST_CASE("torch: modules without a known forward are refused by name and place") {
  const auto refused = [](const std::string& layer, const std::string& what) {
    const Read made = behind_linear(layer);
    CHECK_FALSE(made.graph.has_value());
    CAPTURE(made.problem());
    CHECK(made.problem().find(what) != std::string::npos);
  };
  refused(module(kNN + "conv.Conv1d", {}), "module '1.0': the module torch.nn.modules.conv.Conv1d");
  for (const char* cell : {"LSTM", "GRU", "RNN"})
    refused(module(kNN + "rnn." + cell, {}),
            "module '1.0': the module torch.nn.modules.rnn." + std::string(cell));
  refused(module(kNN + "activation.MultiheadAttention", {}), "activation.MultiheadAttention");
  refused(module(kNN + "container.ModuleList", {}), "container.ModuleList is not compiled");
  refused(module("__main__.Net", {}), "__main__.Net");
  refused("I3\n", "is no module");
  refused(module(kNN + "activation.ReLU", {}, {}, {{"_forward_hooks", dict({{"0", "I1\n"}})}}),
          "has hooks");
  CHECK(
      behind_linear(module("__main__.Net", {})).problems.kept()[0].hint.find("torch.export.save") !=
      std::string::npos);
}
