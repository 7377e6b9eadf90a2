// SPDX-License-Identifier: Apache-2.0
#include "tests/recorded/networks.h"

#include <mle/mle.h>

#include "format/header.h"
#include "format/layout.h"
#include "format/op_kinds.h"
#include "tests/recorded/numbers.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace mle::testing {
namespace {

using fb::OpKind;

fb::Bits64 bits(double value) {
  const auto pattern = std::bit_cast<uint64_t>(value);
  return fb::Bits64(static_cast<uint32_t>(pattern), static_cast<uint32_t>(pattern >> 32));
}

// Functions without parameters ignore them.
std::vector<fb::Bits64> alpha_and_beta() { return {bits(0.3), bits(0.5)}; }

class Networks {
 public:
  std::vector<RecordedNetwork> all;

  // A network of one op from x to y, both of `width`; `finish` may add constants and say more.
  template <class Finish>
  void one_op(const std::string& name, OpKind kind, uint32_t width, size_t rows, uint32_t odd_every,
              const Finish& finish) {
    RecordedNetwork& network = begin(name);
    const uint16_t x = network.model.add_input("x", {width});
    const uint16_t y = network.model.add_output("y", {width});
    fb::OpT& op = network.model.add_op(kind, {x}, y);
    finish(network.model, op);
    end(network, rows, odd_every);
  }

  void dense(uint32_t k, uint32_t n, size_t rows, fb::Act act, uint32_t odd_every) {
    RecordedNetwork& network = begin(
        "dense-" + std::to_string(k) + "x" + std::to_string(n) + "-rows-" + std::to_string(rows) +
        "-act-" + std::to_string(static_cast<int>(act)) + (odd_every != 0 ? "-odd" : ""));
    const uint16_t x = network.model.add_input("x", {k});
    const uint16_t y = network.model.add_output("y", {n});
    add_dense(network.model, x, y, k, n, act);
    end(network, rows, odd_every);
  }

  // Weights in fewer bits: any number of that dtype that is finite.
  void stored(DType dtype, uint32_t k, uint32_t n, size_t rows, uint32_t odd_every) {
    RecordedNetwork& network =
        begin("dense-" + std::string(name_of(dtype)) + "-" + std::to_string(k) + "x" +
              std::to_string(n) + "-rows-" + std::to_string(rows) + (odd_every != 0 ? "-odd" : ""));
    TinyModel& m = network.model;
    const uint16_t x = m.add_input("x", {k}), y = m.add_output("y", {n});
    const uint16_t w = m.add_stored_weight("w", k, n, dtype, [&](size_t) {
      const uint32_t bits = numbers_.below(65536);
      if (dtype == DType::F16) return static_cast<uint16_t>(bits & 0xBFFF);   // below 2
      if (dtype == DType::BF16) return static_cast<uint16_t>(bits & 0xBFFF);  // the same
      return static_cast<uint16_t>(bits & 0xFF);
    });
    m.add_op(OpKind::Dense, {x, w, m.add_constant("b", {n}, numbers_.many(n))}, y).act =
        rows % 2 == 0 ? fb::Act::Relu : fb::Act::None;
    end(network, rows, odd_every);
  }

  // Rows in 8 bits, too.
  void rows_in_8_bits(uint32_t k, uint32_t n, size_t rows, uint32_t odd_every) {
    RecordedNetwork& network =
        begin("dense-rows-i8-" + std::to_string(k) + "x" + std::to_string(n) + "-rows-" +
              std::to_string(rows) + (odd_every != 0 ? "-odd" : ""));
    TinyModel& m = network.model;
    const uint16_t x = m.add_input("x", {k}), y = m.add_output("y", {n});
    std::vector<int32_t> sums(n);
    const uint16_t w = m.add_stored_weight("w", k, n, DType::I8, [&](size_t i) {
      const auto weight = static_cast<int8_t>(numbers_.below(256));
      sums[i % n] += weight;
      return static_cast<uint16_t>(static_cast<uint8_t>(weight));
    });
    std::vector<float> bits;
    for (const int32_t sum : sums) bits.push_back(std::bit_cast<float>(sum));
    const uint16_t s = m.add_constant("sums", {n}, bits);
    m.tensor(s).dtype = fb::DType::I32;
    m.add_op(OpKind::Dense, {x, w, s}, y).iattr = {1};
    end(network, rows, odd_every);
  }

