// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/trees.h"

#include "compiler/import/sklearn/refusal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

namespace mle::compiler::sklearn {
namespace {

// The first fields of a node, of 8 bytes each; from 1.3 on there is one more.
constexpr std::array<std::string_view, 7> kFields = {"left_child",
                                                     "right_child",
                                                     "feature",
                                                     "threshold",
                                                     "impurity",
                                                     "n_node_samples",
                                                     "weighted_n_node_samples"};
constexpr size_t kLeft = 0, kRight = 8, kFeature = 16, kImpurity = 32, kWeight = 48;
constexpr size_t kMaxColumns = size_t{1} << 20;

double sum(const Reals& numbers) { return std::accumulate(numbers.begin(), numbers.end(), 0.0); }

void divide(Reals& numbers, double by) {
  for (double& each : numbers) each /= by;
}

// A file may name one tree over and over.
constexpr uint64_t kMaxSteps = uint64_t{1} << 29;

struct Tree {
  Reals cleared_up;  // by column, what its splits did
  bool splits = false;
};

Tree read_tree(Reading& r, const Estimator& tree) {
  const Estimator inner = tree.estimator("tree_");
  const int64_t columns = tree.integer("n_features_in_");
  const pickle::Id id = inner.need("nodes");
  const auto names = pickle::field_names(tree.source(), id);
  const pickle::Array nodes = or_refuse(pickle::read_array(tree.source(), id));
  const bool fits = names.size() >= kFields.size() &&
                    std::equal(kFields.begin(), kFields.end(), names.begin()) &&
                    nodes.type().kind == pickle::Element::Record && nodes.rank() == 1 &&
                    nodes.type().bytes >= 8 * kFields.size();
  if (!fits) refuse("the decision trees of a selection are kept in a way that is not known");
  if (columns <= 0 || static_cast<uint64_t>(columns) > kMaxColumns || nodes.size() == 0)
    refuse_damaged("a decision tree has no columns or no nodes");
  r.tree_steps += nodes.size() + static_cast<uint64_t>(columns);
  if (r.tree_steps > kMaxSteps) refuse("the decision trees of a selection take too many steps");
  Tree made{Reals(static_cast<size_t>(columns)), nodes.size() > 1};
  const auto share = [&](size_t node) {
    return nodes.field_real(node, kWeight) * nodes.field_real(node, kImpurity);
  };
  const auto child = [&](size_t node, size_t side) {
    const int64_t place = nodes.field_integer(node, side);
    if (place < 0 || static_cast<uint64_t>(place) >= nodes.size())
      refuse_damaged("a decision tree goes on beyond its nodes");
    return static_cast<size_t>(place);
  };
  for (size_t node = 0; node < nodes.size(); ++node) {
    if (nodes.field_integer(node, kLeft) == -1) continue;
    const int64_t column = nodes.field_integer(node, kFeature);
    if (column < 0 || column >= columns)
      refuse_damaged("a decision tree splits a column that is not there");
    made.cleared_up[static_cast<size_t>(column)] +=
        share(node) - share(child(node, kLeft)) - share(child(node, kRight));
  }
  divide(made.cleared_up, nodes.field_real(0, kWeight));
  return made;
}

void normalise(Reals& importances) {
  const double all = sum(importances);
  if (all > 0) divide(importances, all);
}

// The mean of the trees that split at all, as shares of the whole.
Reals mean_of_trees(Reading& r, const Estimator& e, bool each_normalised) {
  Reals made;
  size_t count = 0;
  for (const Estimator& each : e.estimators("estimators_")) {
    Tree tree = read_tree(r, each);
    if (made.empty()) made.resize(tree.cleared_up.size());
    if (made.size() != tree.cleared_up.size())
      refuse_damaged("trees of one forest have different columns");
    if (!tree.splits) continue;
    if (each_normalised) normalise(tree.cleared_up);
    for (size_t i = 0; i < made.size(); ++i) made[i] += tree.cleared_up[i];
    ++count;
  }
  if (made.empty()) refuse_damaged("a forest has no trees");
  if (count == 0) return made;
  divide(made, static_cast<double>(count));
  divide(made, sum(made));
  return made;
}

}  // namespace

std::optional<Reals> tree_importances(Reading& r, const Estimator& e) {
  const std::string& name = e.name();
  if (name.starts_with("DecisionTree") || name == "ExtraTreeClassifier" ||
      name == "ExtraTreeRegressor") {
    Reals made = read_tree(r, e).cleared_up;
    normalise(made);
    return made;
  }
  if (name.starts_with("RandomForest") || name.starts_with("ExtraTrees"))
    return mean_of_trees(r, e, true);
  if (name.starts_with("GradientBoosting")) return mean_of_trees(r, e, false);
  return std::nullopt;
}

}  // namespace mle::compiler::sklearn
