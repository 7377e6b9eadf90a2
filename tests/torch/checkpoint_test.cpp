// Checkpoints: where weights are found, how they lie in storages, and every way a file may lie.
// SPDX-License-Identifier: Apache-2.0
#include "tests/torch/support.h"

#include <doctest/doctest.h>

using namespace mle;
using namespace mle::compiler;
using namespace mle::testing;

namespace {

const std::string kLinear = R"({"layers": [{"op": "linear", "weight": "w", "bias": "b"}]})";

bool mentions(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("torch: strides and offsets into a shared storage are honoured") {
  const std::vector<std::string> storages = {raw({9, 1, 4, 2, 5, 3, 6, 10, 20})};
  // [2, 3] by columns from element 1 on, and two elements behind it.
  const auto source = checkpoint(
      dict({{"w", tensor("0", 9, 1, {2, 3}, {1, 2})}, {"b", tensor("0", 9, 7, {2}, {1})}}),
      storages);
  CHECK(read(source, kLinear).answer({1, 10, 100}) == Elements{321 + 10, 654 + 20});
}

TEST_CASE("torch: a state_dict is found in a training checkpoint, without what wrappers prefix") {
  const std::string w = tensor("0", 3, 0, {1, 3}, {3, 1}), b = tensor("1", 1, 0, {1}, {1});
  const std::vector<std::string> storages = {raw({1, 2, 3}), raw({4})};
  for (const char* place : {"state_dict", "model_state_dict", "my_model"}) {
    CAPTURE(place);
    const auto source =
        checkpoint(dict({{"epoch", "I7\n"},
                         {place, dict({{"module._orig_mod.w", w}, {"module._orig_mod.b", b}})}}),
                   storages);
    const Read made = read(source, kLinear);
    CHECK(made.answer({1, 10, 100}) == Elements{325});
    REQUIRE(made.graph->notes.size() >= 2);
    CHECK(mentions(made.graph->notes[0], place));
  }
}

TEST_CASE("torch: a checkpoint's own tensors beside the model's are not taken for weights") {
  const std::string w = tensor("0", 3, 0, {1, 3}, {3, 1}), b = tensor("1", 1, 0, {1}, {1});
  const auto source =
      checkpoint(dict({{"loss", b}, {"model_state_dict", dict({{"w", w}, {"b", b}})}}),
                 {raw({1, 2, 3}), raw({4})});
  CHECK(read(source, kLinear).answer({1, 10, 100}) == Elements{325});
}

TEST_CASE("torch: a class that is told with its source text, as before version 1.6, is the class") {
  const std::string linear =
      "(S'module'\nctorch.nn.modules.linear\nLinear\nS'linear.py'\n"
      "S'class Linear: ...'\ntQ)\x81";
  const std::string state =
      dict({{"_parameters", dict({{"weight", tensor("0", 3, 0, {1, 3}, {3, 1})},
                                  {"bias", tensor("1", 1, 0, {1}, {1})}})},
            {"_buffers", dict({})},
            {"_modules", dict({})}});
  const auto source = checkpoint(linear + state + "b", {raw({1, 2, 3}), raw({4})});
  CHECK(read(source).answer({1, 10, 100}) == Elements{325});
}

TEST_CASE("torch: tensors that reach beyond what is there are refused by name") {
  const auto refused = [](const std::string& words, const std::string& what) {
    CAPTURE(words);
    const auto source = checkpoint(dict({{"w", words}, {"b", tensor("0", 6, 0, {2}, {1})}}),
                                   {raw({1, 2, 3, 4, 5, 6})});
    const Read made = read(source, kLinear);
    CHECK_FALSE(made.graph.has_value());
    CAPTURE(made.problem());
    CHECK(mentions(made.problem(), what));
  };
  refused(tensor("0", 6, 1, {2, 3}, {3, 1}), "'w' reaches beyond its storage");
  refused(tensor("0", 6, 0, {2, 3}, {30, 1}), "'w' reaches beyond its storage");
  refused(tensor("0", 6, -1, {2, 3}, {3, 1}), "does not say where");
  refused(tensor("0", 6, 0, {2, 3}, {-3, 1}), "negative length or stride");
  refused(tensor("0", 6, 0, {2, 3}, {1}), "does not say where");
  refused(tensor("0", 7, 0, {2, 3}, {3, 1}), "the storage of tensor 'w' is cut");
  refused(tensor("0", -6, 0, {2, 3}, {3, 1}), "the storage of tensor 'w' is cut");
  refused(tensor("../../x", 6, 0, {2, 3}, {3, 1}), "no member 'data/../../x'");
  refused(tensor("0", 6, 0, {2147483647, 2147483647}, {0, 0}), "unfold to far more");
  refused(tensor("0", 6, 0, {2, 3}, {3, 1}, "QInt8Storage"), "torch.QInt8Storage");
  refused("cposix\nsystem\n(S'true'\ntR", "posix.system");
}

TEST_CASE("torch: a file without weights is refused with what to save instead") {
  const Read made = read(checkpoint(dict({{"epoch", "I7\n"}}), {}));
  CHECK(mentions(made.problem(), "holds no state_dict"));
  CHECK(mentions(made.problems.kept()[0].hint, "model.state_dict()"));
}
