// Each kind of op against the obvious loop, with shapes of several axes and rows at odd strides.
// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/networks.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <string>

namespace mle::testing {
namespace {

using Dims = std::vector<uint32_t>;

size_t count(const Dims& dims) {
  size_t n = 1;
  for (const uint32_t dim : dims) n *= dim;
  return n;
}

// Of element `index` of an array of dims `to`, the element of an operand of dims `from` it meets.
size_t meets(size_t index, const Dims& to, const Dims& from) {
  size_t at = 0;
  size_t scale = 1;
  for (size_t back = 1; back <= from.size(); ++back) {
    const uint32_t dim = to[to.size() - back];
    const size_t here = index % dim;
    index /= dim;
    if (from[from.size() - back] != 1) at += here * scale;
    scale *= from[from.size() - back];
  }
  return at;
}

void run(Session& session, std::initializer_list<In> in, std::initializer_list<Out> out) {
  const Status status = session.run(in, out);
  REQUIRE_MESSAGE(status.ok(), status.message());
}

// Shapes of a, b and their broadcast.
struct Shapes {
  Dims a, b, y;
};
const Shapes kShapes[] = {
    {{5}, {5}, {5}},
    {{5}, {1}, {5}},
    {{1}, {5}, {5}},
    {{3, 4}, {4}, {3, 4}},
    {{3, 4}, {3, 1}, {3, 4}},
    {{3, 1}, {1, 4}, {3, 4}},
    {{2, 3, 4}, {3, 1}, {2, 3, 4}},
    {{2, 1, 4}, {3, 1}, {2, 3, 4}},
    {{2, 3, 1, 5}, {4, 1}, {2, 3, 4, 5}},
    {{1}, {2, 1, 3}, {2, 1, 3}},
    {{}, {7}, {7}},
    {{2, 2, 1, 2, 1, 3, 1, 2}, {1, 2, 2, 1, 2, 1, 2, 1}, {2, 2, 2, 2, 2, 3, 2, 2}}};

TEST_CASE("steps: Binary broadcasts rows with rows and with constants as numpy does") {
  for (const Shapes& shapes : kShapes) {
    for (const bool b_constant : {false, true}) {
      const std::vector<float> constant = random_rows(count(shapes.b), 5);
      TinyModel m;
      const uint16_t a = m.add_input("a", shapes.a);
      const uint16_t b =
          b_constant ? m.add_constant("b", shapes.b, constant) : m.add_input("b", shapes.b);
      const uint16_t y = m.add_output("y", shapes.y);
      m.add_op(fb::OpKind::Binary, {a, b}, y).iattr = {1};  // a - b
      m.add_entry("predict", b_constant ? std::vector<uint16_t>{a} : std::vector<uint16_t>{a, b},
                  {y});
      const Model model = load(m);
      Session session = Session::make(model).or_exit();
      constexpr size_t kRows = 3;
      const std::vector<float> as = random_rows(kRows * count(shapes.a), 1);
      const std::vector<float> bs = random_rows(kRows * count(shapes.b), 2);
      std::vector<float> ys(kRows * count(shapes.y));
      if (b_constant) {
        run(session, {as}, {ys});
      } else {
        run(session, {as, bs}, {ys});
      }
      for (size_t i = 0; i < ys.size(); ++i) {
        const size_t row = i / count(shapes.y);
        const size_t element = i % count(shapes.y);
        const float left = as[row * count(shapes.a) + meets(element, shapes.y, shapes.a)];
        const size_t at = meets(element, shapes.y, shapes.b);
        const float right = b_constant ? constant[at] : bs[row * count(shapes.b) + at];
        REQUIRE(ys[i] == left - right);
      }
    }
  }
}

TEST_CASE("steps: Compare and Select broadcast three operands of two element sizes") {
  const Dims dims_c = {3, 1};
  const Dims dims_a = {2, 3, 4};
  const Dims dims_b = {4};
  TinyModel m;
  const uint16_t c = m.add_input("c", dims_c);
  m.tensor(c).dtype = fb::DType::Bool;
  const uint16_t a = m.add_input("a", dims_a);
  const uint16_t b = m.add_input("b", dims_b);
  const uint16_t chosen = m.add_output("chosen", dims_a);
  const uint16_t less = m.add_output("less", dims_a);
  m.tensor(less).dtype = fb::DType::Bool;
  m.add_op(fb::OpKind::Select, {c, a, b}, chosen);
  m.add_op(fb::OpKind::Compare, {a, b}, less).iattr = {0};
  m.add_entry("predict", {c, a, b}, {chosen, less});
  const Model model = load(m);
  Session session = Session::make(model).or_exit();
  const std::vector<uint8_t> cs = {1, 0, 255, 0, 0, 7};
  const std::vector<float> as = random_rows(2 * 24, 1);
  const std::vector<float> bs = random_rows(2 * 4, 2);
  std::vector<float> got(2 * 24);
  std::vector<uint8_t> flags(2 * 24);
  run(session, {In(DType::Bool, cs.data(), cs.size()), as, bs},
      {got, Out(DType::Bool, flags.data(), flags.size())});
  for (size_t i = 0; i < got.size(); ++i) {
    const size_t row = i / 24;
    const bool choice = cs[row * 3 + meets(i % 24, dims_a, dims_c)] != 0;
    const float other = bs[row * 4 + meets(i % 24, dims_a, dims_b)];
    REQUIRE(got[i] == (choice ? as[i] : other));
    REQUIRE(flags[i] == (as[i] < other ? 1 : 0));
  }
}

// A model of one op with one input and one output, run over rows that lie apart.
std::vector<float> run_one(fb::OpKind kind, const Dims& x_dims, const Dims& y_dims,
                           std::vector<uint32_t> iattr, std::span<const float> xs, bool whole) {
  TinyModel m;
  const uint16_t x = m.add_input("x", x_dims);
  const uint16_t y = m.add_output("y", y_dims);
  m.add_op(kind, {x}, y).iattr = std::move(iattr);
  m.add_entry("predict", {x}, {y});
  if (whole) m.make_whole();
  const Model model = load(m);
  Session session = Session::make(model).or_exit();
  const size_t width = count(x_dims);
  const size_t rows = xs.size() / width;
  if (whole) {
    std::vector<float> ys(count(y_dims));
    run(session, {xs}, {ys});
    return ys;
  }
  // Once densely, once with gaps: the answers must be the same.
  std::vector<float> dense(rows * count(y_dims));
  run(session, {xs}, {dense});
  std::vector<float> x_apart(rows * (width + 3));
  for (size_t r = 0; r < rows; ++r) {
    std::copy_n(xs.data() + r * width, width, x_apart.data() + r * (width + 3));
  }
  const size_t y_width = count(y_dims);
  std::vector<float> y_apart(rows * (y_width + 1), 42.0f);
  run(session, {In(DType::F32, x_apart.data(), xs.size(), ptrdiff_t((width + 3) * 4))},
      {Out(DType::F32, y_apart.data(), dense.size(), ptrdiff_t((y_width + 1) * 4))});
  for (size_t r = 0; r < rows; ++r) {
    REQUIRE(same_bits(std::span(y_apart).subspan(r * (y_width + 1), y_width),
                      std::span(dense).subspan(r * y_width, y_width)));
    REQUIRE(y_apart[r * (y_width + 1) + y_width] == 42.0f);
  }
  return dense;
}

TEST_CASE("steps: Softmax and LogSoftmax run along any axis") {
  const Dims dims = {3, 4, 5};
  const std::vector<float> xs = random_rows(2 * 60, 3);
  for (uint32_t axis = 0; axis < 3; ++axis) {
    const std::vector<float> soft = run_one(fb::OpKind::Softmax, dims, dims, {axis}, xs, false);
    const std::vector<float> logs = run_one(fb::OpKind::LogSoftmax, dims, dims, {axis}, xs, false);
    const size_t inner = axis == 0 ? 20 : axis == 1 ? 5 : 1;
    for (size_t i = 0; i < xs.size(); ++i) {
      const size_t base = i - i / inner % dims[axis] * inner;
      double sum = 0;
      for (size_t k = 0; k < dims[axis]; ++k) sum += std::exp(double(xs[base + k * inner]));
      REQUIRE(soft[i] == doctest::Approx(std::exp(double(xs[i])) / sum).epsilon(1e-5));
      REQUIRE(logs[i] == doctest::Approx(double(xs[i]) - std::log(sum)).epsilon(1e-5));
    }
  }
}

TEST_CASE("steps: a whole model runs softmax over what would be its rows") {
  const std::vector<float> xs = random_rows(12, 3);
  const std::vector<float> ys = run_one(fb::OpKind::Softmax, {4, 3}, {4, 3}, {0}, xs, true);
  for (size_t i = 0; i < ys.size(); ++i) {
    double sum = 0;
    for (size_t k = 0; k < 4; ++k) sum += std::exp(double(xs[i % 3 + k * 3]));
    REQUIRE(ys[i] == doctest::Approx(std::exp(double(xs[i])) / sum).epsilon(1e-5));
  }
}

TEST_CASE("steps: ArgMax runs along any axis and takes the first or the last of equals") {
  const Dims dims = {3, 4, 5};
  std::vector<float> xs = random_rows(2 * 60, 9);
  for (float& x : xs) x = std::round(x);  // so that there are equals
  for (uint32_t axis = 0; axis < 3; ++axis) {
    for (const uint32_t last : {0u, 1u}) {
      TinyModel m;
      const uint16_t x = m.add_input("x", dims);
      Dims y_dims = dims;
      y_dims.erase(y_dims.begin() + axis);
      const uint16_t y = m.add_output("y", y_dims);
      m.tensor(y).dtype = fb::DType::I64;
      m.add_op(fb::OpKind::ArgMax, {x}, y).iattr = {axis, last, 0};
      m.add_entry("predict", {x}, {y});
      const Model model = load(m);
      Session session = Session::make(model).or_exit();
      std::vector<int64_t> got(2 * count(y_dims));
      run(session, {xs}, {got});
      const size_t inner = axis == 0 ? 20 : axis == 1 ? 5 : 1;
      for (size_t i = 0; i < got.size(); ++i) {
        const size_t base = i / inner * inner * dims[axis] + i % inner;
        int64_t best = 0;
        for (size_t k = 1; k < dims[axis]; ++k) {
          const float value = xs[base + k * inner];
          const float high = xs[base + size_t(best) * inner];
          if (value > high || (last == 1 && value == high)) best = int64_t(k);
        }
        REQUIRE(got[i] == best);
      }
    }
  }
}

TEST_CASE("steps: Concat joins rows and constants along any axis") {
  for (uint32_t axis = 0; axis < 3; ++axis) {
    Dims a_dims = {2, 3, 4};
    Dims b_dims = a_dims;
    b_dims[axis] = 5;
    Dims y_dims = a_dims;
    y_dims[axis] += 5;
    const std::vector<float> constant = random_rows(count(b_dims), 8);
    TinyModel m;
    const uint16_t a = m.add_input("a", a_dims);
    const uint16_t b = m.add_constant("b", b_dims, constant);
    const uint16_t y = m.add_output("y", y_dims);
    m.add_op(fb::OpKind::Concat, {a, b}, y).iattr = {axis};
    m.add_entry("predict", {a}, {y});
    const Model model = load(m);
    Session session = Session::make(model).or_exit();
    const std::vector<float> as = random_rows(2 * 24, 1);
    std::vector<float> ys(2 * count(y_dims));
    run(session, {as}, {ys});
    size_t inner = 1;
    for (size_t d = axis + 1; d < 3; ++d) inner *= a_dims[d];
    for (size_t i = 0; i < ys.size(); ++i) {
      const size_t row = i / count(y_dims);
      const size_t block = i % count(y_dims) / (inner * y_dims[axis]);
      const size_t k = i / inner % y_dims[axis];
      const size_t at = i % inner;
      const float expected = k < a_dims[axis]
                                 ? as[row * 24 + (block * a_dims[axis] + k) * inner + at]
                                 : constant[(block * 5 + k - a_dims[axis]) * inner + at];
      REQUIRE(ys[i] == expected);
    }
  }
}

TEST_CASE("steps: Slice takes every step-th piece along any axis") {
  const Dims dims = {4, 5, 6};
  const std::vector<float> xs = random_rows(2 * 120, 3);
  for (uint32_t axis = 0; axis < 3; ++axis) {
    for (const uint32_t step : {1u, 2u}) {
      Dims y_dims = dims;
      y_dims[axis] = 2;
      const std::vector<float> ys =
          run_one(fb::OpKind::Slice, dims, y_dims, {axis, 1, step}, xs, false);
      size_t inner = 1;
      for (size_t d = axis + 1; d < 3; ++d) inner *= dims[d];
      for (size_t i = 0; i < ys.size(); ++i) {
        const size_t block = i / inner / 2;  // over all rows: blocks lie one after another
        const size_t k = 1 + i / inner % 2 * step;
        REQUIRE(ys[i] == xs[(block * dims[axis] + k) * inner + i % inner]);
      }
    }
  }
}

TEST_CASE("steps: Dense multiplies the last axis of every inner row") {
  for (const bool whole : {false, true}) {
    const std::vector<float> w = random_rows(4 * 3, 1);
    const std::vector<float> b = random_rows(3, 2);
    TinyModel m;
    const uint16_t x = m.add_input("x", {2, 5, 4});
    const uint16_t y = m.add_output("y", {2, 5, 3});
    m.add_op(fb::OpKind::Dense, {x, m.add_dense_weight("w", 4, 3, w), m.add_constant("b", {3}, b)},
             y);
    m.add_entry("predict", {x}, {y});
    if (whole) m.make_whole();
    const Model model = load(m);
    Session session = Session::make(model).or_exit();
    const size_t rows = whole ? 1 : 3;
    const std::vector<float> xs = random_rows(rows * 40, 4);
    std::vector<float> ys(rows * 30);
    run(session, {xs}, {ys});
    for (size_t i = 0; i < ys.size(); ++i) {
      double sum = double(b[i % 3]);
      for (size_t k = 0; k < 4; ++k) sum += double(xs[i / 3 * 4 + k]) * double(w[k * 3 + i % 3]);
      REQUIRE(ys[i] == doctest::Approx(sum).epsilon(1e-5));
    }
  }
}

TEST_CASE("steps: Reshape keeps the elements of a row in order, in place or not") {
  const std::vector<float> xs = random_rows(5 * 12, 3);
  CHECK(same_bits(run_one(fb::OpKind::Reshape, {3, 4}, {2, 6}, {}, xs, false), xs));
  TinyModel m;
  const uint16_t x = m.add_input("x", {12});
  const uint16_t a = m.add_arena("a", {12});
  const uint16_t b = m.add_arena("b", {3, 4});
  m.tensor(b).offset = m.tensor(a).offset;  // planned in place
  const uint16_t y = m.add_output("y", {3, 4});
  m.add_op(fb::OpKind::Unary, {x}, a).act = fb::Act::Neg;
  m.add_op(fb::OpKind::Reshape, {a}, b);
  m.add_op(fb::OpKind::Unary, {b}, y).act = fb::Act::Neg;
  m.add_entry("predict", {x}, {y});
  const Model model = load(m);
  Session session = Session::make(model).or_exit();
  CHECK(same_bits(answers(session, xs), xs));
}

}  // namespace
}  // namespace mle::testing
