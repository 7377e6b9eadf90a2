// XGBoost's gblinear: a linear model with the objective's link behind it.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/coefficients/coefficients.h"
#include "compiler/import/json/document.h"
#include "compiler/import/json/ubjson.h"
#include "format/rules.h"

#include <charconv>
#include <cmath>
#include <string_view>

namespace mle::compiler::coefficients {
namespace {

using enum format::rule::Rule;
using nlohmann::json;

Status damaged(const std::string& what) {
  return Status::make(Code::Corrupt, C204_Damaged, Status::kNoOffset,
                      "no readable XGBoost model: " + what, "save it with Booster.save_model");
}

std::string_view text_of(const SourceFile& source) {
  return {reinterpret_cast<const char*>(source.bytes.data()), source.bytes.size()};
}

bool is_ubjson(std::string_view text) {
  return text.size() > 2 && text[0] == '{' &&
         std::string_view("LlIiU").find(text[1]) != std::string_view::npos;
}

const json* member(const json& at, std::initializer_list<const char*> path) {
  const json* found = &at;
  for (const char* name : path) {
    if (!found->is_object() || !found->contains(name)) return nullptr;
    found = &(*found)[name];
  }
  return found;
}

std::string text_at(const json& document, std::initializer_list<const char*> path) {
  const json* found = member(document, path);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

// "5E-1", or since 3.1 "[5E-1,2.5E-1]".
std::vector<double> numbers_in(std::string text) {
  std::vector<double> made;
  for (char& c : text)
    if (c == '[' || c == ']' || c == ',') c = ' ';
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    double number = 0;
    const auto [end, problem] =
        std::from_chars(text.data() + at, text.data() + text.size(), number);
    if (problem != std::errc()) return {};
    made.push_back(number);
    at = static_cast<size_t>(end - text.data());
  }
  return made;
}

struct Objective {
  Link link = Link::Identity;
  bool classifies = false, labels_only = false;
};

Result<Objective> objective_of(const std::string& name) {
  if (name == "reg:squarederror" || name == "reg:linear" || name == "reg:squaredlogerror" ||
      name == "reg:absoluteerror" || name == "reg:pseudohubererror" ||
      name == "reg:quantileerror" || name == "binary:logitraw" || name.starts_with("rank:"))
    return Objective{};
  if (name == "reg:logistic") return Objective{Link::Logit, false, false};
  if (name == "binary:logistic") return Objective{Link::Logit, true, false};
  if (name == "count:poisson" || name == "reg:gamma" || name == "reg:tweedie" ||
      name == "survival:cox")
    return Objective{Link::Log, false, false};
  if (name == "multi:softprob" || name == "multi:softmax")
    return Objective{Link::Softmax, true, name == "multi:softmax"};
  return Status::make(Code::Unsupported, C205_UnsupportedOp, Status::kNoOffset,
                      "objective '" + name.substr(0, 80) + "' is not supported", "");
}

// Before the link: what the base score, which is told behind it, adds.
double margin_of(double base, Link link) {
  if (link == Link::Logit) return -std::log(1 / base - 1);
  return link == Link::Log ? std::log(base) : base;
}

}  // namespace

bool can_read_gblinear(const SourceFile& source) {
  const std::string_view text = text_of(source);
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' &&
         text.find("gradient_booster") != std::string_view::npos;
}

Result<LinearModel> read_gblinear_model(const SourceFile& source) {
  auto parsed = is_ubjson(text_of(source)) ? parse_ubjson(source.bytes) : parse_json(source.bytes);
  if (!parsed) return std::move(parsed).error();
  const json& document = *parsed;
  const std::string booster = text_at(document, {"learner", "gradient_booster", "name"});
  if (booster != "gblinear")
    return Status::make(
        Code::Unsupported, C205_UnsupportedOp, Status::kNoOffset,
        "XGBoost's booster '" + booster.substr(0, 40) + "' (decision trees) is not supported",
        "gblinear is");
  const json* weights = member(document, {"learner", "gradient_booster", "model", "weights"});
  const std::vector<double> features =
      numbers_in(text_at(document, {"learner", "learner_model_param", "num_feature"}));
  const std::vector<double> classes =
      numbers_in(text_at(document, {"learner", "learner_model_param", "num_class"}));
  if (weights == nullptr || !weights->is_array() || features.size() != 1 ||
      !(features[0] >= 1 && features[0] <= 0x1p24))
    return damaged("it has no weights");
  const auto count = static_cast<size_t>(features[0]);
  const size_t targets = weights->size() / (count + 1);
  const bool fits = weights->size() == targets * (count + 1) && targets >= 1;
  if (!fits ||
      (classes.size() == 1 && classes[0] > 1 && classes[0] != static_cast<double>(targets)))
    return damaged("it has " + std::to_string(weights->size()) + " weights for " +
                   std::to_string(count) + " features");
  LinearModel model;
  model.flat = true;
  model.skips_missing = true;
  const std::string name = text_at(document, {"learner", "objective", "name"});
  MLE_TRY_ASSIGN(const Objective objective, objective_of(name));
  model.link = objective.link;
  // What its wrapper for scikit-learn answers; a Booster alone gives what is behind the link.
  const bool wrapped =
      text_at(document, {"learner", "attributes", "scikit_learn"}).find("classifier") !=
      std::string::npos;
  model.classifies = objective.labels_only || (objective.classifies && wrapped);
  std::vector<double> base =
      numbers_in(text_at(document, {"learner", "learner_model_param", "base_score"}));
  if (base.empty()) base = {0.5};
  model.weights = sklearn::Matrix::zeros(targets, count);
  model.intercepts.assign(targets, 0);
  for (size_t i = 0; i < weights->size(); ++i) {
    if (!(*weights)[i].is_number()) return damaged("a weight is no number");
    const double weight = double{(*weights)[i].get<float>()};
    const size_t feature = i / targets, target = i % targets;
    (feature < count ? model.weights.at(target, feature) : model.intercepts[target]) = weight;
  }
  for (size_t t = 0; t < targets; ++t)
    model.intercepts[t] += margin_of(base.size() == targets ? base[t] : base[0], objective.link);
  if (const json* names = member(document, {"learner", "feature_names"});
      names != nullptr && names->is_array())
    for (const json& each : *names)
      if (each.is_string()) model.features.push_back(each.get<std::string>());
  return model;
}

}  // namespace mle::compiler::coefficients
