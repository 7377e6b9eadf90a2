// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-convert/check.h"

#include <mle/session.h>

#include "compiler/evaluate/evaluate.h"
#include "tools/cli/row_source.h"
#include "tools/cli/text.h"
#include "tools/golden/elements.h"
#include "tools/golden/trial.h"
#include "tools/mle-convert/layers.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace mle::tools {
namespace {

using compiler::Elements;
using compiler::Graph;

constexpr uint64_t kBatch = 256;  // the judge holds every value of a batch as doubles

// Smallest and largest finite answer of one output, so that its errors have a measure.
struct Spread {
  double least = 0, most = 0;
  bool seen = false;
  void add(double y) {
    if (!std::isfinite(y)) return;
    least = seen ? std::min(least, y) : y;
    most = seen ? std::max(most, y) : y;
    seen = true;
  }
  double size() const { return most - least; }
};

struct Batch {
  std::vector<Elements> inputs, judged, answered;  // by port
};

Result<std::vector<Batch>> answer(const Model& model, Session& session, const Graph& imported,
                                  const std::string& path, const Console& console) {
  MLE_TRY_ASSIGN(const auto rows, open_rows(path, {session.inputs(), model.features()}, console));
  std::vector<Batch> batches;
  std::vector<In> inputs;
  for (;;) {
    MLE_TRY_ASSIGN(const uint64_t count, rows->next(kBatch, inputs));
    if (count == 0) return batches;
    Batch& batch = batches.emplace_back();
    for (size_t i = 0; i < inputs.size(); ++i) {
      batch.inputs.push_back(to_elements(inputs[i].dtype(), inputs[i].data(), inputs[i].count()));
      // The runtime rounds doubles to floats on their way in; the judge starts from the same.
      for (double& x : batch.inputs.back()) x = compiler::convert(x, session.inputs()[i].dtype);
    }
    MLE_TRY_ASSIGN(batch.answered, run_elements(session, inputs, count));
    MLE_TRY_ASSIGN(batch.judged, compiler::evaluate_outputs(imported, batch.inputs, count));
  }
}

Status no_rows(const std::string& path) {
  return Status::make(Code::InvalidArgument, format::rule::C219_CheckRows, Status::kNoOffset,
                      path + ": holds no rows", "give some rows to check the model on");
}

std::string number_text(double value) {
  std::string text;
  append_number(text, value);
  return text;
}

// Compares batch after batch, and keeps count.
class Check {
 public:
  Check(std::span<const TensorSpec> outputs, const std::vector<Batch>& batches, double tolerance)
      : outputs_(outputs), tolerance_(tolerance), spreads_(outputs.size()) {
    for (const Batch& batch : batches)
      for (size_t o = 0; o < spreads_.size(); ++o)
        for (const double y : batch.judged[o]) spreads_[o].add(y);
  }

  // What is wrong with the first answer that is too far off; empty where all are near enough.
  std::string compare(const Batch& batch) {
    for (size_t o = 0; o < outputs_.size(); ++o)
      for (size_t i = 0; i < batch.judged[o].size(); ++i)
        if (!near(batch.answered[o][i], batch.judged[o][i], spreads_[o].size()))
          return describe(o, i, batch.answered[o][i], batch.judged[o][i]);
    report_.rows += outputs_[0].per_row ? batch.judged[0].size() / outputs_[0].width() : 1;
    return {};
  }
  const CheckReport& report() const { return report_; }

 private:
  bool near(double got, double want, double spread) {
    if (want == got || (std::isnan(want) && std::isnan(got))) return true;
    const double error = std::fabs(got - want);
    if (!(error <= tolerance_ * std::max(std::fabs(want), spread))) return false;
    report_.worst_abs = std::max(report_.worst_abs, error);
    return true;
  }

  std::string describe(size_t output, size_t index, double got, double want) const {
    const TensorSpec& spec = outputs_[output];
    const uint64_t row = report_.rows + (spec.per_row ? index / spec.width() : 0);
    return "output '" + std::string(spec.name) + "', row " + std::to_string(row) + ", element " +
           std::to_string(index % spec.width()) + ": " + number_text(got) + ", the judge says " +
           number_text(want);
  }

  std::span<const TensorSpec> outputs_;
  double tolerance_;
  std::vector<Spread> spreads_;
  CheckReport report_;
};

}  // namespace

Result<CheckReport> check_rows(const Model& model, const Graph& imported, const Graph& compiled,
                               const std::string& path, double tolerance, const Console& console) {
  MLE_TRY_ASSIGN(Session session, make_session(model));
  MLE_TRY_ASSIGN(const auto batches, answer(model, session, imported, path, console));
  if (batches.empty()) return no_rows(path);
  Check check(session.outputs(), batches, tolerance);
  for (const Batch& batch : batches) {
    const std::string wrong = check.compare(batch);
    if (wrong.empty()) continue;
    MLE_TRY_ASSIGN(const std::string layer, first_wrong_layer(compiled, batch.inputs, tolerance));
    return Status::make(Code::Internal, format::rule::C218_Tolerance, Status::kNoOffset,
                        path + ": " + wrong + "; " + layer,
                        "raise --tolerance if that is near enough; nothing was written");
  }
  return check.report();
}

Result<std::vector<compiler::TrialRows>> read_trial_rows(std::span<const std::byte> bytes,
                                                         const std::string& path,
                                                         const Console& console) {
  constexpr uint64_t kMostRows = 16384;
  MLE_TRY_ASSIGN(const Model model, Model::from_memory(bytes));
  MLE_TRY_ASSIGN(const Session session, make_session(model));
  MLE_TRY_ASSIGN(const auto rows, open_rows(path, {session.inputs(), model.features()}, console));
  std::vector<compiler::TrialRows> calls;
  std::vector<In> inputs;
  for (uint64_t seen = 0; seen < kMostRows;) {
    MLE_TRY_ASSIGN(const uint64_t count, rows->next(kBatch, inputs));
    if (count == 0) break;
    compiler::TrialRows& call = calls.emplace_back();
    call.rows = count;
    for (const In& input : inputs)
      call.inputs.push_back(to_elements(input.dtype(), input.data(), input.count()));
    seen += count;
  }
  if (calls.empty()) return no_rows(path);
  return calls;
}

}  // namespace mle::tools
