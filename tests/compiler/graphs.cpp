// SPDX-License-Identifier: Apache-2.0
#include "tests/compiler/graphs.h"

#include "compiler/graph/check.h"
#include "compiler/graph/infer.h"
#include "compiler/graph/print.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <utility>

namespace mle::testing {
namespace {

Node node_of(OpKind kind, std::vector<ValueId> inputs, std::vector<uint32_t> iattr = {},
             std::vector<double> fattr = {}) {
  Node node;
  node.kind = kind;
  node.inputs = std::move(inputs);
  node.iattr = std::move(iattr);
  node.fattr = std::move(fattr);
  return node;
}

}  // namespace

GraphBuilder::GraphBuilder(Rows rows) : rows_(rows) {
  graph.name = "test";
  graph.entries.resize(1);
  graph.entries[0].name = "predict";
}

ValueId GraphBuilder::add(Node node, const Fact* wanted) {
  Result<ValueId> id = add_inferred(graph, std::move(node), {}, wanted);
  REQUIRE_MESSAGE(id.has_value(), id.error().message());
  return *id;
}

ValueId GraphBuilder::input(Dims dims, const char* name) {
  const ValueId id = graph.add_input(name, {DType::F32, rows_, std::move(dims)});
  graph.entries[0].inputs.push_back({id, name, {}, {}});
  return id;
}

ValueId GraphBuilder::scalar(float number) { return constant({}, {number}); }

ValueId GraphBuilder::constant(Dims dims, std::vector<float> elements, const char* name) {
  return graph.add_f32(name, std::move(dims), std::move(elements));
}

ValueId GraphBuilder::random_constant(Dims dims, double scale) {
  std::vector<float> elements(element_count(dims));
  for (float& element : elements) element = static_cast<float>(scale * random.normal());
  return constant(std::move(dims), std::move(elements));
}

ValueId GraphBuilder::dense(ValueId x, uint32_t n, bool with_bias) {
  const uint32_t k = graph.value(x).fact.dims.back();
  Node node = node_of(OpKind::Dense, {x, random_constant({k, n}, 1 / std::sqrt(k))});
  if (with_bias) node.inputs.push_back(random_constant({n}, 0.1));
  return add(std::move(node));
}

ValueId GraphBuilder::unary(Act act, ValueId x, std::vector<double> parameters) {
  Node node = node_of(OpKind::Unary, {x}, {}, std::move(parameters));
  node.act = act;
  return add(std::move(node));
}

ValueId GraphBuilder::binary(BinaryFn fn, ValueId a, ValueId b) {
  return add(node_of(OpKind::Binary, {a, b}, {static_cast<uint32_t>(fn)}));
}

ValueId GraphBuilder::compare(CompareFn fn, ValueId a, ValueId b) {
  return add(node_of(OpKind::Compare, {a, b}, {static_cast<uint32_t>(fn)}));
}

ValueId GraphBuilder::select(ValueId c, ValueId a, ValueId b) {
  return add(node_of(OpKind::Select, {c, a, b}));
}

ValueId GraphBuilder::scale(ValueId x, ValueId s, ValueId t) {
  return add(node_of(OpKind::Scale, {x, s, t}));
}

ValueId GraphBuilder::clip(ValueId x, double lowest, double highest) {
  return add(node_of(OpKind::Clip, {x}, {}, {lowest, highest}));
}

ValueId GraphBuilder::softmax(ValueId x, uint32_t axis, OpKind kind) {
  return add(node_of(kind, {x}, {axis}));
}

ValueId GraphBuilder::concat(std::vector<ValueId> parts, uint32_t axis) {
  return add(node_of(OpKind::Concat, std::move(parts), {axis}));
}

ValueId GraphBuilder::slice(ValueId x, uint32_t axis, uint32_t start, uint32_t step,
                            uint32_t count) {
  Fact wanted = graph.value(x).fact;
  wanted.dims[axis] = count;
  return add(node_of(OpKind::Slice, {x}, {axis, start, step}), &wanted);
}

ValueId GraphBuilder::reshape(ValueId x, Dims dims) {
  Fact wanted = graph.value(x).fact;
  wanted.dims = std::move(dims);
  return add(node_of(OpKind::Reshape, {x}), &wanted);
}

ValueId GraphBuilder::transpose(ValueId x, std::vector<uint32_t> order) {
  Node node = node_of(OpKind::Transpose, {x});
  node.indices = std::move(order);
  return add(std::move(node));
}

ValueId GraphBuilder::expand(ValueId x, Dims dims) {
  Fact wanted = graph.value(x).fact;
  wanted.dims = std::move(dims);
  return add(node_of(OpKind::Expand, {x}), &wanted);
}

ValueId GraphBuilder::gather(ValueId data, ValueId index, uint32_t axis, OpKind kind) {
  return add(node_of(kind, {data, index}, {axis}));
}

ValueId GraphBuilder::integers(Dims dims, const std::vector<int64_t>& elements) {
  const auto bytes = std::as_bytes(std::span<const int64_t>(elements));
  return graph.add_constant("", DType::I64, std::move(dims),
                            Constant::from_bytes({bytes.begin(), bytes.end()}));
}

ValueId GraphBuilder::argmax(ValueId x, uint32_t axis, bool last, bool keep) {
  return add(node_of(OpKind::ArgMax, {x}, {axis, last, keep}));
}

ValueId GraphBuilder::cast(ValueId x, DType dtype) {
  Fact wanted = graph.value(x).fact;
  wanted.dtype = dtype;
  return add(node_of(OpKind::Cast, {x}), &wanted);
}

ValueId GraphBuilder::matmul(ValueId a, ValueId b) { return add(node_of(OpKind::MatMul, {a, b})); }

ValueId GraphBuilder::reduce(ReduceFn fn, ValueId x, std::vector<uint32_t> axes, bool keep) {
  Node node = node_of(OpKind::Reduce, {x}, {static_cast<uint32_t>(fn), keep});
  node.indices = std::move(axes);
  return add(std::move(node));
}

ValueId GraphBuilder::reduce_rows(ReduceFn fn, ValueId x) {
  return add(node_of(OpKind::ReduceRows, {x}, {static_cast<uint32_t>(fn)}));
}

ValueId GraphBuilder::cumsum(ValueId x, uint32_t axis, bool exclusive, bool reverse) {
  return add(node_of(OpKind::CumSum, {x}, {axis, exclusive, reverse}));
}

ValueId GraphBuilder::topk(ValueId x, uint32_t axis, uint32_t count, bool largest) {
  Fact wanted = graph.value(x).fact;
  wanted.dims[axis] = count;
  return add(node_of(OpKind::TopK, {x}, {axis, largest}), &wanted);
}

ValueId GraphBuilder::layer_norm(ValueId x, uint32_t axis, double eps, std::vector<ValueId> factors,
                                 bool centred) {
  factors.insert(factors.begin(), x);
  Node node = node_of(OpKind::LayerNorm, std::move(factors), {axis, centred ? 0u : 1u});
  node.fattr = {eps};
  return add(std::move(node));
}

void GraphBuilder::output(ValueId value, const char* name) {
  graph.entries[0].outputs.push_back({value, name, {}, {}});
}

Graph GraphBuilder::finish() {
  const Status status = check(graph);
  REQUIRE_MESSAGE(status.ok(), status.message());
  return graph;
}

std::string text(const Graph& graph) {
  const std::string printed = print(graph);
  return printed.substr(printed.find('\n') + 1);
}

std::vector<std::string> node_lines(const Graph& graph) {
  std::vector<std::string> lines;
  std::istringstream stream(print(graph));
  for (std::string line; std::getline(stream, line);)
    if (line.find(" = ") != std::string::npos) lines.push_back(line.substr(2));
  return lines;
}

size_t count(const Graph& graph, const std::string& what) {
  const std::vector<std::string> lines = node_lines(graph);
  return static_cast<size_t>(std::count_if(lines.begin(), lines.end(), [&](const auto& line) {
    return line.find("= " + what + "(") != std::string::npos;
  }));
}

std::vector<Elements> random_inputs(const Graph& graph, size_t rows, uint64_t seed) {
  Random random(seed);
  std::vector<Elements> inputs;
  for (const GraphPort& port : graph.entries[0].inputs) {
    const Fact& fact = graph.value(port.value).fact;
    Elements elements(element_count(fact.dims) * (fact.rows == Rows::PerRow ? rows : 1));
    for (double& element : elements) element = convert(random.normal(), fact.dtype);
    inputs.push_back(std::move(elements));
  }
  return inputs;
}

double difference(const Graph& a, const Graph& b, size_t rows) {
  const std::vector<Elements> inputs = random_inputs(a, rows);
  const auto ya = evaluate_outputs(a, inputs, rows);
  const auto yb = evaluate_outputs(b, inputs, rows);
  REQUIRE(ya.has_value());
  REQUIRE(yb.has_value());
  REQUIRE(ya->size() == yb->size());
  double largest = 0;
  for (size_t o = 0; o < ya->size(); ++o) {
    REQUIRE((*ya)[o].size() == (*yb)[o].size());
    for (size_t i = 0; i < (*ya)[o].size(); ++i) {
      const double p = (*ya)[o][i], q = (*yb)[o][i];
      if (p == q || (std::isnan(p) && std::isnan(q))) continue;
      const double here = std::abs(p - q) / std::max(1.0, std::abs(p));
      largest =
          std::isnan(here) ? std::numeric_limits<double>::infinity() : std::max(largest, here);
    }
  }
  return largest;
}

Graph random_network(uint64_t seed) {
  GraphBuilder g;
  g.random = Random(seed);
  const auto pick = [&](size_t n) { return static_cast<uint32_t>(g.random.bits() % n); };
  const auto width = [&] { return 1 + pick(24); };
  std::vector<ValueId> values = {g.input({width()})};
  if (pick(3) == 0) values.push_back(g.input({width()}, "z"));
  const size_t layers = 3 + pick(12);
  for (size_t i = 0; i < layers; ++i) {
    const ValueId x = values[values.size() - 1 - pick(std::min<size_t>(values.size(), 3))];
    const uint32_t columns = g.graph.value(x).fact.dims.back();
    constexpr Act kActs[] = {Act::Relu, Act::Gelu, Act::Tanh,     Act::Sigmoid,
                             Act::Silu, Act::Neg,  Act::Softplus, Act::Mish};
    switch (pick(13)) {
      case 0:
      case 1:
      case 2: values.push_back(g.dense(x, width(), pick(2) == 0)); break;
      case 3:
      case 4: values.push_back(g.unary(kActs[pick(8)], x)); break;
      case 5: values.push_back(g.binary(BinaryFn::Add, x, g.random_constant({columns}))); break;
      case 6: values.push_back(g.binary(BinaryFn::Mul, g.random_constant({columns}), x)); break;
      case 7:
        values.push_back(g.scale(x, g.random_constant({columns}), g.random_constant({columns})));
        break;
      case 8: values.push_back(g.softmax(x, 0)); break;
      case 9: values.push_back(g.concat({x, values.back()}, 0)); break;
      case 10: values.push_back(g.slice(x, 0, pick(columns), 1, 1)); break;
      case 11:
        values.push_back(
            g.binary(BinaryFn::Sub, x, g.scalar(static_cast<float>(g.random.normal()))));
        break;
      default: values.push_back(g.binary(BinaryFn::Mul, x, g.unary(Act::Sigmoid, x))); break;
    }
  }
  g.output(g.dense(values.back(), width()), "y");
  if (pick(3) == 0) g.output(values[values.size() / 2], "middle");
  return g.finish();
}

}  // namespace mle::testing
