// Linear models as plain coefficients: NPZ (coef, intercept), JSON, CSV, and XGBoost's gblinear in
// JSON or UBJSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/importer.h"
#include "compiler/import/sklearn/matrix.h"

#include <string>
#include <vector>

namespace mle::compiler::coefficients {

enum class Link : uint8_t { Identity, Logit, Log, Softmax };

// y = link(x W' + b), W [targets, features].
struct LinearModel {
  sklearn::Matrix weights;
  sklearn::Reals intercepts;
  Link link = Link::Identity;
  bool flat = false;           // a list of answers where there is one target
  bool skips_missing = false;  // NaN counts as 0, as XGBoost has it
  bool classifies = false;     // gives labels 0, 1 … and a probability for each
  std::vector<std::string> features, targets;
  std::string note;  // what was assumed
};

// By its name in a file: "identity", "logit", "log", "softmax".
Result<Link> link_of(const std::string& name);

Result<LinearModel> read_npz_model(const SourceFile& source);
Result<LinearModel> read_json_model(const SourceFile& source);
Result<LinearModel> read_csv_model(const SourceFile& source);
Result<LinearModel> read_gblinear_model(const SourceFile& source);

bool can_read_npz(const SourceFile& source);
bool can_read_json(const SourceFile& source);
bool can_read_csv(const SourceFile& source);
bool can_read_gblinear(const SourceFile& source);

std::optional<Graph> read_npz(const SourceFile&, const ImportOptions&, Problems&);
std::optional<Graph> read_json(const SourceFile&, const ImportOptions&, Problems&);
std::optional<Graph> read_csv(const SourceFile&, const ImportOptions&, Problems&);
std::optional<Graph> read_gblinear(const SourceFile&, const ImportOptions&, Problems&);

}  // namespace mle::compiler::coefficients
