// The tests; with --record instead, what bits.txt must hold, by the best table of this machine.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/kernels.h"
#include "tests/recorded/networks.h"

#include <doctest/doctest.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
  if (argc != 2 || std::strcmp(argv[1], "--record") != 0) return doctest::Context(argc, argv).run();
  const char* isa =
      mle::kernels::available_tables().begin[0]->isa;  // by name: its bits are those of others
  for (const mle::testing::RecordedNetwork& network : mle::testing::recorded_networks()) {
    std::printf("%016" PRIx64 " %s\n", sum_of_answers(network, isa), network.name.c_str());
  }
  return 0;
}
