// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support.h"

#include <doctest/doctest.h>

namespace mle::kernels::test {
namespace {

// x and y lie at the edge of memory: a read or write beyond them ends the program.
template <class T>
void touch_everything(const FloatTable<T>& table, Numbers& numbers, size_t rows, size_t k, size_t n,
                      bool at_start) {
  const Guarded x(rows * k * sizeof(T), at_start);
  const Guarded y(rows * n * sizeof(T), at_start);
  T* const px = x.template as<T>();
  T* const py = y.template as<T>();
  for (size_t i = 0; i < rows * k; ++i) px[i] = numbers.ordinary<T>();
  const Layer<T> layer(numbers, k, n);
  for (const Act act : {Act::None, Act::Relu, Act::Tanh}) {
    table.dense(layer.with(act), {px, k, py, n, rows});
  }
  for (const auto unary : table.unary) unary({px, k, px, k, rows, k, T{0.1f}, T{0.5f}});
  table.clip({px, k, px, k, rows, k, -1, 1});
  for (const auto binary : table.binary) {
    binary({px, k, 1, px, k, 1, px, k, rows, k});
    binary({px, k, 0, px, k, 1, px, k, rows, k});
  }
  const Guarded flags((rows * k + 3) / 4 * 4, at_start);
  auto* bytes = flags.template as<uint8_t>();
  for (const auto compare : table.compare) {
    compare({px, k, 1, px, k, 1, bytes, k, rows, k});
  }
  table.select({bytes, k, 1, px, k, 1, px, k, 1, px, k, rows, k});
  const Aligned<T> constants(k);
  table.scale({px, k, constants.data(), constants.data(), px, k, rows, k});
  table.softmax({px, k, px, k, rows, k, 1});
  table.log_softmax({px, k, px, k, rows, k, 1});
  table.canonical_nan(px, k, rows, k);
  std::vector<int64_t> best(rows);
  table.argmax({px, k, best.data(), 1, rows, k, 1, false});
}

TEST_CASE_TEMPLATE("kernels: no kernel reads or writes beyond its operands", T, float, double) {
  Numbers numbers(20);
  for (const Table* table : tables()) {
    for (int i = 0; i < 150; ++i) {
      touch_everything(table->of<T>(), numbers, 1 + numbers.below(20), 1 + numbers.below(70),
                       1 + numbers.below(70), i % 2 == 0);
    }
  }
}

TEST_CASE_TEMPLATE("kernels: zero rows touch nothing", T, float, double) {
  Numbers numbers(21);
  const Layer<T> layer(numbers, 20, 40);
  for (const Table* table : tables()) {
    const auto nothing = [] { return static_cast<T*>(nullptr); };
    for (const Act act : {Act::Relu, Act::Tanh}) {
      table->of<T>().dense(layer.with(act), {nothing(), 20, nothing(), 40, 0});
    }
    for (const auto unary : table->of<T>().unary)
      unary({nothing(), 20, nothing(), 20, 0, 20, 1, 1});
    for (const auto binary : table->of<T>().binary) {
      binary({nothing(), 20, 1, nothing(), 20, 1, nothing(), 20, 0, 20});
    }
    table->of<T>().softmax({nothing(), 20, nothing(), 20, 0, 20, 1});
    table->of<T>().canonical_nan(nothing(), 20, 0, 20);
    table->of<T>().argmax({nothing(), 20, nullptr, 1, 0, 20, 1, true});
  }
  CHECK(tables().size() > 0);
}

}  // namespace
}  // namespace mle::kernels::test
