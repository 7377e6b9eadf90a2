// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/supported.h"

#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/unread.h"

#include <map>

namespace mle::compiler::sklearn {
namespace {

constexpr const char* kHead =
    R"(# scikit-learn: what is read

`mle-convert` reads fitted estimators from files of `pickle` (protocols 0 to 5) and `joblib` (plain, or
compressed with zlib, gzip, bz2, xz or lzma), written by scikit-learn 1.0 or newer and numpy 1 or 2.
Nothing in the file is executed. This page is what `mle-convert --supported` prints.

A fitted estimator answers what it answers in scikit-learn, one entry for each method: `predict`,
`predict_proba`, `decision_function`, `transform`. Labels come out as they went in: numbers, bools or
texts. A table of numbers is one input `X` with the names of its columns; a table with columns of text has
one input for each column that is needed. Numbers are computed in f64, or in f32 from the first dense
layer on where that is near enough (`--precision`).

| estimator | methods | limits |
|---|---|---|
)";

constexpr const char* kTail = R"(
Functions that `FunctionTransformer` and `TransformedTargetRegressor` may name: those of numpy and
scipy.special that take one number (`log1p`, `expm1`, `sqrt`, `expit` …). A function of your own is refused by
name: put it in front of the model, or behind it.

Refused by name:

)";

std::string methods_of(const EstimatorKind& kind) {
  std::string text;
  const auto add = [&](const char* method) {
    text += (text.empty() ? "" : ", ") + std::string(method);
  };
  if (kind.regress != nullptr || kind.classify != nullptr) add("predict");
  if (kind.classify != nullptr) add("predict_proba and decision_function as it has them");
  if (kind.transform != nullptr) add("transform");
  return text;
}

}  // namespace

std::string supported_page() {
  std::string page = kHead;
  for (const EstimatorKind& kind : estimator_kinds())
    page += "| " + std::string(kind.name) + " | " + methods_of(kind) + " | " + kind.limits + " |\n";
  page += kTail;
  std::map<std::string_view, std::string> families;
  for (const Unread& each : unread_estimators()) {
    std::string& names = families[each.about];
    names += (names.empty() ? "" : ", ") + std::string(each.name);
  }
  for (const auto& [family, names] : families)
    page += "- " + std::string(family) + ": " + names + "\n";
  return page;
}

}  // namespace mle::compiler::sklearn
