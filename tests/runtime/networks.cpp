// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/networks.h"

#include "runtime/kernels/kernels.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace mle::testing {
namespace {

class Weights {
 public:
  explicit Weights(uint32_t seed) : random_(seed) {}
  std::vector<float> normal(size_t count, double deviation) {
    std::normal_distribution<double> normal(0, deviation);
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(normal(random_));
    return values;
  }

 private:
  std::mt19937 random_;
};

uint16_t add_dense(TinyModel& m, Weights& weights, uint16_t x, uint32_t k, uint32_t n, fb::Act act,
                   uint16_t y) {
  const uint16_t w =
      m.add_dense_weight("w", k, n, weights.normal(size_t{k} * n, 1 / std::sqrt(double(k))));
  const uint16_t b = m.add_constant("b", {n}, weights.normal(n, 0.5));
  m.add_op(fb::OpKind::Dense, {x, w, b}, y, "dense").act = act;
  return y;
}

constexpr fb::Act kActs[] = {fb::Act::Relu, fb::Act::Tanh,     fb::Act::None, fb::Act::Sigmoid,
                             fb::Act::Gelu, fb::Act::Softplus, fb::Act::Relu};

}  // namespace

Model load(const TinyModel& model, std::string_view isa) {
  LoadOptions options;
  options.copy = true;
  options.isa = isa;
  Result<Model> loaded = Model::from_memory(make_file(model).span(), options);
  REQUIRE_MESSAGE(loaded.has_value(), loaded.error().message());
  return std::move(*loaded);
}

std::vector<std::string_view> fused_tables() {
  std::vector<std::string_view> names;
  const kernels::Tables tables = kernels::available_tables();
  for (size_t i = 0; i < tables.count; ++i) {
    if (tables.begin[i]->fused) names.emplace_back(tables.begin[i]->isa);
  }
  return names;
}

TinyModel random_mlp(std::span<const uint32_t> widths, uint32_t seed) {
  Weights weights(seed);
  TinyModel m;
  uint16_t value = m.add_input("x", {widths.front()});
  for (size_t layer = 0; layer + 1 < widths.size(); ++layer) {
    const uint32_t n = widths[layer + 1];
    const bool last = layer + 2 == widths.size();
    const uint16_t y = last ? m.add_output("y", {n}) : m.add_arena("hidden", {n});
    const fb::Act act = last ? fb::Act::None : kActs[(layer + seed) % std::size(kActs)];
    value = add_dense(m, weights, value, widths[layer], n, act, y);
  }
  m.add_entry("predict", {0}, {value});
  return m;
}

TinyModel every_op(uint32_t width, uint32_t seed) {
  Weights weights(seed);
  TinyModel m;
  const uint16_t x = m.add_input("x", {width});
  const uint16_t row = m.add_constant("row", {width}, weights.normal(width, 1));
  const uint16_t scale = m.add_constant("scale", {width}, weights.normal(width, 1));
  const uint16_t one = m.add_constant("one", {1}, std::vector<float>{0.75f});
  const auto next = [&](fb::OpKind kind, std::vector<uint16_t> inputs) {
    const uint16_t y = m.add_arena("value", {width});
    m.add_op(kind, std::move(inputs), y);
    return y;
  };
  const auto last_op = [&]() -> fb::OpT& { return *m.model().ops.back(); };
  const auto bits = [](float value) {
    const auto pattern = std::bit_cast<uint64_t>(double{value});
    return fb::Bits64(static_cast<uint32_t>(pattern), static_cast<uint32_t>(pattern >> 32));
  };

  const uint16_t scaled = next(fb::OpKind::Scale, {x, scale, row});
  const uint16_t clipped = next(fb::OpKind::Clip, {scaled});
  last_op().fattr = {bits(-2.5f), bits(3)};
  const uint16_t summed = next(fb::OpKind::Binary, {clipped, row});
  last_op().iattr = {0};
  const uint16_t normalised = next(fb::OpKind::LayerNorm, {summed, scale, row});
  last_op().iattr = {0, 0};
  last_op().fattr = {bits(0.5f)};
  const uint16_t running = next(fb::OpKind::CumSum, {normalised});
  last_op().iattr = {0, 0, 1};
  const uint16_t mean = m.add_arena("mean", {1});
  m.add_op(fb::OpKind::Reduce, {running}, mean).iattr = {1, 1};
  last_op().indices = {0};
  const uint16_t centred = next(fb::OpKind::Binary, {running, mean});
  last_op().iattr = {1};
  const uint16_t product = next(fb::OpKind::Binary, {one, centred});
  last_op().iattr = {2};
  const uint16_t less = m.add_arena("less", {width});
  m.tensor(less).dtype = fb::DType::Bool;
  m.tensor(less).bytes = format::row_stride_bytes(width, 1);
  m.add_op(fb::OpKind::Compare, {product, x}, less).iattr = {0};
  const uint16_t chosen = next(fb::OpKind::Select, {less, product, one});
  const uint16_t erf = next(fb::OpKind::Unary, {chosen});
  last_op().act = fb::Act::Erf;
  const uint16_t dense = m.add_arena("dense", {width});
  add_dense(m, weights, erf, width, width, fb::Act::Silu, dense);
  const uint16_t softmax = next(fb::OpKind::Softmax, {dense});
  last_op().iattr = {0};
  const uint16_t log_softmax = next(fb::OpKind::LogSoftmax, {dense});
  last_op().iattr = {0};
  const uint16_t joined = m.add_arena("joined", {2 * width});
  m.add_op(fb::OpKind::Concat, {softmax, log_softmax}, joined).iattr = {0};
  const uint16_t picked = m.add_arena("picked", {width});
  m.add_op(fb::OpKind::Slice, {joined}, picked).iattr = {0, 1, 2};
  const uint16_t y = m.add_output("y", {1, width});
  m.add_op(fb::OpKind::Reshape, {picked}, y);
  m.add_entry("predict", {x}, {y});
  return m;
}

std::vector<float> random_rows(size_t count, uint32_t seed) {
  return Weights(seed).normal(count, 1);
}

std::vector<float> odd_rows(size_t count, uint32_t seed) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float odd[] = {std::bit_cast<float>(0xFFC12345u),
                       kInfinity,
                       -kInfinity,
                       0.0f,
                       -0.0f,
                       1e-40f,
                       -3e-39f,
                       1.2e-38f,
                       3e38f};
  std::vector<float> rows = random_rows(count, seed);
  std::mt19937 random(seed + 1);
  for (float& value : rows) {
    const auto draw = random();
    if (draw % 16 == 0) value = odd[draw / 16 % std::size(odd)];
  }
  return rows;
}

std::vector<float> answers(Session& session, std::span<const float> rows) {
  const size_t width = session.inputs()[0].width();
  std::vector<float> out(rows.size() / width * session.outputs()[0].width());
  const Status status = session.run(rows, out);
  REQUIRE_MESSAGE(status.ok(), status.message());
  return out;
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

}  // namespace mle::testing
