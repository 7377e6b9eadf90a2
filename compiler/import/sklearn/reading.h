// What the reading of one model shares: the graph, how deep it is, which types its columns have;
// and the three questions that are asked of estimators.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/sklearn/builder.h"
#include "compiler/import/sklearn/estimator.h"
#include "compiler/import/sklearn/frame.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mle::compiler::sklearn {

// What a regressor gives: one column for each target.
struct Regressed {
  ValueId value = kNone;
  bool flat = true;  // of one target: the source gives a list, not a matrix of one column
};

// What a classifier gives. kNone where it has no such method.
struct Classified {
  Labels labels;
  ValueId index = kNone;     // i64: which label; of a multi-label one 0 or 1 for each column, or
                             // what those of by_column say, in f64
  ValueId proba = kNone;     // one column for each label
  ValueId decision = kNone;  // of two labels one column, else one for each
  bool multilabel = false;
  std::vector<Labels> by_column;    // of a multi-label one whose columns have labels of their own
  std::vector<Classified> outputs;  // of a model with several outputs, and nothing else then
};

struct Reading {
  Builder& b;
  // Types that encoders want their columns to have, by input column.
  std::map<uint32_t, DType> wanted = {};
  bool typed = false;  // the columns have them
  int depth = 0;
  size_t estimators = 0;
  uint64_t tree_steps = 0;               // nodes of decision trees looked at
  std::vector<std::string> path = {};    // "step 'scale' (StandardScaler)"
  std::map<uint32_t, Usual> usual = {};  // by input column, where an estimator remembers it
  // Answers there are already: an ensemble asks more than once.
  using Asked = std::pair<pickle::Id, std::vector<ValueId>>;
  std::map<Asked, Classified> classified = {};
};

// An encoder compares column `i` of the frame as that type. Returns the column.
ValueId typed_column(Reading& r, const Frame& frame, uint32_t i, DType wanted);

// What an estimator can do, by its class.
bool can_transform(const Estimator& e);
bool can_regress(const Estimator& e);
bool can_classify(const Estimator& e);

Frame transform(Reading& r, const Estimator& e, const Frame& x);
Regressed regress(Reading& r, const Estimator& e, const Frame& x);
Classified classify(Reading& r, const Estimator& e, const Frame& x);

}  // namespace mle::compiler::sklearn
