// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support.h"

#include <doctest/doctest.h>

#include <cstring>

namespace mle::kernels::test {
namespace {

// x and y lie at the edge of memory: a read or write beyond them ends the program.
void touch_everything(const Table& table, Numbers& numbers, size_t rows, size_t k, size_t n,
                      bool at_start) {
  const Guarded x(rows * k * sizeof(float), at_start);
  const Guarded y(rows * n * sizeof(float), at_start);
  for (size_t i = 0; i < rows * k; ++i) x.floats()[i] = numbers.ordinary();
  const Layer layer(numbers, k, n);
  for (const Act act : {Act::None, Act::Relu, Act::Tanh}) {
    table.dense(layer.args(x.floats(), k, y.floats(), n, rows, act));
  }
  for (const auto unary : table.unary) unary({x.floats(), k, x.floats(), k, rows, k, 0.1f, 0.5f});
  table.clip({x.floats(), k, x.floats(), k, rows, k, -1, 1});
  for (const auto binary : table.binary) {
    binary({x.floats(), k, 1, x.floats(), k, 1, x.floats(), k, rows, k});
    binary({x.floats(), k, 0, x.floats(), k, 1, x.floats(), k, rows, k});
  }
  const Guarded flags((rows * k + 3) / 4 * 4, at_start);
  auto* bytes = reinterpret_cast<uint8_t*>(flags.floats());
  for (const auto compare : table.compare) {
    compare({x.floats(), k, 1, x.floats(), k, 1, bytes, k, rows, k});
  }
  table.select({bytes, k, 1, x.floats(), k, 1, x.floats(), k, 1, x.floats(), k, rows, k});
  const Aligned constants(k);
  table.scale({x.floats(), k, constants.data(), constants.data(), x.floats(), k, rows, k});
  table.softmax({x.floats(), k, x.floats(), k, rows, k, 1});
  table.log_softmax({x.floats(), k, x.floats(), k, rows, k, 1});
  table.canonical_nan(x.floats(), k, rows, k);
  std::vector<int64_t> best(rows);
  table.argmax({x.floats(), k, best.data(), 1, rows, k, 1, false});
  const Guarded wide(rows * k * sizeof(double), at_start);
  std::memset(wide.floats(), 0, rows * k * sizeof(double));
  table.f64_to_f32(reinterpret_cast<const double*>(wide.floats()), k, x.floats(), k, rows, k);
}

TEST_CASE("kernels: no kernel reads or writes beyond its operands") {
  Numbers numbers(20);
  for (const Table* table : tables()) {
    for (int i = 0; i < 150; ++i) {
      touch_everything(*table, numbers, 1 + numbers.below(20), 1 + numbers.below(70),
                       1 + numbers.below(70), i % 2 == 0);
    }
  }
}

TEST_CASE("kernels: zero rows touch nothing") {
  Numbers numbers(21);
  const Layer layer(numbers, 20, 40);
  for (const Table* table : tables()) {
    const auto nothing = [] { return static_cast<float*>(nullptr); };
    for (const Act act : {Act::Relu, Act::Tanh}) {
      table->dense(layer.args(nothing(), 20, nothing(), 40, 0, act));
    }
    for (const auto unary : table->unary) unary({nothing(), 20, nothing(), 20, 0, 20, 1, 1});
    for (const auto binary : table->binary) {
      binary({nothing(), 20, 1, nothing(), 20, 1, nothing(), 20, 0, 20});
    }
    table->softmax({nothing(), 20, nothing(), 20, 0, 20, 1});
    table->canonical_nan(nothing(), 20, 0, 20);
    table->argmax({nothing(), 20, nullptr, 1, 0, 20, 1, true});
  }
  CHECK(tables().size() > 0);
}

}  // namespace
}  // namespace mle::kernels::test
