// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/parts.h"

#include "compiler/import/pickle/machine.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"
#include "compiler/import/sklearn/unread.h"
#include "format/rules.h"

#include <set>
#include <utility>

namespace mle::compiler::sklearn {
namespace {

constexpr size_t kMaxDepth = 24;
constexpr size_t kMaxParts = 2'000;

// An attribute, and what its members are called.
using Named = std::pair<const char*, const char*>;
constexpr Named kLists[] = {{"steps", "step"},
                            {"transformer_list", "step"},
                            {"transformers_", "transformer"},
                            {"estimators", "estimator"}};
constexpr const char* kPlain[] = {"estimators_", "calibrated_classifiers_"};
// The first of each line that is there: what was fitted, else what it was to be fitted from.
constexpr const char* kSingle[][4] = {
    {"best_estimator_", "estimator_", "estimator", "base_estimator"},
    {"regressor_", "regressor", nullptr, nullptr},
    {"transformer_", "transformer", nullptr, nullptr},
    {"final_estimator_", "final_estimator", nullptr, nullptr}};

std::vector<NamedEstimator> named_in(const Estimator& e) {
  std::vector<NamedEstimator> made;
  const auto keep = [&](std::string text, const Estimator& part) {
    if (part.name().empty()) return;
    text += (text.empty() ? "" : " ") + ("(" + part.name() + ")");
    made.emplace_back(std::move(text), part);
  };
  for (const auto& [attribute, noun] : kLists)
    if (e.has(attribute))
      for (const auto& [name, part] : e.named_estimators(attribute))
        keep(std::string(noun) + " '" + name + "'", part);
  for (const auto& line : kSingle)
    for (const char* attribute : line)
      if (attribute != nullptr && e.is_estimator(attribute)) {
        keep("", e.estimator(attribute));
        break;
      }
  if (!made.empty()) return made;
  for (const char* attribute : kPlain)
    if (e.has(attribute))
      for (const Estimator& part : e.estimators(attribute)) keep("", part);
  return made;
}

// What can't be looked into has no parts: it is refused for itself.
std::vector<NamedEstimator> parts_in(const Estimator& e) {
  try {
    return named_in(e);
  } catch (const Refusal&) {
    return {};
  }
}

class Search {
 public:
  std::vector<UnreadPart> found;

  void visit(const Estimator& e, std::vector<std::string>& path) {
    if (path.size() > kMaxDepth || seen_.size() > kMaxParts || !seen_.insert(e.id()).second) return;
    const bool is_part = e.name().starts_with("_");  // of an estimator, and read with that
    if (!is_part && (!e.class_path().starts_with("sklearn.") || find_kind(e.name()) == nullptr)) {
      found.push_back({path, unread_status(e)});
      return;
    }
    for (const auto& [text, part] : parts_in(e)) {
      path.push_back(text);
      visit(part, path);
      path.pop_back();
    }
  }

 private:
  std::set<pickle::Id> seen_;
};

}  // namespace

std::vector<UnreadPart> unread_parts(const Estimator& root) {
  Search search;
  std::vector<std::string> path;
  search.visit(root, path);
  return std::move(search.found);
}

Status unread_status(const Estimator& e) {
  using enum format::rule::Rule;
  const Unread* unread = find_unread(e.name());
  const std::string what =
      unread != nullptr
          ? e.name() + " (" + std::string(unread->about) + ") is not supported"
          : "'" + pickle::printable(e.class_path()) + "' is no estimator that is supported";
  return Status::make(Code::Unsupported, C205_UnsupportedOp, Status::kNoOffset, what,
                      "docs/supported.md has the list of what is");
}

}  // namespace mle::compiler::sklearn
