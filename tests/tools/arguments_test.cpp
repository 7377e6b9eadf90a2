// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/arguments.h"

#include <doctest/doctest.h>

using namespace mle::tools;
using Words = std::vector<const char*>;
using Texts = std::vector<std::string>;

namespace {

const std::vector<ArgumentKind> kKinds = {{{}, true},
                                          {{"-o", "--output"}, true},
                                          {{"-v", "--version"}, false},
                                          {{"-j"}, false},
                                          {{}, true}};

Arguments split(const Words& words) { return split_arguments(words, kKinds); }

}  // namespace

TEST_CASE("tools: a value stands behind its flag or in the same word") {
  for (const Words& words :
       {Words{"--output", "x"}, Words{"--output=x"}, Words{"-o", "x"}, Words{"-ox"}}) {
    const Arguments all = split(words);
    CHECK(all.given[1] == Texts{"x"});
    CHECK(all.unknown.empty());
    CHECK(all.problem.empty());
  }
  CHECK(split({"--output="}).given[1] == Texts{""});
  CHECK(split({"--output=a=b", "-o", "c"}).given[1] == Texts{"a=b", "c"});
}

TEST_CASE("tools: a value may begin with a dash") {
  CHECK(split({"--output", "-1"}).given[1] == Texts{"-1"});
  CHECK(split({"-o", "--version"}).given[1] == Texts{"--version"});
  CHECK(split({"-o", "--version"}).given[2].empty());
}

TEST_CASE("tools: short flags share a dash, the last one may take a value") {
  const Arguments all = split({"-vjox"});
  CHECK(all.given[1] == Texts{"x"});
  CHECK(all.given[2] == Texts{""});
  CHECK(all.given[3] == Texts{""});
  const Arguments partly = split({"-vqj"});
  CHECK(partly.unknown == Texts{"-q"});
}

TEST_CASE("tools: words without a flag take the places in their order") {
  const Arguments all = split({"a", "-v", "-", "more"});
  CHECK(all.given[0] == Texts{"a"});
  CHECK(all.given[4] == Texts{"-"});
  CHECK(all.unknown == Texts{"more"});
}

TEST_CASE("tools: behind two dashes nothing is a flag") {
  const Arguments all = split({"--", "-v", "--"});
  CHECK(all.given[0] == Texts{"-v"});
  CHECK(all.given[4] == Texts{"--"});
  CHECK(all.given[2].empty());
}

TEST_CASE("tools: what nobody asked for is kept as it was") {
  const Arguments all = split({"--outptu=x", "-q3", "--out", "a"});
  CHECK(all.unknown == Texts{"--outptu=x", "-q3", "--out"});
  CHECK(all.given[0] == Texts{"a"});
}

TEST_CASE("tools: a missing value and one too many name their flag") {
  const Arguments missing = split({"a", "--output"});
  CHECK(missing.flag == "--output");
  CHECK(missing.problem == "needs a value");
  const Arguments extra = split({"--version=2"});
  CHECK(extra.flag == "--version");
  CHECK(extra.problem == "takes no value");
  CHECK(split({}).problem.empty());
}
