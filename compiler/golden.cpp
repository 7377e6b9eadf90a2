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
constexpr size_t kOrders = 4;       // of sums, tried where the last bit of one moves a whole step

// What rounding does to answers, by the floating type that is computed in.
struct Rounding {
  double noise;      // eight roundings
  double of_spread;  // of the largest answer
  double relative;
  double of_largest;  // of the largest value on the way
  double recorded;    // more, relative, where another implementation answered
};
constexpr Rounding kF32 = {0x1p-21, 0x1p-20, 1e-5, 0, 2e-5};
constexpr Rounding kF64 = {0x1p-50, 0x1p-46, 1e-12, 0x1p-49, 1e-9};

// Rows that are rounded to bf16 on the way: where the last bit of a sum moves, and it does from one
// processor to another, an element may come out a whole step further.
constexpr Rounding kBf16Rows = {0x1p-11, 0x1p-8, 1e-5, 0, 2e-5};

Rounding rounding_of(const Graph& graph) {
  for (const Node& node : graph.nodes())
    if (node.kind == OpKind::Dense && graph.value(node.inputs[0]).fact.dtype == DType::BF16)
      return kBf16Rows;
  for (const Node& node : graph.nodes())
    if (graph.value(node.outputs[0]).fact.dtype == DType::F32) return kF32;
  for (const GraphPort& port : graph.entries[0].inputs)
    if (graph.value(port.value).fact.dtype == DType::F32) return kF32;
  return kF64;
}
constexpr uint64_t kMaxElements = uint64_t{1} << 21;      // that the judge may hold: 16 MiB
constexpr uint64_t kMaxMultiplyAdds = uint64_t{1} << 31;  // that it may take its time for

bool is_real(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F64 || dtype == DType::F16 || dtype == DType::BF16;
}

// What the last bit of an answer is worth where that is more than what rounding on the way does.
double last_bit(DType dtype) {
  return dtype == DType::F16 ? 0x1p-10 : dtype == DType::BF16 ? 0x1p-7 : 0;
}

Elements moved(Random& random, const Elements& elements, double noise) {
  Elements result = elements;
  for (double& element : result) element *= random.uniform() < 0.5 ? 1 - noise : 1 + noise;
  return result;
}

void append_row(Elements& to, const Elements& from, size_t row, size_t width) {
  to.append(from, row * width, width);
}

bool is_finite(double a, double b) { return std::isfinite(a) && std::isfinite(b); }

bool same_elements(const Elements& a, const Elements& b, size_t first, size_t count) {
  const auto from = static_cast<ptrdiff_t>(first), to = static_cast<ptrdiff_t>(first + count);
  if (!a.texts.empty())
    return std::equal(a.texts.begin() + from, a.texts.begin() + to, b.texts.begin() + from);
  return std::equal(a.begin() + from, a.begin() + to, b.begin() + from);
}

// The answers to some rows, to the same rows moved a little, and with f32 on the way: those of all
// entries in order.
struct Trial {
  const Graph& graph;
  std::vector<Elements> inputs, outputs, moved_outputs;
  std::vector<bool> answered;  // by row

  // What another implementation answered, by entry and output; may be null.
  const std::vector<std::vector<Elements>>* recorded = nullptr;
  std::vector<Elements> rounded_outputs = {};
  // What is rounded to whole numbers on the way moves by a whole step where its last bit moves.
  // Then other orders of the sums are tried, too.
  bool steps = false;
  std::vector<std::vector<Elements>> reordered_outputs = {};

  const Fact& fact(const GraphPort& port) const { return graph.value(port.value).fact; }
  size_t width(const GraphPort& port) const { return element_count(fact(port).dims); }
};

// What a trial says of one entry, whose outputs are those from `first` on.
class EntryTrial {
 public:
  EntryTrial(const Trial& trial, size_t entry, size_t first)
      : trial_(trial), entry_(trial.graph.entries[entry]), first_(first) {
    if (trial.recorded != nullptr && !(*trial.recorded)[entry].empty())
      recorded_ = &(*trial.recorded)[entry];
  }

  bool is_recorded() const { return recorded_ != nullptr; }

  // No whole-number answer of the row hangs on the last bits of its inputs, or of what is computed.
  bool is_steady(size_t row) const {
    for (size_t o = 0; o < entry_.outputs.size(); ++o) {
      if (is_real(trial_.fact(entry_.outputs[o]).dtype)) continue;
      const size_t n = trial_.width(entry_.outputs[o]);
      if (!same_elements(output(o), trial_.moved_outputs[first_ + o], row * n, n)) return false;
      if (!same_elements(output(o), trial_.rounded_outputs[first_ + o], row * n, n)) return false;
    }
    return true;
  }

