// SPDX-License-Identifier: Apache-2.0
#include "compiler/golden.h"

#include "compiler/evaluate/evaluate.h"
#include "compiler/random_inputs.h"
#include "format/rules.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mle::compiler {
namespace {

constexpr double kNoiseMargin = 8;  // rounding happens in every layer, the noise only once

// What rounding does to answers, by the floating type that is computed in.
struct Rounding {
  double noise;      // eight roundings
  double of_spread;  // of the largest answer
  double relative;
  double of_largest;  // of the largest value on the way
};
constexpr Rounding kF32 = {0x1p-21, 0x1p-20, 1e-5, 0};
constexpr Rounding kF64 = {0x1p-50, 0x1p-46, 1e-12, 0x1p-49};

Rounding rounding_of(const Graph& graph) {
  for (const Node& node : graph.nodes())
    if (graph.value(node.outputs[0]).fact.dtype == DType::F32) return kF32;
  for (const GraphPort& port : graph.entries[0].inputs)
    if (graph.value(port.value).fact.dtype == DType::F32) return kF32;
  return kF64;
}
constexpr uint64_t kMaxElements = uint64_t{1} << 23;      // that the judge may hold: 64 MiB
constexpr uint64_t kMaxMultiplyAdds = uint64_t{1} << 31;  // that it may take its time for

bool is_real(DType dtype) { return dtype == DType::F32 || dtype == DType::F64; }

Elements moved(Random& random, const Elements& elements, double noise) {
  Elements result = elements;
  for (double& element : result) element *= random.uniform() < 0.5 ? 1 - noise : 1 + noise;
  return result;
}

bool is_finite(double a, double b) { return std::isfinite(a) && std::isfinite(b); }

bool same_elements(const Elements& a, const Elements& b, size_t first, size_t count) {
  const auto from = static_cast<ptrdiff_t>(first), to = static_cast<ptrdiff_t>(first + count);
  if (!a.texts.empty())
    return std::equal(a.texts.begin() + from, a.texts.begin() + to, b.texts.begin() + from);
  return std::equal(a.begin() + from, a.begin() + to, b.begin() + from);
}

// Rows of the first entry, with the answers to them and to the same rows moved a little.
struct Trial {
  const std::vector<GraphPort>& inputs_of;
  const std::vector<GraphPort>& outputs_of;
  const Graph& graph;
  std::vector<Elements> inputs, outputs, moved_outputs;

  DType output_dtype(size_t port) const { return graph.value(outputs_of[port].value).fact.dtype; }
  size_t width(const GraphPort& port) const {
    return element_count(graph.value(port.value).fact.dims);
  }

  // No whole-number answer of the row hangs on the last bits of its inputs.
  bool is_steady(size_t row) const {
    for (size_t o = 0; o < outputs_of.size(); ++o) {
      const size_t n = width(outputs_of[o]);
      if (!is_real(output_dtype(o)) && !same_elements(outputs[o], moved_outputs[o], row * n, n))
        return false;
    }
    return true;
  }

