// SPDX-License-Identifier: Apache-2.0
#include "compiler/weights.h"

#include "compiler/emit/emit.h"
#include "compiler/evaluate/evaluate.h"
#include "compiler/graph/check.h"
#include "compiler/passes/lower_weights.h"
#include "compiler/try_file.h"
#include "format/rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace mle::compiler {
namespace {

constexpr uint64_t kJudgedWork = uint64_t{1} << 30;  // multiply-adds
constexpr size_t kFewestJudged = 8;
constexpr std::array<size_t, 2> kTimedRows = {1, 32};

bool is_real(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F64 || dtype == DType::F16 || dtype == DType::BF16;
}

// The first rows of a call.
TrialRows first_rows(const TrialRows& call, size_t rows) {
  if (rows >= call.rows) return call;
  TrialRows first{std::vector<Elements>(call.inputs.size()), rows};
  for (size_t i = 0; i < call.inputs.size(); ++i)
    first.inputs[i].append(call.inputs[i], 0, call.inputs[i].size() / call.rows * rows);
  return first;
}

uint64_t work_of_row(const Graph& graph) {
  uint64_t work = 1;
  for (const Node& node : graph.nodes()) {
    if (node.kind != OpKind::Dense) continue;
    const Dims& weights = graph.value(node.inputs[1]).fact.dims;
    work += element_count(graph.value(node.outputs[0]).fact.dims) * weights[0];
  }
  return work;
}

// As many rows as the judge answers in reasonable time.
void keep_affordable(const Graph& graph, std::vector<TrialRows>& calls) {
  if (graph.rows_mix()) return;
  size_t left = std::max<size_t>(kFewestJudged, kJudgedWork / work_of_row(graph));
  for (TrialRows& call : calls) {
    call = first_rows(call, left);
    left -= std::min(left, call.rows);
  }
  std::erase_if(calls, [](const TrialRows& call) { return call.rows == 0; });
}

// Compares with what the judge says; outputs in the order of all entries.
WeightsError error_of(const Graph& graph, const Calls& answers, const Calls& judged) {
  WeightsError report;
  double sum = 0;
  uint64_t count = 0;
  size_t output = 0;
  for (const GraphEntry& entry : graph.entries) {
    for (const GraphPort& port : entry.outputs) {
      const bool real = is_real(graph.value(port.value).fact.dtype);
      Calls got, want;  // of this output, if its answers are numbers
      for (size_t call = 0; call < judged.size(); ++call) {
        const Elements &y = answers[call][output], &truth = judged[call][output];
        for (size_t i = 0; i < truth.size(); ++i) {
          if (!real) {
            report.changed += truth.texts.empty() ? y[i] != truth[i] : y.texts[i] != truth.texts[i];
          } else if (std::isfinite(y[i]) && std::isfinite(truth[i])) {
            const double error = std::abs(y[i] - truth[i]);
            report.most_abs = std::max(report.most_abs, error);
            sum += error;
            ++count;
          }
        }
        if (!real) continue;
        got.push_back({y});
        want.push_back({truth});
      }
      report.most = std::max(report.most, precision_error(got, want));
      ++output;
    }
  }
  report.mean_abs = count == 0 ? 0 : sum / static_cast<double>(count);
  return report;
}

Result<std::vector<TrialRows>> rows_for(const Graph& graph, const format::FileWriter& file,
                                        const WeightsOptions& options, std::string& rows_from) {
  std::vector<TrialRows> calls;
  if (options.read_rows) {
    MLE_TRY_ASSIGN(FileInMemory bytes, in_memory(file));
    MLE_TRY_ASSIGN(calls, options.read_rows(bytes.bytes()));
    rows_from = options.rows_name;
  } else {
    calls = make_trial_rows(graph, rows_from);
  }
  keep_affordable(graph, calls);
  MLE_TRY(keep_answerable(file, calls, options.trial));
  return calls;
}

Status time_files(const format::FileWriter& f32, const format::FileWriter& stored,
                  const TrialRows& rows, const TimeFiles& time, WeightsReport& report) {
  MLE_TRY_ASSIGN(FileInMemory first, in_memory(f32));
  MLE_TRY_ASSIGN(FileInMemory second, in_memory(stored));
  const std::array<std::span<const std::byte>, 2> files = {first.bytes(), second.bytes()};
  for (const size_t count : kTimedRows) {
    TrialRows call = first_rows(rows, count);
    while (call.rows < count && rows.rows != 0) {
      const TrialRows more = first_rows(rows, count - call.rows);
      for (size_t i = 0; i < call.inputs.size(); ++i)
        call.inputs[i].append(more.inputs[i], 0, more.inputs[i].size());
      call.rows += more.rows;
    }
    MLE_TRY_ASSIGN(const std::vector<double> ns, time(files, call));
    report.speed.push_back({count, ns[0], ns[1]});
  }
  return {};
}

// Both files, asked for the same rows.
Status measure(const Graph& graph, const format::FileWriter& f32, const format::FileWriter& stored,
               const WeightsOptions& options, WeightsReport& report) {
  MLE_TRY_ASSIGN(const auto calls, rows_for(graph, f32, options, report.rows_from));
  if (calls.empty()) return {};
  Calls judged;
  for (const TrialRows& call : calls) {
    report.rows += call.rows;
    MLE_TRY_ASSIGN(std::vector<Elements> outputs, evaluate_outputs(graph, call.inputs, call.rows));
    judged.push_back(std::move(outputs));
  }
  MLE_TRY_ASSIGN(const Calls before, answers_of(f32, calls, options.trial));
  MLE_TRY_ASSIGN(const Calls after, answers_of(stored, calls, options.trial));
  report.error_f32 = error_of(graph, before, judged);
  report.error = error_of(graph, after, judged);
  const bool whole = graph.value(graph.entries[0].inputs[0].value).fact.rows == Rows::Whole;
  if (!options.time || whole || graph.rows_mix()) return {};
  return time_files(f32, stored, calls[0], options.time, report);
}

const char* name_of_weights(const WeightsReport& report) {
  return report.weights == DType::I8 ? "int8" : name_of(report.weights);
}

std::string in_three_digits(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 3);
  return {text, end.ptr};
}