  // Of the coarsest output.
  double last_bit_of_outputs() const {
    double step = 0;
    for (const GraphPort& port : entry_.outputs)
      step = std::max(step, last_bit(trial_.fact(port).dtype));
    return step;
  }

  double tolerance(double of_spread) const {
    double spread = 0, difference = 0;
    for (size_t o = 0; o < entry_.outputs.size(); ++o) {
      if (!is_real(trial_.fact(entry_.outputs[o]).dtype)) continue;
      for (size_t i = 0; i < output(o).size(); ++i) {
        const double y = output(o)[i];
        const auto compare = [&](const std::vector<Elements>& others) {
          const double other = others[first_ + o][i];
          if (!is_finite(y, other)) return;
          spread = std::max(spread, std::abs(y));
          difference = std::max(difference, std::abs(y - other));
        };
        compare(trial_.moved_outputs);
        if (trial_.steps) compare(trial_.rounded_outputs);
        for (const auto& others : trial_.reordered_outputs) compare(others);
      }
    }
    return spread * of_spread + difference * kNoiseMargin;
  }

  // What was answered elsewhere has to be answered here.
  bool proves(size_t row) const { return trial_.answered[row] ? is_steady(row) : is_recorded(); }
  bool all_prove() const {
    for (size_t row = 0; row < trial_.answered.size(); ++row)
      if (!proves(row)) return false;
    return true;
  }

  // The first `wanted` rows that prove something; where rows mix, all of them or none.
  GoldenRows rows(size_t wanted) const {
    GoldenRows golden;
    golden.inputs.resize(entry_.inputs.size());
    golden.outputs.resize(entry_.outputs.size());
    if (trial_.graph.rows_mix() && !all_prove()) return golden;
    for (size_t row = 0; row < trial_.answered.size() && golden.rows < wanted; ++row) {
      if (!proves(row)) continue;
      for (size_t i = 0; i < entry_.inputs.size(); ++i)
        append_row(golden.inputs[i], input(entry_.inputs[i]), row, trial_.width(entry_.inputs[i]));
      for (size_t o = 0; o < entry_.outputs.size(); ++o)
        append_row(golden.outputs[o], recorded_ ? (*recorded_)[o] : output(o), row,
                   trial_.width(entry_.outputs[o]));
      ++golden.rows;
    }
    return golden;
  }

 private:
  const Elements& output(size_t port) const { return trial_.outputs[first_ + port]; }
  // The first entry has the inputs of all.
  const Elements& input(const GraphPort& port) const {
    const std::vector<GraphPort>& all = trial_.graph.entries[0].inputs;
    const auto found = std::ranges::find(all, port.value, &GraphPort::value);
    return trial_.inputs[static_cast<size_t>(found - all.begin())];
  }

