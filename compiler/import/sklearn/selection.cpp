// Transformers that keep some columns.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"
#include "compiler/import/sklearn/trees.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace mle::compiler::sklearn {
namespace {

Frame kept(Reading& r, const Frame& x, const std::vector<bool>& mask) {
  if (mask.size() != x.width())
    refuse_damaged("a selection is made from another number of columns");
  std::vector<uint32_t> columns;
  for (uint32_t i = 0; i < mask.size(); ++i)
    if (mask[i]) columns.push_back(i);
  if (columns.empty()) refuse("a selection keeps no columns");
  return x.picked(r.b, columns);
}

// Places of the numbers in ascending order, of equals the first first.
std::vector<size_t> order_of(const Reals& numbers) {
  std::vector<size_t> order(numbers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return numbers[a] < numbers[b]; });
  return order;
}

// As numpy does it: between the two nearest, in a straight line.
double percentile(Reals numbers, double per_cent) {
  std::sort(numbers.begin(), numbers.end());
  const double at = per_cent / 100 * static_cast<double>(numbers.size() - 1);
  const auto below = static_cast<size_t>(std::floor(at));
  const double part = at - static_cast<double>(below);
  if (below + 1 >= numbers.size()) return numbers.back();
  const double step = numbers[below + 1] - numbers[below];
  return part < 0.5 ? numbers[below] + step * part : numbers[below + 1] - step * (1 - part);
}

std::vector<bool> best_k(const Reals& scores, int64_t k) {
  std::vector<bool> mask(scores.size());
  const std::vector<size_t> order = order_of(scores);
  const size_t first =
      k >= static_cast<int64_t>(order.size()) || k < 0 ? 0 : order.size() - static_cast<size_t>(k);
  for (size_t i = first; i < order.size(); ++i) mask[order[i]] = true;
  return mask;
}

std::vector<bool> best_per_cent(const Reals& scores, double per_cent) {
  if (per_cent >= 100) return std::vector<bool>(scores.size(), true);
  std::vector<bool> mask(scores.size());
  if (per_cent <= 0) return mask;
  const double threshold = percentile(scores, 100 - per_cent);
  const auto most = static_cast<size_t>(static_cast<double>(scores.size()) * per_cent / 100);
  size_t count = 0;
  for (size_t i = 0; i < scores.size(); ++i) count += (mask[i] = scores[i] > threshold) ? 1 : 0;
  for (size_t i = 0; i < scores.size() && count < most; ++i) {
    if (scores[i] != threshold) continue;
    mask[i] = true;
    ++count;
  }
  return mask;
}

std::vector<bool> below(const Reals& p, double limit, bool or_equal = false) {
  std::vector<bool> mask;
  for (const double each : p) mask.push_back(or_equal ? each <= limit : each < limit);
  return mask;
}

std::vector<bool> false_discoveries(const Reals& p, double alpha) {
  Reals sorted = p;
  std::sort(sorted.begin(), sorted.end());
  double largest = -1;
  for (size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i] <= alpha / static_cast<double>(p.size()) * static_cast<double>(i + 1))
      largest = sorted[i];
  return below(p, largest, true);
}

Reals clean(Reals scores) {
  for (double& score : scores)
    if (std::isnan(score)) score = std::numeric_limits<double>::lowest();
  return scores;
}

std::string mode_of(const Estimator& e) {
  const std::string& name = e.name();
  if (name == "GenericUnivariateSelect") return e.text_or("mode", "percentile");
  return name == "SelectKBest"        ? "k_best"
         : name == "SelectPercentile" ? "percentile"
         : name == "SelectFpr"        ? "fpr"
         : name == "SelectFdr"        ? "fdr"
                                      : "fwe";
}

// |coef_|, or its norm over the classes where there are several.
Reals importances_of(const Estimator& e, double order) {
  const Matrix coefficients = e.matrix("coef_");
  Reals made(coefficients.columns);
  for (size_t f = 0; f < made.size(); ++f) {
    for (size_t c = 0; c < coefficients.rows; ++c) {
      const double size = std::abs(coefficients.at(c, f));
      if (std::isinf(order))
        made[f] = std::max(made[f], size);
      else
        made[f] += order == 1 ? size : order == 2 ? size * size : std::pow(size, order);
    }
    if (order == 2)
      made[f] = std::sqrt(made[f]);
    else if (order != 1 && !std::isinf(order))
      made[f] = std::pow(made[f], 1 / order);
  }
  return made;
}

double median(Reals numbers) { return percentile(std::move(numbers), 50); }

