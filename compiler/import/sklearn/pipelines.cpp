// Estimators made of others, one behind or beside the other.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"

#include <algorithm>

namespace mle::compiler::sklearn {
namespace {

// 'passthrough', 'drop', or None in place of an estimator.
std::string word_of(const Estimator& e) {
  if (!e.name().empty()) return {};
  const pickle::Object& object = e.source().at(e.id());
  if (object.kind == pickle::Kind::None) return "passthrough";
  if (object.kind == pickle::Kind::Text) return std::string(object.text);
  refuse_damaged("a step of the model is neither an estimator nor a word");
}

// Runs `ask` with the step's name on the path, for whoever reads the problem.
template <class Ask>
auto within(Reading& r, const std::string& what, Ask&& ask) {
  r.path.push_back(what);
  auto made = ask();
  r.path.pop_back();
  return made;
}

std::string step_text(const NamedEstimator& step) {
  return "step '" + step.first + "' (" + step.second.name() + ")";
}

std::vector<NamedEstimator> steps_of(const Estimator& e) {
  std::vector<NamedEstimator> steps = e.named_estimators("steps");
  if (steps.empty()) refuse_damaged("Pipeline without steps");
  return steps;
}

Frame through(Reading& r, const std::vector<NamedEstimator>& steps, size_t count, Frame x) {
  for (size_t i = 0; i < count; ++i) {
    const std::string word = word_of(steps[i].second);
    if (word == "passthrough") continue;
    if (!word.empty()) refuse("Pipeline with step '" + word + "'");
    x = within(r, step_text(steps[i]), [&] { return transform(r, steps[i].second, x); });
  }
  return x;
}

uint32_t resolved(const Estimator& e, const Category& column, size_t width) {
  if (column.kind == Category::Kind::Integer) {
    const int64_t i =
        column.integer < 0 ? column.integer + static_cast<int64_t>(width) : column.integer;
    if (i >= 0 && i < static_cast<int64_t>(width)) return static_cast<uint32_t>(i);
  } else if (column.kind == Category::Kind::Text && e.has("feature_names_in_")) {
    const Labels names = e.labels("feature_names_in_");
    const auto found = std::find(names.texts.begin(), names.texts.end(), column.text);
    if (found != names.texts.end()) return static_cast<uint32_t>(found - names.texts.begin());
  }
  refuse_damaged("ColumnTransformer names a column that it has not");
}

// Of a slice: its bound, or the default.
int64_t bound_of(const Estimator& e, const pickle::Pickle& pickle, pickle::Id id, size_t width,
                 int64_t otherwise, bool is_end) {
  if (pickle.is_none(id)) return otherwise;
  const Category bound = category_of(pickle, id, "a slice of columns");
  if (bound.kind == Category::Kind::Text) return resolved(e, bound, width) + (is_end ? 1 : 0);
  if (bound.kind != Category::Kind::Integer) refuse_damaged("ColumnTransformer has an odd slice");
  const auto count = static_cast<int64_t>(width);
  return std::clamp(bound.integer < 0 ? bound.integer + count : bound.integer, int64_t{0}, count);
}

// A list, a slice, a mask, one name or one number.
std::vector<uint32_t> columns_of(const Estimator& e, pickle::Id id, size_t width) {
  const pickle::Pickle& pickle = e.source();
  std::vector<uint32_t> made;
  if (pickle.name_of(id).ends_with(".slice")) {
    const auto bounds = pickle.arguments(id);
    if (bounds.size() != 3) refuse_damaged("ColumnTransformer has an odd slice");
    const int64_t first = bound_of(e, pickle, bounds[0], width, 0, false);
    const int64_t end = bound_of(e, pickle, bounds[1], width, static_cast<int64_t>(width), true);
    const int64_t step = pickle.is_none(bounds[2]) ? 1 : pickle.at(bounds[2]).integer;
    if (step < 1) refuse("ColumnTransformer with a slice that runs backwards");
    for (int64_t i = first; i < end; i += step) made.push_back(static_cast<uint32_t>(i));
    return made;
  }
  const pickle::Kind kind = pickle.at(id).kind;
  if (kind == pickle::Kind::Text || kind == pickle::Kind::Integer)
    return {resolved(e, category_of(pickle, id, "a column"), width)};
  const std::vector<Category> all = categories_of(pickle, id, "the columns of a transformer");
  const bool is_mask = !all.empty() && all[0].kind == Category::Kind::Bool;
  for (uint32_t i = 0; i < all.size(); ++i) {
    if (!is_mask)
      made.push_back(resolved(e, all[i], width));
    else if (all[i].integer != 0)
      made.push_back(i);
  }
  return made;
}

// What stands side by side may count more or less.
Frame weighed(Reading& r, const Estimator& e, const std::string& name, const Frame& part) {
  if (!e.has("transformer_weights")) return part;
  const auto weight = e.source().find(e.need("transformer_weights"), name);
  const auto number = weight ? number_of(e.source(), *weight) : std::nullopt;
  if (!number) return part;
  return Frame::computed(r.b, r.b.multiply(numbers(r.b, part), *number));
}

}  // namespace

Frame transform_pipeline(Reading& r, const Estimator& e, const Frame& x) {
  const auto steps = steps_of(e);
  return through(r, steps, steps.size(), x);
}

Regressed regress_pipeline(Reading& r, const Estimator& e, const Frame& x) {
  const auto steps = steps_of(e);
  const Frame columns = through(r, steps, steps.size() - 1, x);
  return within(r, step_text(steps.back()),
                [&] { return regress(r, steps.back().second, columns); });
}

Classified classify_pipeline(Reading& r, const Estimator& e, const Frame& x) {
  const auto steps = steps_of(e);
  const Frame columns = through(r, steps, steps.size() - 1, x);
  return within(r, step_text(steps.back()),
                [&] { return classify(r, steps.back().second, columns); });
}

Frame transform_columns(Reading& r, const Estimator& e, const Frame& x) {
  // Which columns each takes stands there in numbers since long, whatever the user wrote.
  const auto by_name = e.find("_transformer_to_input_indices");
  Frame made;
  for (const pickle::Id id : e.list("transformers_")) {
    const auto entry = list_of(e.source(), id, "'transformers_' of ColumnTransformer");
    if (entry.size() != 3) refuse_damaged("ColumnTransformer has odd transformers");
    const std::string name(e.source().text(entry[0]));
    const Estimator transformer(e.source(), entry[1]);
    const std::string word = word_of(transformer);
    if (word == "drop") continue;
    const auto indices = by_name ? e.source().find(*by_name, name) : std::nullopt;
    const std::vector<uint32_t> columns = columns_of(e, indices ? *indices : entry[2], x.width());
    if (columns.empty()) continue;
    const Frame picked = x.picked(r.b, columns);
    Frame part = picked;
    if (word != "passthrough")
      part = within(r, "transformer '" + name + "' (" + transformer.name() + ")",
                    [&] { return transform(r, transformer, picked); });
    made.append(weighed(r, e, name, part));
  }
  if (made.parts.empty()) refuse("ColumnTransformer gives no columns");
  return made;
}

Frame transform_union(Reading& r, const Estimator& e, const Frame& x) {
  Frame made;
  for (const NamedEstimator& member : e.named_estimators("transformer_list")) {
    const std::string word = word_of(member.second);
    if (word == "drop") continue;
    Frame part = x;
    if (word.empty())
      part = within(r, step_text(member), [&] { return transform(r, member.second, x); });
    made.append(weighed(r, e, member.first, part));
  }
  if (made.parts.empty()) refuse("FeatureUnion gives no columns");
  return made;
}

std::optional<Estimator> inner_of(const Estimator& e) {
  const std::string& name = e.name();
  if (name == "Pipeline") {
    const auto steps = e.named_estimators("steps");
    if (steps.empty()) return std::nullopt;
    return steps.back().second;
  }
  for (const char* attribute : {"best_estimator_", "estimator_", "base_estimator_"})
    if (e.is_estimator(attribute)) return e.estimator(attribute);
  if (name == "FrozenEstimator" && e.is_estimator("estimator")) return e.estimator("estimator");
  return std::nullopt;
}

namespace {

Estimator wrapped(const Estimator& e) {
  const auto inner = inner_of(e);
  if (!inner) refuse(e.name() + " holds no fitted estimator", "search with refit=True");
  return *inner;
}

// A selector that answers with the estimator it chose columns for.
Frame selected(Reading& r, const Estimator& e, const Frame& x) {
  return e.has("support_") ? transform_support(r, e, x) : x;
}

}  // namespace

Frame transform_inner(Reading& r, const Estimator& e, const Frame& x) {
  return transform(r, wrapped(e), x);
}

Regressed regress_inner(Reading& r, const Estimator& e, const Frame& x) {
  return regress(r, wrapped(e), selected(r, e, x));
}

Classified classify_inner(Reading& r, const Estimator& e, const Frame& x) {
  return classify(r, wrapped(e), selected(r, e, x));
}

}  // namespace mle::compiler::sklearn