  const Trial& trial_;
  const GraphEntry& entry_;
  size_t first_;
  const std::vector<Elements>* recorded_ = nullptr;
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

template <class Judge>
Result<Answers> answers_to(const Graph& graph, const std::vector<Elements>& inputs, size_t rows,
                           Judge&& judge) {
  auto together = judge(graph, inputs, rows);
  if (together) return Answers{*std::move(together), std::vector<bool>(rows, true)};
  if (together.error().rule() != format::rule::R117_NoAnswer) return std::move(together).error();
  Answers answers{{}, std::vector<bool>(rows)};
  for (size_t row = 0; row < rows; ++row) {
    std::vector<Elements> alone(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i)
      append_row(alone[i], inputs[i], row, inputs[i].size() / rows);
    auto outputs = judge(graph, alone, 1);
    answers.answered[row] = outputs.has_value();
    size_t o = 0;
    for (const GraphEntry& entry : graph.entries) {
      for (const GraphPort& port : entry.outputs) {
        const Fact& fact = graph.value(port.value).fact;
        const size_t width = element_count(fact.dims);
        Elements none(width);
        if (fact.dtype == DType::Str) none.texts.resize(width);
        if (row == 0) answers.outputs.emplace_back();
        answers.outputs[o].append(outputs ? (*outputs)[o] : none, 0, width);
        ++o;
      }
    }
  }
  return answers;
}

// Has the judge answer inputs and moved inputs.
Status ask_judge(Trial& trial, const std::vector<Elements>& moved_inputs, size_t rows) {
  Random order;
  const auto reordered = [&](const Graph& graph, const std::vector<Elements>& inputs,
                             size_t count) {
    return evaluate_rounded(graph, inputs, count, &order);
  };
  const auto rounded_once = [](const Graph& graph, const std::vector<Elements>& inputs,
                               size_t count) { return evaluate_rounded(graph, inputs, count); };
  MLE_TRY_ASSIGN(Answers answers, answers_to(trial.graph, trial.inputs, rows, evaluate_outputs));
  MLE_TRY_ASSIGN(Answers moved_answers,
                 answers_to(trial.graph, moved_inputs, rows, evaluate_outputs));
  MLE_TRY_ASSIGN(Answers rounded, answers_to(trial.graph, trial.inputs, rows, rounded_once));
  trial.rounded_outputs = std::move(rounded.outputs);
  trial.steps = std::ranges::any_of(trial.graph.nodes(), [](const Node& node) {
    return node.act == Act::Round || node.act == Act::Floor || node.act == Act::Ceil ||
           (node.kind == OpKind::Dense && !node.iattr.empty());
  });
  for (size_t i = 0; i < kOrders && trial.steps; ++i) {
    MLE_TRY_ASSIGN(Answers other, answers_to(trial.graph, trial.inputs, rows, reordered));
    trial.reordered_outputs.push_back(std::move(other.outputs));
  }
  trial.outputs = std::move(answers.outputs);
  trial.moved_outputs = std::move(moved_answers.outputs);
  for (size_t row = 0; row < rows; ++row)
    trial.answered.push_back(answers.answered[row] && moved_answers.answered[row] &&
                             rounded.answered[row]);
  return {};
}

Result<std::vector<GoldenRows>> rows_of(const Trial& trial, size_t wanted,
                                        const std::string& reference) {
  const Rounding rounding = rounding_of(trial.graph);
  std::vector<GoldenRows> golden(trial.graph.entries.size());
  size_t first = 0;
  for (size_t e = 0; e < golden.size(); ++e) {
    const EntryTrial of_entry(trial, e, first);
    first += trial.graph.entries[e].outputs.size();
    golden[e] = of_entry.rows(wanted);
    if (golden[e].rows == 0) continue;
    const double more = of_entry.is_recorded() ? rounding.recorded : 0;
    golden[e].atol = of_entry.tolerance(rounding.of_spread + more);
    if (rounding.of_largest > 0) {
      MLE_TRY_ASSIGN(const double largest, largest_value(trial, trial.answered.size()));
      golden[e].atol += largest * rounding.of_largest;
    }
    golden[e].rtol = std::max(rounding.relative, of_entry.last_bit_of_outputs()) + more;
    golden[e].reference = of_entry.is_recorded() ? reference : "judge";
  }
  return golden;
}

}  // namespace

Result<std::vector<GoldenRows>> judge_golden_rows(const Graph& graph, size_t rows) {
  const std::vector<GraphPort>& inputs = graph.entries[0].inputs;
  const bool whole = graph.value(inputs[0].value).fact.rows == Rows::Whole;
  const size_t affordable = affordable_rows(graph);
  // Some may not be steady; but where rows mix, they were asked together.
  const size_t tried = std::min(affordable, whole ? 1 : graph.rows_mix() ? rows : 2 * rows);
  const size_t wanted = std::min(tried, whole ? 1 : rows);
  if (wanted == 0) return std::vector<GoldenRows>(graph.entries.size());

  Trial trial{graph, {}, {}, {}, {}};
  const Rounding rounding = rounding_of(graph);
  std::vector<Elements> moved_inputs;
  Random random;
  const RandomInputs random_inputs(graph);
  for (const GraphPort& port : inputs) {
    trial.inputs.push_back(random_inputs.make(random, port.value, tried));
    const Elements& exact = trial.inputs.back();
    const bool may_move = is_real(trial.fact(port).dtype) && !random_inputs.is_index(port.value);
    moved_inputs.push_back(may_move ? moved(random, exact, rounding.noise) : exact);
  }
  MLE_TRY(ask_judge(trial, moved_inputs, tried));
  return rows_of(trial, wanted, "judge");
}

Result<std::vector<GoldenRows>> recorded_golden_rows(const Graph& graph,
                                                     const RecordedRows& recorded) {
  const size_t rows = std::min(affordable_rows(graph), recorded.rows);
  if (rows == 0) return std::vector<GoldenRows>(graph.entries.size());
  Trial trial{graph, {}, {}, {}, {}, &recorded.outputs};
  std::vector<Elements> moved_inputs;
  Random random;
  const RandomInputs random_inputs(graph);
  const std::vector<GraphPort>& inputs = graph.entries[0].inputs;
  for (size_t i = 0; i < inputs.size(); ++i) {
    Elements& exact = trial.inputs.emplace_back();
    exact.append(recorded.inputs[i], 0, rows * trial.width(inputs[i]));
    const bool may_move =
        is_real(trial.fact(inputs[i]).dtype) && !random_inputs.is_index(inputs[i].value);
    moved_inputs.push_back(may_move ? moved(random, exact, rounding_of(graph).noise) : exact);
  }
  MLE_TRY(ask_judge(trial, moved_inputs, rows));
  return rows_of(trial, rows, recorded.reference);
}

}  // namespace mle::compiler