  // Rows in bf16, too.
  void rows_in_bf16(uint32_t k, uint32_t n, size_t rows, uint32_t odd_every) {
    RecordedNetwork& network =
        begin("dense-rows-bf16-" + std::to_string(k) + "x" + std::to_string(n) + "-rows-" +
              std::to_string(rows) + (odd_every != 0 ? "-odd" : ""));
    TinyModel& m = network.model;
    const uint16_t x = m.add_input("x", {k}), y = m.add_output("y", {n});
    const uint16_t rounded = m.add_arena("x.bf16", {k});
    m.tensor(rounded).dtype = fb::DType::BF16;
    m.tensor(rounded).bytes = format::row_stride_bytes(k, 2);
    const uint16_t w = m.add_stored_weight("w", k, n, DType::BF16, [&](size_t) {
      return static_cast<uint16_t>(numbers_.below(65536) & 0xBFFF);  // below 2
    });
    m.add_op(OpKind::Cast, {x}, rounded);
    m.add_op(OpKind::Dense, {rounded, w, m.add_constant("b", {n}, numbers_.many(n))}, y).act =
        rows % 2 == 0 ? fb::Act::Relu : fb::Act::Tanh;
    m.required_features |= format::kFeatureBf16Rows;
    end(network, rows, odd_every);
  }

  void mlp(const std::vector<uint32_t>& widths, size_t rows, uint32_t odd_every) {
    std::string name = "mlp";
    for (const uint32_t width : widths) name += "-" + std::to_string(width);
    RecordedNetwork& network = begin(name + (odd_every != 0 ? "-odd" : ""));
    TinyModel& m = network.model;
    uint16_t value = m.add_input("x", {widths.front()});
    for (size_t i = 0; i + 1 < widths.size(); ++i) {
      const uint32_t n = widths[i + 1];
      const uint16_t y = i + 2 < widths.size() ? m.add_arena("hidden", {n}) : m.add_arena("z", {n});
      add_dense(m, value, y, widths[i], n, static_cast<fb::Act>(numbers_.below(25)));
      value = y;
    }
    m.add_op(OpKind::Softmax, {value}, m.add_output("y", {widths.back()})).iattr = {0};
    end(network, rows, odd_every);
  }

  RecordedNetwork& begin(std::string name) {
    numbers_ = RecordedNumbers(all.size());
    all.emplace_back().name = std::move(name);
    return all.back();
  }
  void end(RecordedNetwork& network, size_t rows, uint32_t odd_every) {
    std::vector<uint16_t> outputs;
    size_t width = 1;
    for (size_t i = 0; i < network.model.model().tensors.size(); ++i) {
      const fb::TensorT& tensor = network.model.tensor(i);
      if (tensor.place == fb::Place::Output) outputs.push_back(static_cast<uint16_t>(i));
      if (tensor.place != fb::Place::Input) continue;
      for (const uint32_t dim : tensor.dims) width *= dim;
    }
    network.model.add_entry("predict", {0}, outputs);
    network.rows = numbers_.many(rows * width, odd_every);
  }
  RecordedNumbers& numbers() { return numbers_; }

 private:
  void add_dense(TinyModel& m, uint16_t x, uint16_t y, uint32_t k, uint32_t n, fb::Act act) {
    std::vector<float> weights = numbers_.many(size_t{k} * n);
    for (float& w : weights) w /= std::sqrt(static_cast<float>(k));
    const uint16_t w = m.add_dense_weight("w", k, n, weights);
    const uint16_t b = m.add_constant("b", {n}, numbers_.many(n));
    fb::OpT& op = m.add_op(OpKind::Dense, {x, w, b}, y);
    op.act = act;
    op.fattr = alpha_and_beta();
  }

