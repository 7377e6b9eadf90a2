// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-convert/check.h"

#include <mle/session.h>

#include "compiler/evaluate/evaluate.h"
#include "tools/cli/row_source.h"
#include "tools/mle-convert/elements.h"
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
    for (const In& input : inputs)
      batch.inputs.push_back(to_elements(input.dtype(), input.data(), input.count()));
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

}  // namespace

Result<CheckReport> check_rows(const Model& model, const Graph& imported, const Graph& compiled,
                               const std::string& path, double tolerance, const Console& console) {
  MLE_TRY_ASSIGN(Session session, Session::make(model));
  MLE_TRY_ASSIGN(const auto batches, answer(model, session, imported, path, console));
  if (batches.empty()) return no_rows(path);

  std::vector<Spread> spreads(session.outputs().size());
  for (const Batch& batch : batches)
    for (size_t o = 0; o < spreads.size(); ++o)
      for (double y : batch.judged[o]) spreads[o].add(y);

  CheckReport report;
  uint64_t first_row = 0;
  for (const Batch& batch : batches) {
    for (size_t o = 0; o < spreads.size(); ++o) {
      const TensorSpec& spec = session.outputs()[o];
      for (size_t i = 0; i < batch.judged[o].size(); ++i) {
        const double want = batch.judged[o][i], got = batch.answered[o][i];
        if (want == got || (std::isnan(want) && std::isnan(got))) continue;
        const double error = std::fabs(got - want);
        const double size = std::max(std::fabs(want), spreads[o].size());
        if (error <= tolerance * size) {
          report.worst_abs = std::max(report.worst_abs, error);
          report.worst_share = std::max(report.worst_share, error / size);
          continue;
        }
        const size_t width = spec.width();
        MLE_TRY_ASSIGN(const std::string layer,
                       first_wrong_layer(compiled, batch.inputs, tolerance));
        return Status::make(Code::Internal, format::rule::C218_Tolerance, Status::kNoOffset,
                            path + ": output '" + std::string(spec.name) + "', row " +
                                std::to_string(first_row + (spec.per_row ? i / width : 0)) +
                                ", element " + std::to_string(i % width) + ": " + number_text(got) +
                                ", the judge says " + number_text(want) + "; " + layer,
                            "raise --tolerance if that is near enough; nothing was written");
      }
    }
    const uint64_t rows =
        batch.judged[0].size() / std::max<size_t>(session.outputs()[0].width(), 1);
    first_row += rows;
    report.rows += rows;
  }
  return report;
}

}  // namespace mle::tools
