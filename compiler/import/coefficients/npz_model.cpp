// coef [features] or [targets, features], intercept, and, where the file says it, link.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/archive/zip.h"
#include "compiler/import/coefficients/coefficients.h"
#include "compiler/import/npz/npz.h"
#include "format/rules.h"

#include <algorithm>
#include <cmath>

namespace mle::compiler::coefficients {
namespace {

using enum format::rule::Rule;
using network::WeightTensor;

// Fitted together by a softmax, the coefficients of all classes cancel out.
bool cancels(const LinearModel& model) {
  const auto is_zero = [](double sum, double size) { return std::abs(sum) <= 1e-9 * size; };
  double size = 0, sum = 0;
  for (const double each : model.intercepts) size += std::abs(each), sum += each;
  if (!is_zero(sum, size)) return false;
  for (size_t f = 0; f < model.weights.columns; ++f) {
    size = sum = 0;
    for (size_t t = 0; t < model.weights.rows; ++t) {
      size += std::abs(model.weights.at(t, f));
      sum += model.weights.at(t, f);
    }
    if (!is_zero(sum, size)) return false;
  }
  return true;
}

}  // namespace

bool can_read_npz(const SourceFile& source) {
  if (!archive::is_zip(source.bytes)) return false;
  const auto members = archive::list_zip(source.bytes, archive::kModel);
  if (!members) return false;
  const auto has = [&](const char* name) {
    return std::ranges::any_of(*members, [&](const auto& each) { return each.name == name; });
  };
  return has("coef.npy") || has("coef_.npy");
}

Result<LinearModel> read_npz_model(const SourceFile& source) {
  MLE_TRY_ASSIGN(const network::Weights arrays, npz::read_weights(source));
  const auto named = [&](const std::string& name) -> const WeightTensor* {
    for (const std::string& each : {name, name + "_"})
      if (const auto found = arrays.find(each); found != arrays.end()) return &found->second;
    return nullptr;
  };
  const WeightTensor* coef = named("coef");
  if (coef == nullptr || coef->shape.size() > 2 || coef->shape.empty())
    return Status::make(Code::Corrupt, C208_Shape, Status::kNoOffset,
                        "'coef' is no vector and no matrix", "save [targets, features]");
  LinearModel model;
  MLE_TRY_ASSIGN(model.weights.values, network::read_doubles(*coef));
  model.weights.rows = coef->shape.size() == 2 ? coef->shape[0] : 1;
  model.weights.columns = coef->shape.back();
  model.flat = model.weights.rows == 1;
  model.intercepts = {0};
  if (const WeightTensor* intercept = named("intercept")) {
    MLE_TRY_ASSIGN(model.intercepts, network::read_doubles(*intercept));
  }
  // Nothing in the file says what is behind the sum; its shape does, as scikit-learn has it.
  const bool one_row = coef->shape.size() == 2 && model.weights.rows == 1;
  if (one_row) {
    model.link = Link::Logit;
    model.note = "one row of coefficients: taken for a classifier of two classes (link logit)";
  } else if (model.weights.rows > 2 && cancels(model)) {
    model.link = Link::Softmax;
    model.note = "the coefficients of all rows cancel out: taken for a classifier (link softmax)";
  } else {
    model.note = "no link is told: taken for a regression; JSON and CSV files can say it";
  }
  return model;
}

}  // namespace mle::compiler::coefficients