double mean(const Reals& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

bool is_near_one(const Estimator& e, const char* attribute) {
  return e.has(attribute) && !e.is_text(attribute) &&
         std::abs(e.reals(attribute).at(0) - 1) <= 1e-5;
}

// The penalty makes coefficients exactly zero: then what is not zero is kept.
bool is_sparse_by_design(const Estimator& e) {
  const std::string& name = e.name();
  return e.text_or("penalty", "") == "l1" || name.find("Lasso") != std::string::npos ||
         (name == "ElasticNet" && is_near_one(e, "l1_ratio")) ||
         (name == "ElasticNetCV" && is_near_one(e, "l1_ratio_")) ||
         (name == "LogisticRegression" && is_near_one(e, "l1_ratio")) ||
         (name == "LogisticRegressionCV" && is_near_one(e, "l1_ratio_"));
}

double threshold_of(const Estimator& e, const Estimator& weighed, const Reals& importances) {
  std::string word = is_sparse_by_design(weighed) ? "" : "mean";
  double threshold = 1e-5;
  if (e.has("threshold")) {
    if (!e.is_text("threshold")) return e.real("threshold");
    word = e.text("threshold");
  }
  if (word.empty()) return threshold;
  double scale = 1;
  if (const size_t star = word.find('*'); star != std::string::npos) {
    try {
      scale = std::stod(word.substr(0, star));
    } catch (const std::exception&) {
      refuse("SelectFromModel with threshold '" + word + "'");
    }
    word = word.substr(star + 1);
  }
  word.erase(std::remove(word.begin(), word.end(), ' '), word.end());
  if (word == "median") return scale * median(importances);
  if (word == "mean") return scale * mean(importances);
  refuse("SelectFromModel with threshold '" + word + "'");
}

}  // namespace

Frame transform_variance_threshold(Reading& r, const Estimator& e, const Frame& x) {
  const double threshold = e.real("threshold");
  std::vector<bool> mask;
  for (const double variance : e.reals("variances_")) mask.push_back(variance > threshold);
  return kept(r, x, mask);
}

Frame transform_univariate(Reading& r, const Estimator& e, const Frame& x) {
  const std::string mode = mode_of(e);
  const char* parameter = e.name() == "GenericUnivariateSelect" ? "param" : nullptr;
  if (mode == "k_best" || mode == "percentile") {
    const Reals scores = clean(e.reals("scores_"));
    const char* name = parameter != nullptr ? parameter : mode == "k_best" ? "k" : "percentile";
    if (e.is_text(name)) return kept(r, x, std::vector<bool>(scores.size(), true));
    return kept(
        r, x,
        mode == "k_best" ? best_k(scores, e.integer(name)) : best_per_cent(scores, e.real(name)));
  }
  const Reals p = e.reals("pvalues_");
  const double alpha = e.real(parameter != nullptr ? parameter : "alpha");
  if (mode == "fpr") return kept(r, x, below(p, alpha));
  if (mode == "fdr") return kept(r, x, false_discoveries(p, alpha));
  if (mode == "fwe") return kept(r, x, below(p, alpha / static_cast<double>(p.size())));
  refuse(e.name() + " with mode '" + mode + "'");
}

Frame transform_support(Reading& r, const Estimator& e, const Frame& x) {
  return kept(r, x, e.mask("support_"));
}

Frame transform_from_model(Reading& r, const Estimator& e, const Frame& x) {
  const std::string getter = e.text_or("importance_getter", "auto");
  if (getter != "auto" && getter != "coef_" && getter != "feature_importances_")
    refuse("SelectFromModel with importance_getter '" + getter + "'");
  Estimator weighed = e.estimator(e.has("estimator_") ? "estimator_" : "estimator");
  const auto of_trees = tree_importances(r, weighed);
  if (!of_trees && !weighed.has("coef_"))
    refuse("SelectFromModel by " + weighed.name() + ", which has no coef_",
           "estimators with coef_ and decision trees of scikit-learn are known");
  const Reals importances =
      of_trees ? *of_trees : importances_of(weighed, e.real_or("norm_order", 1));
  const double threshold = threshold_of(e, weighed, importances);
  std::vector<bool> mask(importances.size(), true);
  if (e.has("max_features")) {
    Reals negative = importances;
    for (double& each : negative) each = -each;
    const std::vector<size_t> order = order_of(negative);
    const auto most = static_cast<size_t>(
        std::max<int64_t>(0, e.integer(e.has("max_features_") ? "max_features_" : "max_features")));
    mask.assign(importances.size(), false);
    for (size_t i = 0; i < std::min(most, order.size()); ++i) mask[order[i]] = true;
  }
  for (size_t i = 0; i < mask.size(); ++i)
    if (importances[i] < threshold) mask[i] = false;
  return kept(r, x, mask);
}

}  // namespace mle::compiler::sklearn
