// SPDX-License-Identifier: Apache-2.0
#include "compiler/turning_rows.h"

#include "compiler/passes/affine.h"
#include "compiler/passes/dense_weights.h"
#include "compiler/passes/editor.h"
#include "compiler/random_inputs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace mle::compiler {
namespace {

constexpr size_t kRows = 128;
constexpr size_t kMostLayers = 64;
constexpr size_t kMostColumns = 8192;  // of all layers together
constexpr size_t kMostWeights = size_t{1} << 20;
constexpr int kLongestWay = 64;
// How far from 0 a score that decides is put: as far as it usually is, by the columns' deviations,
// or as near as odds of e^2 are; but not nearer than hardly any row is.
constexpr double kNear = 2, kRare = 1.0 / 1024;

bool is_real(DType dtype) { return dtype == DType::F32 || dtype == DType::F64; }

// A column of a layer as a column of an input: scale x + shift.
struct Line {
  size_t input = 0;
  uint32_t column = 0;
  double scale = 1, shift = 0;
  double deviation = 1;   // that it usually has
  bool is_known = false;  // where it usually lies is told, or seen by how it is scaled
};

class Lines {
 public:
  Lines(const Graph& graph, const Editor& editor) : graph_(graph), editor_(editor) {}

  std::optional<Line> of(ValueId value, uint32_t column) {
    Line line;
    InputColumn at{value, column};
    for (int step = 0; step < kLongestWay; ++step) {
      if (graph_.value(at.first).is_input) return at_input(line, at);
      if (graph_.value(at.first).fact.dims.size() > 1) return std::nullopt;
      const NodeId producer = graph_.value(at.first).producer;
      if (producer == kNone) return std::nullopt;
      if (const std::optional<Affine>& affine = affine_of_node(producer)) {
        line.shift += line.scale * affine->shift[at.second];
        line.scale *= affine->scale[at.second];
        line.is_known = true;
        at.first = affine->x;
        continue;
      }
      const auto up = one_column_up(graph_, graph_.nodes()[producer], at.second);
      if (!up) return std::nullopt;
      at = *up;
    }
    return std::nullopt;
  }

 private:
  std::optional<Line> at_input(Line line, InputColumn at) const {
    const auto& ports = graph_.entries[0].inputs;
    while (line.input < ports.size() && ports[line.input].value != at.first) ++line.input;
    const Fact& fact = graph_.value(at.first).fact;
    if (line.input == ports.size() || !is_real(fact.dtype) ||
        at.second >= element_count(fact.dims) || line.scale == 0 || !std::isfinite(line.scale) ||
        !std::isfinite(line.shift))
      return std::nullopt;
    line.column = at.second;
    const auto& usual = ports[line.input].usual;
    if (at.second < usual.size() && usual[at.second]) {
      line.deviation = std::abs(line.scale) * usual[at.second]->deviation;
      line.is_known = true;
    }
    return line;
  }

  const std::optional<Affine>& affine_of_node(NodeId id) {
    const auto [place, is_new] = affine_.try_emplace(id);
    if (is_new) place->second = affine_of(editor_, editor_.node(id));
    return place->second;
  }

