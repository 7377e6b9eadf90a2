// The promises of docs/numerics.md over every float or every n-th, and over as many doubles as
// asked for; prints the tables of that page.
//   mle_kernels_exhaustive f32 [n [function...]]
//   mle_kernels_exhaustive f64 [log2 of the number of doubles [function...]]
// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support.h"
#include "tests/kernels/sweep.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

namespace mle::kernels::test {
namespace {

using Names = std::span<const char* const>;

bool is_among(const char* name, Names wanted) {
  for (const char* one : wanted)
    if (std::string_view(one) == name) return true;
  return wanted.empty();
}

template <class T>
bool run(const Table& table, uint64_t points, Names wanted) {
  bool kept = true;
  std::printf("\n%s, f%zu, %llu numbers\n\n", table.isa, 8 * sizeof(T),
              static_cast<unsigned long long>(points));
  std::printf("| function | promise: ulp | and absolute | worst ulp beyond it | at |\n");
  std::printf("|---|---|---|---|---|\n");
  for (const Promise& promise : promises<T>()) {
    if (!is_among(promise.name, wanted)) continue;
    const Sweep s = sweep<T>(table, promise, points);
    std::printf("| %s | %g | %g | %.3f | %.17g |\n", promise.name,
                table.fused ? promise.ulps : promise.ulps_unfused,
                table.fused ? promise.absolute : promise.absolute_unfused, s.worst_ulps, s.worst_x);
    if (s.broken != 0) {
      std::printf("BROKEN at %llu numbers, one is %.17g\n",
                  static_cast<unsigned long long>(s.broken), s.broken_x);
    }
    if (s.unequal != 0) {
      std::printf("UNEQUAL in another table at %llu numbers, one is %.17g\n",
                  static_cast<unsigned long long>(s.unequal), s.unequal_x);
    }
    std::fflush(stdout);
    kept = kept && s.broken == 0 && s.unequal == 0;
  }
  return kept;
}

template <class T>
bool run_all(uint64_t points, Names wanted) {
  const auto all = tables();
  bool kept = run<T>(*all.front(), points, wanted);
  if (!all.back()->fused && all.front() != all.back())
    kept = run<T>(*all.back(), points, wanted) && kept;
  return kept;
}

}  // namespace
}  // namespace mle::kernels::test

int main(int count, char** arguments) {
  using namespace mle::kernels::test;
  const uint64_t number = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 0;
  const bool wide = count > 1 && std::strcmp(arguments[1], "f64") == 0;
  Names wanted;
  if (count > 3) wanted = {arguments + 3, static_cast<size_t>(count - 3)};
  const bool kept = wide ? run_all<double>(uint64_t{1} << (number != 0 ? number : 27), wanted)
                         : run_all<float>((uint64_t{1} << 32) / (number != 0 ? number : 1), wanted);
  return kept ? 0 : 1;
}