  RecordedNumbers numbers_{0};
};

void add_dense_layers(Networks& networks) {
  constexpr std::pair<uint32_t, uint32_t> kShapes[] = {
      {1, 1},    {2, 1},    {3, 2},   {5, 16},   {7, 17},   {16, 3},   {17, 33},  {31, 15},
      {33, 64},  {40, 48},  {63, 65}, {64, 10},  {100, 1},  {100, 32}, {130, 47}, {255, 1},
      {256, 10}, {256, 16}, {257, 3}, {300, 31}, {300, 80}, {511, 5},  {784, 24}, {1100, 2}};
  constexpr size_t kRows[] = {1, 2, 3, 4, 6, 7, 15};
  size_t i = 0;
  for (const auto& [k, n] : kShapes) {
    networks.dense(k, n, 1, fb::Act::None, 0);
    networks.dense(k, n, kRows[i % std::size(kRows)], static_cast<fb::Act>(1 + i % 24), 0);
    networks.dense(k, n, kRows[(i + 3) % std::size(kRows)], fb::Act::Relu, 9);
    ++i;
  }
}

void add_elementwise(Networks& networks) {
  for (int act = 0; act < format::kActCount; ++act) {
    const auto name = "unary-" + std::to_string(act);
    networks.one_op(name, OpKind::Unary, 37, 30, 4, [&](TinyModel&, fb::OpT& op) {
      op.act = static_cast<fb::Act>(act);
      op.fattr = alpha_and_beta();
    });
  }
  for (uint32_t fn = 0; fn < format::kFloatBinaryFnCount; ++fn) {
    for (const uint32_t width : {1u, 29u}) {
      const auto name = "binary-" + std::to_string(fn) + "-" + std::to_string(width);
      networks.one_op(name, OpKind::Binary, width, 40, 4, [&](TinyModel& m, fb::OpT& op) {
        op.inputs.push_back(m.add_constant("b", {width}, networks.numbers().many(width, 6)));
        op.iattr = {fn};
      });
    }
  }
  for (uint32_t fn = 0; fn < format::kCompareFnCount; ++fn) {
    const auto name = "compare-" + std::to_string(fn);
    networks.one_op(name, OpKind::Compare, 19, 40, 3, [&](TinyModel& m, fb::OpT& op) {
      op.inputs.push_back(m.add_constant("b", {1}, std::vector<float>{0.0f}));
      op.iattr = {fn};
      m.tensor(op.outputs[0]).dtype = fb::DType::Bool;
    });
  }
  networks.one_op("scale", OpKind::Scale, 45, 20, 7, [&](TinyModel& m, fb::OpT& op) {
    op.inputs.push_back(m.add_constant("s", {45}, networks.numbers().many(45)));
    op.inputs.push_back(m.add_constant("t", {45}, networks.numbers().many(45)));
  });
  networks.one_op("clip", OpKind::Clip, 21, 20, 3, [&](TinyModel&, fb::OpT& op) {
    op.fattr = {bits(-1), bits(2.5)};
  });
}

void add_rowwise(Networks& networks) {
  for (const uint32_t width : {1u, 2u, 4u, 5u, 10u, 16u, 17u, 50u, 130u}) {
    for (const uint32_t odd_every : {0u, 40u}) {
      const std::string end = "-" + std::to_string(width) + (odd_every != 0 ? "-odd" : "");
      const auto axis = [](TinyModel&, fb::OpT& op) { op.iattr = {0}; };
      networks.one_op("softmax" + end, OpKind::Softmax, width, 20, odd_every, axis);
      networks.one_op("log-softmax" + end, OpKind::LogSoftmax, width, 20, odd_every, axis);
    }
    RecordedNetwork& network = networks.begin("argmax-" + std::to_string(width));
    const uint16_t x = network.model.add_input("x", {width});
    const uint16_t y = network.model.add_output("y", {1});
    network.model.tensor(y).dtype = fb::DType::I64;
    network.model.add_op(OpKind::ArgMax, {x}, y).iattr = {0, 0, 1};
    networks.end(network, 20, 20);
  }
}

[[noreturn]] void fail(const RecordedNetwork& network, const Status& status) {
  std::fprintf(stderr, "%s: %s\n", network.name.c_str(), status.message());
  std::exit(1);
}

}  // namespace

std::vector<RecordedNetwork> recorded_networks() {
  Networks networks;
  add_dense_layers(networks);
  add_elementwise(networks);
  add_rowwise(networks);
  networks.mlp({40, 256, 128, 1}, 3, 0);
  networks.mlp({30, 2}, 9, 0);
  networks.mlp({19, 33, 18, 70, 5}, 17, 0);
  networks.mlp({19, 33, 18, 70, 5}, 17, 30);
  for (const DType dtype : {DType::F16, DType::BF16, DType::I8}) {
    networks.stored(dtype, 7, 17, 1, 0);
    networks.stored(dtype, 33, 64, 2, 0);
    networks.stored(dtype, 130, 47, 6, 9);
    networks.stored(dtype, 301, 80, 3, 0);
    networks.stored(dtype, 301, 80, 15, 12);
  }
  networks.rows_in_8_bits(7, 17, 1, 0);
  networks.rows_in_8_bits(130, 47, 6, 300);
  networks.rows_in_8_bits(301, 80, 15, 0);
  networks.rows_in_8_bits(1024, 130, 3, 0);
  networks.rows_in_bf16(7, 17, 1, 0);
  networks.rows_in_bf16(130, 47, 6, 300);
  networks.rows_in_bf16(301, 80, 15, 0);
  networks.rows_in_bf16(1024, 130, 3, 0);
  return std::move(networks.all);
}

uint64_t sum_of_answers(const RecordedNetwork& network, std::string_view isa) {
  const AlignedBytes file = make_file(network.model);
  LoadOptions options;
  options.isa = isa;
  const Result<Model> model = Model::from_memory(file.span(), options);
  if (!model) fail(network, model.error());
  Result<Session> session = Session::make(*model);
  if (!session) fail(network, session.error());

  const TensorSpec& y = session->outputs()[0];
  const size_t rows = network.rows.size() / session->inputs()[0].width();
  const size_t bytes = rows * y.width() * size_of(y.dtype);
  std::vector<uint64_t> room((bytes + 7) / 8);
  const Status status =
      session->run({In(std::span(network.rows))}, {Out(y.dtype, room.data(), rows * y.width())});
  if (!status.ok()) fail(network, status);
  uint64_t sum = 0xCBF29CE484222325;
  for (size_t i = 0; i < bytes; ++i) {
    sum = (sum ^ reinterpret_cast<const uint8_t*>(room.data())[i]) * 0x100000001B3;
  }
  return sum;
}

}  // namespace mle::testing
