// Every table that promises equal bits gives those that were once recorded: on the machine that
// recorded them, on other instruction sets, on other processors.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/kernels.h"
#include "tests/recorded/networks.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>

namespace mle::testing {
namespace {

std::map<std::string, uint64_t> recorded_sums() {
  std::ifstream file(MLE_TEST_RECORDED);
  std::map<std::string, uint64_t> sums;
  uint64_t sum;
  std::string name;
  while (file >> std::hex >> sum >> name) sums[name] = sum;
  REQUIRE_MESSAGE(file.eof(), "bits.txt: neither a sum and a name nor the end");
  return sums;
}

TEST_CASE("recorded: every table with fused multiply-add gives the recorded bits") {
  const std::map<std::string, uint64_t> sums = recorded_sums();
  const kernels::Tables tables = kernels::available_tables();
  for (const RecordedNetwork& network : recorded_networks()) {
    CAPTURE(network.name);
    REQUIRE_MESSAGE(sums.contains(network.name), "record it: see tests/recorded/README.md");
    for (size_t i = 0; i < tables.count; ++i) {
      if (!tables.begin[i]->fused) continue;
      const std::string isa = tables.begin[i]->isa;
      CAPTURE(isa);
      CHECK(sum_of_answers(network, isa) == sums.at(network.name));
    }
  }
}

TEST_CASE("recorded: nothing is recorded that no network answers") {
  const std::vector<RecordedNetwork> networks = recorded_networks();
  CHECK(recorded_sums().size() == networks.size());
}

}  // namespace
}  // namespace mle::testing
