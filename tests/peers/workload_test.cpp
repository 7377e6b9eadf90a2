// The judge: what it answers, and what it refuses.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/workload.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace mle::peers {
namespace {

// relu(x * 2 - 1) * -3 + 0.5, of one value.
Workload tiny() {
  Workload workload;
  workload.name = "tiny";
  workload.layers = {{1, 1, {2}, {-1}}, {1, 1, {-3}, {0.5f}}};
  return workload;
}

std::vector<float> answers_of(const Buffer& inputs, size_t rows) {
  std::vector<float> answers;
  for (const float x : inputs.first(rows)) {
    answers.push_back(std::max(x * 2 - 1, 0.0f) * -3 + 0.5f);
  }
  return answers;
}

TEST_CASE("peers: the judge accepts right answers and names the wrong one") {
  const Buffer inputs = make_inputs(tiny());
  const Reference reference(tiny(), inputs.first(kMaxRows));
  std::vector<float> answers = answers_of(inputs, 40);
  CHECK(reference.check(answers, 40, "somebody").ok());
  answers[37] += 0.001f;
  const Status wrong = reference.check(answers, 40, "somebody");
  REQUIRE(!wrong.ok());
  CHECK(
      std::string(wrong.message()).starts_with("tiny: somebody at 40 rows: answer 0 of row 37 is"));
  CHECK(reference.check(answers, 37, "somebody").ok());
}

TEST_CASE("peers: an answer that is no number is refused") {
  const Buffer inputs = make_inputs(tiny());
  const Reference reference(tiny(), inputs.first(kMaxRows));
  std::vector<float> answers = answers_of(inputs, 8);
  answers[3] = std::numeric_limits<float>::quiet_NaN();
  CHECK(!reference.check(answers, 8, "somebody").ok());
}

TEST_CASE("peers: softmax of the judge gives odds") {
  Workload workload;
  workload.name = "odds";
  workload.softmax = true;
  workload.layers = {{1, 2, {0, 0}, {0, std::log(3.0f)}}};
  const Buffer inputs = make_inputs(workload);
  const Reference reference(workload, inputs.first(kMaxRows));
  CHECK(reference.check(std::vector<float>{0.25f, 0.75f}, 1, "somebody").ok());
  CHECK(!reference.check(std::vector<float>{0.75f, 0.25f}, 1, "somebody").ok());
}

TEST_CASE("peers: inputs are the same in every run and lie within one") {
  const Buffer first = make_inputs(tiny()), second = make_inputs(tiny());
  for (size_t i = 0; i < kMaxRows; ++i) {
    CHECK(first.data()[i] == second.data()[i]);
    CHECK(std::abs(first.data()[i]) <= 1);
  }
}

TEST_CASE("peers: a folder without workloads is refused with the way out") {
  const auto workloads = read_workloads("no/such/folder");
  REQUIRE(!workloads.has_value());
  CHECK(workloads.error().code() == Code::NotFound);
  CHECK(std::string(workloads.error().hint()).find("script/bench peers") != std::string::npos);
}

}  // namespace
}  // namespace mle::peers