  const Graph& graph_;
  const Editor& editor_;
  std::map<NodeId, std::optional<Affine>> affine_;
};

struct Layer {
  DenseWeights weights;
  std::vector<Line> lines;
  bool decides = false;   // whether a score is above or below is what is asked
  bool competes = false;  // with the other scores of its layer
};

std::optional<Layer> layer_of(const Editor& editor, const Node& node, Lines& lines) {
  const Value& w = editor.value(node.inputs[1]);
  if (!w.is_constant || element_count(w.fact.dims) > kMostWeights ||
      editor.value(node.inputs[0]).fact.dims.size() != 1 ||
      (node.inputs.size() > 2 && !editor.value(node.inputs[2]).is_constant))
    return std::nullopt;
  Layer layer;
  bool is_known = true;
  std::set<std::pair<size_t, uint32_t>> seen;
  for (uint32_t k = 0; k < w.fact.dims[0]; ++k) {
    const auto line = lines.of(node.inputs[0], k);
    if (!line || !seen.emplace(line->input, line->column).second) return std::nullopt;
    is_known = is_known && line->is_known;
    layer.lines.push_back(*line);
  }
  for (const NodeId user : editor.users(node.outputs[0])) {
    switch (editor.node(user).kind) {
      case OpKind::ArgMax:
      case OpKind::Softmax:
      case OpKind::LogSoftmax: layer.competes = w.fact.dims[1] > 1; [[fallthrough]];
      case OpKind::Compare:
      case OpKind::Unary:
      case OpKind::Cast:
      case OpKind::Clip:
      case OpKind::Couple: layer.decides = true; break;
      default: break;
    }
  }
  if (is_known && !layer.decides) return std::nullopt;
  auto weights = DenseWeights::of(editor, node);
  if (!weights) return std::nullopt;
  layer.weights = *std::move(weights);
  return layer;
}

// Moves one row along what a score, or how far it is ahead of another, grows by fastest.
void turn(const Layer& layer, bool near, Random& random, const Graph& graph, size_t row,
          TrialRows& rows) {
  const DenseWeights& dense = layer.weights;
  const auto pick = [&](size_t count) {
    return std::min(count - 1, static_cast<size_t>(random.uniform() * static_cast<double>(count)));
  };
  const size_t first = pick(dense.n);
  const size_t second = layer.competes ? (first + 1 + pick(dense.n - 1)) % dense.n : first;
  const auto weight = [&](size_t k) {
    const double w = dense.w[k * dense.n + first];
    return layer.competes ? w - dense.w[k * dense.n + second] : w;
  };
  const auto element = [&](const Line& line) -> double& {
    Elements& input = rows.inputs[line.input];
    return input[row * (input.size() / rows.rows) + line.column];
  };
  double score = dense.b[first] - (layer.competes ? dense.b[second] : 0), square = 0;
  for (size_t k = 0; k < layer.lines.size(); ++k) {
    const Line& line = layer.lines[k];
    score += weight(k) * (line.scale * element(line) + line.shift);
    square += std::pow(weight(k) * line.deviation, 2);
  }
  const double z = random.normal();
  const double usual = std::sqrt(square);
  const double reach = layer.decides ? std::max(kNear, near ? usual * kRare : usual) : usual;
  const double step = (reach * z - score) / square;
  if (!std::isfinite(step)) return;
  for (size_t k = 0; k < layer.lines.size(); ++k) {
    const Line& line = layer.lines[k];
    const double moved =
        element(line) + weight(k) * line.deviation * line.deviation * step / line.scale;
    const DType dtype = graph.value(graph.entries[0].inputs[line.input].value).fact.dtype;
    if (std::isfinite(moved)) element(line) = convert(moved, dtype);
  }
}

}  // namespace

std::optional<TrialRows> make_turning_rows(const Graph& graph, const TrialRows& rows) {
  if (rows.rows == 0 || graph.value(graph.entries[0].inputs[0].value).fact.rows == Rows::Whole)
    return std::nullopt;
  Graph copy = graph;
  const Editor editor(copy);
  Lines lines(copy, editor);
  std::vector<Layer> layers;
  size_t columns = 0;
  for (NodeId n = 0; n < editor.node_count() && layers.size() < kMostLayers; ++n) {
    const Node& node = editor.node(n);
    if (node.kind != OpKind::Dense) continue;
    columns += editor.value(node.inputs[1]).fact.dims[0];
    if (columns > kMostColumns) break;
    if (auto layer = layer_of(editor, node, lines)) layers.push_back(*std::move(layer));
  }
  if (layers.empty()) return std::nullopt;
  TrialRows turned{std::vector<Elements>(rows.inputs.size()), std::min(rows.rows, kRows)};
  for (size_t i = 0; i < rows.inputs.size(); ++i)
    turned.inputs[i].append(rows.inputs[i], 0, rows.inputs[i].size() / rows.rows * turned.rows);
  Random random(2);
  for (size_t row = 0; row < turned.rows; ++row)
    turn(layers[row % layers.size()], row / layers.size() % 2 == 0, random, graph, row, turned);
  return turned;
}

}  // namespace mle::compiler
