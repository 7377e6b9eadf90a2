// Dense layers with weights in f16, bf16 and i8, judged by the f32 kernel of the same table on the
// decoded weights.
// SPDX-License-Identifier: Apache-2.0
#include "format/half.h"
#include "format/stored_weights.h"
#include "runtime/float_mode.h"
#include "tests/kernels/support.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>

namespace mle::kernels::test {
namespace {

constexpr DType kStored[] = {DType::F16, DType::BF16, DType::I8};

size_t group_of(DType dtype) { return dtype == DType::I8 ? 4 : dtype == DType::BF16 ? 2 : 1; }

uint16_t bits_of(float x, DType dtype) {
  if (dtype == DType::F16) return format::float_to_half(double{x});
  if (dtype == DType::BF16) return format::float_to_bfloat(double{x});
  return static_cast<uint8_t>(static_cast<int8_t>(x));
}

float value_of(uint16_t bits, DType dtype) {
  if (dtype == DType::F16) return format::half_to_float(bits);
  if (dtype == DType::BF16) return format::bfloat_to_float(bits);
  return static_cast<float>(static_cast<int8_t>(bits));
}

// [K][N] numbers of that dtype, as the file has them.
Aligned<uint8_t> packed_stored(const std::vector<float>& plain, size_t k, size_t n, DType dtype) {
  const size_t group = group_of(dtype), size = size_of(dtype);
  Aligned<uint8_t> packed(format::packed_elements(format::weights_layout(k, n, dtype), k, n) *
                          size);
  for (size_t i = 0; i < k; ++i) {
    for (size_t j = 0; j < n; ++j) {
      const size_t height = format::round_up(k, group) / group;
      const size_t at = ((j / 16 * height + i / group) * 16 + j % 16) * group + i % group;
      const uint16_t bits = bits_of(plain[i * n + j], dtype);
      std::memcpy(packed.data() + at * size, &bits, size);
    }
  }
  return packed;
}

auto kernel_of(const Table& table, DType dtype) {
  return dtype == DType::F16    ? table.dense_f16
         : dtype == DType::BF16 ? table.dense_bf16
                                : table.dense_i8;
}

// A layer whose f32 weights are numbers of that dtype.
Layer<> rounded_layer(Numbers& numbers, size_t k, size_t n, DType dtype, bool odd) {
  Layer<> layer(numbers, k, n, odd);
  for (size_t i = 0; i < k; ++i) {
    for (size_t j = 0; j < n; ++j) {
      float& w = layer.plain[i * n + j];
      if (dtype == DType::I8) w = static_cast<float>(static_cast<int>(numbers.below(256)) - 128);
      w = value_of(bits_of(w, dtype), dtype);
      layer.packed[(j / 16 * k + i) * 16 + j % 16] = w;
    }
  }
  return layer;
}

void check_call(const Table& table, const Layer<>& layer, DType dtype, Numbers& numbers,
                size_t rows, Act act, bool odd) {
  constexpr float kUntouched = 12345;
  const Aligned<uint8_t> stored = packed_stored(layer.plain, layer.k, layer.n, dtype);
  const size_t x_stride = layer.k + numbers.below(5), y_stride = layer.n + numbers.below(5);
  const std::vector<float> x = numbers.many(rows * x_stride + 1, odd);
  std::vector<float> want(rows * y_stride + 1, kUntouched), got = want;
  table.f32.dense(layer.with(act), {x.data(), x_stride, want.data(), y_stride, rows});
  StoredLayer stored_layer{layer.with(act), reinterpret_cast<const std::byte*>(stored.data())};
  stored_layer.w = nullptr;
  kernel_of(table, dtype)(stored_layer, {x.data(), x_stride, got.data(), y_stride, rows});
  size_t wrong = 0;
  for (size_t i = 0; i < got.size(); ++i) wrong += same(got[i], want[i]) ? 0 : 1;
  CAPTURE(std::string(table.isa));
  CAPTURE(std::string(name_of(dtype)));
  CAPTURE(layer.k);
  CAPTURE(layer.n);
  CAPTURE(rows);
  CHECK(wrong == 0);
}

TEST_CASE("kernels: weights in fewer bits give the bits of the same weights in f32") {
  Numbers numbers(11);
  for (int i = 0; i < testing::effort(300, 60); ++i) {
    const size_t k = 1 + numbers.below(i % 7 == 0 ? 700 : 140), n = 17 + numbers.below(150);
    const size_t rows = i % 10 == 0 ? numbers.below(300) : numbers.below(20);
    const auto act =
        static_cast<Act>(i % 5 == 0 ? numbers.below(format::kActCount) : numbers.below(2));
    const DType dtype = kStored[i % 3];
    const bool odd = i % 4 == 3;
    const Layer<> layer = rounded_layer(numbers, k, n, dtype, odd);
    REQUIRE(format::may_be_stored(k, n));
    const FloatMode flushed(i % 2 == 0);
    for (const Table* table : tables()) {
      check_call(*table, layer, dtype, numbers, rows, act, odd);
    }
  }
}

TEST_CASE("kernels: every f16 is decoded exactly, denormals in the mode of dense layers, too") {
  constexpr size_t kAll = 65536;
  Aligned<uint16_t> stored(kAll);
  for (size_t i = 0; i < kAll; ++i) stored[i] = static_cast<uint16_t>(i);
  const FloatMode flushed(true);
  for (const size_t rows : {size_t{1}, size_t{2}, size_t{9}}) {
    const std::vector<float> x(rows, 1.0f);
    for (const Table* table : tables()) {
      std::vector<float> y(rows * kAll);
      StoredLayer layer{};
      layer.k = 1;
      layer.n = kAll;
      layer.order = format::dense_order(1, kAll, DType::F32);
      layer.act = Act::None;
      layer.stored = reinterpret_cast<const std::byte*>(stored.data());
      table->dense_f16(layer, {x.data(), 1, y.data(), kAll, rows});
      size_t wrong = 0;
      for (size_t i = 0; i < y.size(); ++i) {
        const float want = format::half_to_float(static_cast<uint16_t>(i % kAll));
        const bool equal = y[i] == want || (std::isnan(y[i]) && std::isnan(want));
        wrong += equal ? 0 : 1;
      }
      CAPTURE(std::string(table->isa));
      CAPTURE(rows);
      CHECK(wrong == 0);
    }
  }
}

}  // namespace
}  // namespace mle::kernels::test
