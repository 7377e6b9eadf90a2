// TorchScript archives put together by hand: the saved language is followed, not run, and what it
// leaves to the inputs' values is refused.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/script/script.h"

#include "compiler/evaluate/evaluate.h"
#include "compiler/import/script/syntax.h"
#include "tests/support/zip_file.h"
#include "tests/torch/support.h"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <vector>

using namespace mle;
using namespace mle::compiler;
using namespace mle::testing;

namespace {

// A module with a weight of [2, 3], a flag and the body of its forward.
SourceFile archive_of(const std::string& body) {
  const std::string data = "c__torch__\nNet\n)\x81" +
                           dict({{"weight", tensor("0", 6, 0, {2, 3}, {3, 1})},
                                 {"training", "I00\n"},
                                 {"count", "I2\n"}}) +
                           "b.";
  const std::string code =
      "class Net(Module):\n  __parameters__ = [\"weight\", ]\n  weight : Tensor\n"
      "  def forward(self: __torch__.Net,\n    x: Tensor) -> Tensor:\n" +
      body + "\n  def twice(self: __torch__.Net,\n    x: Tensor,\n    by: float=2.) -> Tensor:\n" +
      "    return torch.mul(x, by)\n" +
      "def half(x: Tensor,\n    inplace: bool=False) -> Tensor:\n" +
      "  if inplace:\n    y = torch.mul_(x, 0.5)\n  else:\n    y = torch.mul(x, 0.5)\n  return y\n";
  const std::string file = zip_file({{"m/data.pkl", data},
                                     {"m/data/0", raw({1, 2, 3, 4, 5, 6})},
                                     {"m/code/__torch__.py", code},
                                     {"m/constants.pkl", ")."}});
  return SourceFile::from_bytes("m.pt", std::as_bytes(std::span(file.data(), file.size())));
}

struct Followed {
  Elements answer;
  std::string problem;
};

Followed follow(const std::string& body) {
  CAPTURE(body);
  const SourceFile source = archive_of(body);
  REQUIRE(script::can_read(source));
  Problems problems;
  const auto graph = script::read(source, {}, problems);
  CHECK(graph.has_value() == problems.empty());
  if (!graph) return {{}, problems.kept()[0].where + ": " + problems.kept()[0].what};
  const auto answers = evaluate_outputs(*graph, {Elements{1, 10, 100}}, 1);
  REQUIRE(answers);
  return {answers->front(), ""};
}

const std::string kLinear = "    h = torch.linear(x, self.weight)\n";

}  // namespace

TEST_CASE("torchscript: calls, methods, branches and loops are followed") {
  CHECK(follow(kLinear + "    return h").answer == Elements{321, 654});
  CHECK(follow(kLinear + "    return (self).twice(h, )").answer == Elements{642, 1308});
  CHECK(follow(kLinear + "    _0 = __torch__.half\n    return _0(h, True, )").answer ==
        Elements{160.5, 327});
  CHECK(follow(kLinear + "    for i in range(self.count):\n      h = torch.add(h, h)\n    return h")
            .answer == Elements{1284, 2616});
  CHECK(follow(kLinear +
               "    if torch.eq(torch.size(h, 1), 2):\n      y = torch.neg(h)\n    else:\n"
               "      ops.prim.RaiseException(\"no\")\n      y = h\n    return y")
            .answer == Elements{-321, -654});
  CHECK(follow(kLinear + "    a, b, = torch.split(h, 1, 1)\n    return torch.cat([b, a], -1)")
            .answer == Elements{654, 321});
}

TEST_CASE("torchscript: what changes in place changes for all who hold it, views are refused") {
  CHECK(follow(kLinear + "    g = h\n    _0 = torch.relu_(torch.neg_(h))\n    return g").answer ==
        Elements{0, 0});
  CHECK(follow(kLinear + "    v = torch.slice(h, 1, 0, 1)\n    _0 = torch.neg_(v)\n    return h")
            .problem.find("changes a tensor in place that others show") != std::string::npos);
}

TEST_CASE("torchscript: what cannot be known beforehand is refused with its place") {
  const auto refused = [](const std::string& body, const std::string& words) {
    const std::string problem = follow(body).problem;
    CAPTURE(problem);
    CHECK(problem.find(words) != std::string::npos);
  };
  refused(kLinear + "    if bool(torch.gt(h, 0)):\n      h = x\n    return h", "Bool");
  refused(kLinear + "    return torch.gru(h, h)", "operator 'gru': recurrent networks");
  refused(kLinear + "    return torch.mine(h)", "operator 'mine' of PyTorch is not compiled");
  refused(kLinear + "    return os.system(h)", "the code calls 'os.system'");
  refused(kLinear + "    return nothing", "'nothing', which it has not made");
  refused("    return (self).forward(x, )", "call each other too deeply");
  refused("    while True:\n      pass\n    return x", "too many steps");
  refused(kLinear + "    self.weight = h\n    return h", "changes an object");
}

TEST_CASE("torchscript: code that breaks off, or is nested without end, is refused") {
  const std::string good =
      "def f(x: Tensor) -> Tensor:\n  y = torch.add(x, [1, 2.5e-3], alpha=-1)\n  return (y, x)\n";
  REQUIRE(script::parse(good));
  for (size_t length = 0; length < good.size(); ++length)
    (void)script::parse(std::string_view(good).substr(0, length)).has_value();
  for (const char* wrong : {"def f(", "def f(x:\n", "def f(x):\nreturn x", "x = (1", "x = 'a",
                            "x = a if b", "class A:\n  def", "x = $", "def f():\n    x\n  y\n"}) {
    CAPTURE(wrong);
    CHECK_FALSE(script::parse(wrong));
  }
  CHECK_FALSE(script::parse("x = " + std::string(100'000, '(')));
  CHECK_FALSE(script::parse("x = a" + std::string(100'000, '.')));
}
