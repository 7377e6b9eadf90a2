// Graphs for tests, built in a few words.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/evaluate/evaluate.h"
#include "compiler/graph/graph.h"
#include "compiler/random.h"

#include <string>
#include <vector>

namespace mle::testing {

using namespace mle::compiler;

// A graph with one entry "predict"; inputs and outputs are added to it as they come.
class GraphBuilder {
 public:
  explicit GraphBuilder(Rows rows = Rows::PerRow);

  ValueId input(Dims dims, const char* name = "x");
  ValueId scalar(float number);
  ValueId constant(Dims dims, std::vector<float> elements, const char* name = "");
  // Elements N(0, 1) times `scale`.
  ValueId random_constant(Dims dims, double scale = 1);

  ValueId dense(ValueId x, uint32_t n, bool with_bias = true);
  ValueId unary(Act act, ValueId x, std::vector<double> parameters = {});
  ValueId binary(BinaryFn fn, ValueId a, ValueId b);
  ValueId compare(CompareFn fn, ValueId a, ValueId b);
  ValueId select(ValueId c, ValueId a, ValueId b);
  ValueId scale(ValueId x, ValueId s, ValueId t);
  ValueId clip(ValueId x, double lowest, double highest);
  ValueId softmax(ValueId x, uint32_t axis, OpKind kind = OpKind::Softmax);
  ValueId concat(std::vector<ValueId> parts, uint32_t axis);
  ValueId slice(ValueId x, uint32_t axis, uint32_t start, uint32_t step, uint32_t count);
  ValueId reshape(ValueId x, Dims dims);
  ValueId transpose(ValueId x, std::vector<uint32_t> order);
  ValueId expand(ValueId x, Dims dims);
  ValueId gather(ValueId data, ValueId index, uint32_t axis,
                 OpKind kind = OpKind::Gather);                       // or GatherElements
  ValueId integers(Dims dims, const std::vector<int64_t>& elements);  // a constant
  ValueId argmax(ValueId x, uint32_t axis, bool last = false, bool keep = false);
  ValueId cast(ValueId x, DType dtype);
  ValueId matmul(ValueId a, ValueId b);
  ValueId reduce(ReduceFn fn, ValueId x, std::vector<uint32_t> axes, bool keep = false);
  ValueId reduce_rows(ReduceFn fn, ValueId x);
  ValueId cumsum(ValueId x, uint32_t axis, bool exclusive = false, bool reverse = false);
  ValueId topk(ValueId x, uint32_t axis, uint32_t count, bool largest = true);
  // `factors`: nothing, scale, or scale and bias.
  ValueId layer_norm(ValueId x, uint32_t axis, double eps, std::vector<ValueId> factors = {},
                     bool centred = true);

  void output(ValueId value, const char* name = "y");
  Graph finish();  // checks

  Graph graph;
  Random random{7};

 private:
  ValueId add(Node node, const Fact* wanted = nullptr);
  Rows rows_;
};

// The graph printed, without its first line (the name).
std::string text(const Graph& graph);
// Only the lines of nodes: what is computed.
std::vector<std::string> node_lines(const Graph& graph);
// How many nodes do `what`, as the text form names it: "Dense.Relu".
size_t count(const Graph& graph, const std::string& what);

// Rows N(0, 1) for the first entry.
std::vector<Elements> random_inputs(const Graph& graph, size_t rows, uint64_t seed = 3);
// The largest |a - b| / max(1, |a|) of all outputs of both graphs; infinite where one is NaN and
// the other is not.
double difference(const Graph& a, const Graph& b, size_t rows = 32);

// Networks of random layers, widths and activations, with branches, scalers and batch
// normalisation spelled out; row-wise.
Graph random_network(uint64_t seed);

}  // namespace mle::testing
