// SPDX-License-Identifier: Apache-2.0
#include "compiler/precision.h"

#include "compiler/passes/affine.h"
#include "compiler/passes/editor.h"
#include "compiler/random_inputs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace mle::compiler {
namespace {

constexpr size_t kRows = 256;
constexpr size_t kWholeCalls = 16;
constexpr uint64_t kMostNumbers = uint64_t{1} << 20;  // of all rows together

// The scaling and shifting that an input goes through first: its columns come out about N(0, 1).
std::optional<Affine> scaler_of(const Editor& editor, ValueId input) {
  std::optional<Affine> scaler;
  for (ValueId at = input;;) {
    const NodeId user = editor.only_user(at);
    if (user == kNone) return scaler;
    const auto affine = affine_of(editor, editor.node(user));
    if (!affine || affine->x != at) return scaler;
    scaler = scaler ? compose(*scaler, *affine) : *affine;
    at = editor.output(user);
  }
}

// N(0, 1) behind the scaler.
void undo(const Affine& scaler, DType dtype, Elements& elements) {
  const size_t columns = scaler.scale.size();
  for (size_t i = 0; i < elements.size(); ++i) {
    const double scale = scaler.scale[i % columns];
    const double x = (elements[i] - scaler.shift[i % columns]) / scale;
    if (std::isfinite(x)) elements[i] = convert(x, dtype);
  }
}

// N(0, 1) becomes N(mean, deviation) in the columns of which those are told.
bool put_where_usual(const GraphPort& port, DType dtype, const Elements& drawn,
                     Elements& elements) {
  bool any = false;
  if (port.usual.empty() || (dtype != DType::F32 && dtype != DType::F64)) return false;
  for (size_t i = 0; i < elements.size(); ++i) {
    const auto& usual = port.usual[i % port.usual.size()];
    if (!usual) continue;
    elements[i] = convert(usual->mean + usual->deviation * drawn[i], dtype);
    any = true;
  }
  return any;
}

// Of the finite answers of one output.
double spread_of(const std::vector<std::vector<Elements>>& calls, size_t output) {
  double least = std::numeric_limits<double>::infinity(), most = -least;
  for (const auto& call : calls) {
    for (const double y : call[output]) {
      if (!std::isfinite(y)) continue;
      least = std::min(least, y);
      most = std::max(most, y);
    }
  }
  return most > least ? most - least : 0;
}

double error_of(double f32, double f64, double spread) {
  if (f32 == f64 || (std::isnan(f32) && std::isnan(f64))) return 0;
  const double error = std::abs(f32 - f64) / std::max(std::abs(f64), spread);
  return std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
}

}  // namespace

std::vector<TrialRows> make_trial_rows(const Graph& graph, std::string& rows_from) {
  Graph copy = graph;
  const Editor editor(copy);
  const std::vector<GraphPort>& inputs = graph.entries[0].inputs;
  const bool whole = graph.value(inputs[0].value).fact.rows == Rows::Whole;
  const RandomInputs random_inputs(graph);
  bool scaled = false, told = false;
  Random random;
  uint64_t width = 1;
  for (const GraphPort& port : inputs) width += element_count(graph.value(port.value).fact.dims);
  if (width > kMostNumbers) return {};
  std::vector<TrialRows> calls(whole ? kWholeCalls : 1);
  for (TrialRows& call : calls) {
    call.rows = whole ? 1 : std::min<size_t>(kRows, kMostNumbers / width);
    for (const GraphPort& port : inputs) {
      const DType dtype = graph.value(port.value).fact.dtype;
      const Elements drawn = random_inputs.make(random, port.value, call.rows);
      Elements elements = drawn;
      if (const auto scaler = scaler_of(editor, port.value)) {
        undo(*scaler, dtype, elements);
        scaled = true;
      }
      told = put_where_usual(port, dtype, drawn, elements) || told;
      call.inputs.push_back(std::move(elements));
    }
  }
  rows_from = told     ? "N(0, 1) behind the means and deviations that the model was fitted on"
              : scaled ? "N(0, 1) behind the model's own scaling"
                       : "N(0, 1)";
  return calls;
}

double precision_error(const std::vector<std::vector<Elements>>& f32,
                       const std::vector<std::vector<Elements>>& f64) {
  double worst = 0;
  for (size_t o = 0; !f64.empty() && o < f64[0].size(); ++o) {
    const double spread = spread_of(f64, o);
    for (size_t call = 0; call < f64.size(); ++call)
      for (size_t i = 0; i < f64[call][o].size(); ++i)
        worst = std::max(worst, error_of(f32[call][o][i], f64[call][o][i], spread));
  }
  return worst;
}

}  // namespace mle::compiler