Status too_far_off(const WeightsReport& report) {
  return error(Code::Unsupported, format::rule::C218_Tolerance, Status::kNoOffset,
               report.weights == DType::F16 ? "leave --weights out, or allow more with --tolerance"
                                            : "give --weights f16, or allow more with --tolerance",
               "weights in %s move answers by %.3g of their size on %zu rows, allowed are %.3g",
               name_of_weights(report), report.error.most, report.rows, report.tolerance);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> told(const WeightsReport& report) {
  std::vector<std::pair<std::string, std::string>> facts;
  facts.emplace_back("weights", name_of_weights(report));
  if (report.narrow_rows != 0) facts.emplace_back("compute", name_of_weights(report));
  facts.emplace_back("weights.tolerance", in_three_digits(report.tolerance));
  if (report.rows == 0) return facts;
  facts.emplace_back("weights.error", in_three_digits(report.error.most));
  facts.emplace_back("weights.error_rows", std::to_string(report.rows) + ", " + report.rows_from);
  return facts;
}

double usual_tolerance(DType weights) {
  return weights == DType::F16 ? 0.01 : weights == DType::BF16 ? 0.05 : 0.1;
}

Result<WeightsReport> store_weights(Graph& graph, const WeightsOptions& options) {
  WeightsReport report;
  report.weights = options.to;
  report.tolerance = options.tolerance.value_or(usual_tolerance(options.to));
  const Graph exact = graph;
  MLE_TRY_ASSIGN(const LoweredWeights lowered,
                 lower_weights(graph, options.to, options.narrow_rows));
  report.layers = lowered.layers;
  report.kept = lowered.kept;
  report.narrow_rows = lowered.narrow_rows;
  MLE_TRY(check(graph));
  MLE_TRY_ASSIGN(const format::FileWriter before, emit(exact, {}));
  EmitOptions narrow;
  narrow.narrow_weights = true;
  MLE_TRY_ASSIGN(const format::FileWriter after, emit(graph, narrow));
  report.bytes_f32 = before.size();
  report.bytes = after.size();
  if (options.trial) MLE_TRY(measure(exact, before, after, options, report));
  if (!(report.error.most <= report.tolerance)) return too_far_off(report);
  return report;
}

}  // namespace mle::compiler
