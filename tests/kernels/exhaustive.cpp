// The promises of docs/numerics.md over every float, or every n-th; prints the table of that page.
//   mle_kernels_exhaustive [n]
// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support.h"
#include "tests/kernels/sweep.h"

#include <cstdio>
#include <cstdlib>

int main(int count, char** arguments) {
  using namespace mle::kernels;
  using namespace mle::kernels::test;
  const auto stride =
      static_cast<uint32_t>(count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 1);
  bool kept = true;
  const auto run = [&](const Table& table) {
    std::printf("\n%s, every %u-th of all floats\n\n", table.isa, stride);
    std::printf("| function | promise: ulp | and absolute | worst ulp beyond it | at |\n");
    std::printf("|---|---|---|---|---|\n");
    for (const Promise& promise : promises()) {
      const Sweep s = sweep(table, promise, stride);
      std::printf("| %s | %g | %g | %.3f | %.9g |\n", promise.name,
                  table.fused ? promise.ulps : promise.ulps_unfused,
                  table.fused ? promise.absolute : promise.absolute_unfused, s.worst_ulps,
                  static_cast<double>(s.worst_x));
      if (s.broken != 0) {
        std::printf("BROKEN at %llu floats, one is %.9g\n",
                    static_cast<unsigned long long>(s.broken), static_cast<double>(s.broken_x));
      }
      if (s.unequal != 0) {
        std::printf("UNEQUAL in another table at %llu floats, one is %.9g\n",
                    static_cast<unsigned long long>(s.unequal), static_cast<double>(s.unequal_x));
      }
      std::fflush(stdout);
      kept = kept && s.broken == 0 && s.unequal == 0;
    }
  };
  const auto all = tables();
  run(*all.front());
  if (!all.back()->fused && all.front() != all.back()) run(*all.back());
  return kept ? 0 : 1;
}