  double tolerance(double of_spread) const {
    double spread = 0, difference = 0;
    for (size_t o = 0; o < outputs_of.size(); ++o) {
      if (!is_real(output_dtype(o))) continue;
      for (size_t i = 0; i < outputs[o].size(); ++i) {
        const double y = outputs[o][i], other = moved_outputs[o][i];
        if (!is_finite(y, other)) continue;
        spread = std::max(spread, std::abs(y));
        difference = std::max(difference, std::abs(y - other));
      }
    }
    return spread * of_spread + difference * kNoiseMargin;
  }
};

// How many rows the judge can answer in reasonable time and memory; a stranger's graph may be wide.
size_t affordable_rows(const Graph& graph) {
  uint64_t elements = 1, multiply_adds = 1;
  for (ValueId v = 0; v < graph.value_count(); ++v)
    if (!graph.value(v).is_constant) elements += element_count(graph.value(v).fact.dims);
  for (const Node& node : graph.nodes()) {
    if (node.kind != OpKind::Dense && node.kind != OpKind::MatMul) continue;
    const uint32_t k = graph.value(node.inputs[0]).fact.dims.back();
    multiply_adds += element_count(graph.value(node.outputs[0]).fact.dims) * k;
  }
  return std::min(kMaxElements / elements, kMaxMultiplyAdds / multiply_adds);
}

void append_row(Elements& to, const Elements& from, size_t row, size_t width) {
  to.append(from, row * width, width);
}

// The largest value on the way to the answers: what cancels there leaves its rounding behind, which
// moving the inputs does not show where constants are what cancels.
Result<double> largest_value(const Trial& trial, size_t rows) {
  MLE_TRY_ASSIGN(const std::vector<Elements> all, evaluate(trial.graph, trial.inputs, rows));
  double largest = 0;
  for (ValueId v = 0; v < all.size(); ++v) {
    if (trial.graph.value(v).is_constant || !is_real(trial.graph.value(v).fact.dtype)) continue;
    for (const double x : all[v])
      if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
  }
  return largest;
}

// The answers to all rows, and which rows have one. A row the model has no answer for makes the
// whole call fail: then each row is asked alone.
struct Answers {
  std::vector<Elements> outputs;
  std::vector<bool> answered;
};

Result<Answers> answers_to(const Graph& graph, const std::vector<Elements>& inputs, size_t rows) {
  auto together = evaluate_outputs(graph, inputs, rows);
  if (together) return Answers{*std::move(together), std::vector<bool>(rows, true)};
  if (together.error().rule() != format::rule::R117_NoAnswer) return std::move(together).error();
  const GraphEntry& entry = graph.entries[0];
  Answers answers{std::vector<Elements>(entry.outputs.size()), {}};
  for (size_t row = 0; row < rows; ++row) {
    std::vector<Elements> alone(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i)
      append_row(alone[i], inputs[i], row, inputs[i].size() / rows);
    auto outputs = evaluate_outputs(graph, alone, 1);
    answers.answered.push_back(outputs.has_value());
    for (size_t o = 0; o < entry.outputs.size(); ++o) {
      const Fact& fact = graph.value(entry.outputs[o].value).fact;
      const size_t width = element_count(fact.dims);
      Elements none(width);
      if (fact.dtype == DType::Str) none.texts.resize(width);
      answers.outputs[o].append(outputs ? (*outputs)[o] : none, 0, width);
    }
  }
  return answers;
}

}  // namespace

Result<GoldenRows> judge_golden_rows(const Graph& graph, size_t rows) {
  const GraphEntry& entry = graph.entries[0];
  const bool whole = graph.value(entry.inputs[0].value).fact.rows == Rows::Whole;
  const size_t affordable = affordable_rows(graph);
  const size_t tried = std::min(affordable, whole ? 1 : 2 * rows);  // some may not be steady
  const size_t wanted = std::min(tried, whole ? 1 : rows);
  if (wanted == 0) return GoldenRows{};

  Trial trial{entry.inputs, entry.outputs, graph, {}, {}, {}};
  const Rounding rounding = rounding_of(graph);
  std::vector<Elements> moved_inputs;
  Random random;
  const RandomInputs random_inputs(graph);
  for (const GraphPort& port : entry.inputs) {
    trial.inputs.push_back(random_inputs.make(random, port.value, tried));
    const Elements& exact = trial.inputs.back();
    const bool may_move =
        is_real(graph.value(port.value).fact.dtype) && !random_inputs.is_index(port.value);
    moved_inputs.push_back(may_move ? moved(random, exact, rounding.noise) : exact);
  }
  MLE_TRY_ASSIGN(Answers answers, answers_to(graph, trial.inputs, tried));
  MLE_TRY_ASSIGN(Answers moved_answers, answers_to(graph, moved_inputs, tried));
  trial.outputs = std::move(answers.outputs);
  trial.moved_outputs = std::move(moved_answers.outputs);

  GoldenRows golden;
  golden.inputs.resize(entry.inputs.size());
  golden.outputs.resize(entry.outputs.size());
  for (size_t row = 0; row < tried && golden.rows < wanted; ++row) {
    if (!answers.answered[row] || !moved_answers.answered[row]) continue;
    if (!trial.is_steady(row)) continue;
    for (size_t i = 0; i < entry.inputs.size(); ++i)
      append_row(golden.inputs[i], trial.inputs[i], row, trial.width(entry.inputs[i]));
    for (size_t o = 0; o < entry.outputs.size(); ++o)
      append_row(golden.outputs[o], trial.outputs[o], row, trial.width(entry.outputs[o]));
    ++golden.rows;
  }
  if (golden.rows == 0) return GoldenRows{};
  golden.atol = trial.tolerance(rounding.of_spread);
  if (rounding.of_largest > 0) {
    MLE_TRY_ASSIGN(const double largest, largest_value(trial, tried));
    golden.atol += largest * rounding.of_largest;
  }
  golden.rtol = rounding.relative;
  golden.reference = "judge";
  return golden;
}

}  // namespace mle::compiler
