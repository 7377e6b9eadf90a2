// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/entries.h"

#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/parts.h"
#include "compiler/import/sklearn/refusal.h"
#include "format/limits.h"

#include <algorithm>

namespace mle::compiler::sklearn {
namespace {

constexpr int kMaxDepth = 24;

// Up to 1.1 such a step does not say how many columns it takes, but it gives as many on.
bool keeps_width_untold(const Estimator& e) {
  return e.name() == "FunctionTransformer" && !e.has("n_features_in_");
}

// Is all that it does done to each number for itself, however many columns there are?
bool changes_each_alone(const Estimator& e) {
  if (e.name() != "Pipeline") return keeps_width_untold(e);
  const auto steps = e.named_estimators("steps");
  return std::all_of(steps.begin(), steps.end(), [](const NamedEstimator& step) {
    return step.second.name().empty() || keeps_width_untold(step.second);
  });
}

// Where an estimator that does not say it itself keeps one that was fitted on the same columns.
std::optional<Estimator> fitted_inside(const Estimator& e) {
  if (e.name() == "Pipeline") {
    for (const NamedEstimator& step : e.named_estimators("steps"))
      if (!step.second.name().empty() && !keeps_width_untold(step.second)) return step.second;
    return std::nullopt;
  }
  for (const char* attribute :
       {"best_estimator_", "regressor_", "estimator_", "base_estimator_", "estimator"})
    if (e.is_estimator(attribute)) return e.estimator(attribute);
  for (const char* attribute : {"estimators_", "calibrated_classifiers_"})
    if (e.has(attribute))
      for (const Estimator& each : e.estimators(attribute))
        if (!each.name().empty()) return each;
  for (const char* attribute : {"transformer_list"})
    if (e.has(attribute))
      for (const NamedEstimator& each : e.named_estimators(attribute))
        if (!each.second.name().empty()) return each.second;
  return std::nullopt;
}

size_t columns_of_arrays(const Estimator& e) {
  if (e.name() == "IsotonicRegression") return 1;
  for (const char* attribute : {"coef_", "components_", "theta_", "feature_log_prob_"})
    if (e.has(attribute)) return e.matrix(attribute).columns;
  for (const char* attribute : {"scale_", "mean_", "statistics_"})
    if (e.has(attribute)) return e.reals(attribute).size();
  return 0;
}

// A selection by an estimator that is not read selects all the same; but where it comes last, that
// estimator would have to answer, and its answers must not be missing without a word.
void refuse_silence(const Estimator& root) {
  Estimator last = root;
  for (int depth = 0; depth < kMaxDepth && last.name() == "Pipeline"; ++depth) {
    const auto steps = last.named_estimators("steps");
    if (steps.empty()) return;
    last = steps.back().second;
  }
  if (!last.name().starts_with("RFE") || !last.is_estimator("estimator_")) return;
  const Estimator inner = last.estimator("estimator_");
  if (find_kind(inner.name()) == nullptr) throw Refusal{unread_status(inner)};
}

class Entries {
 public:
  Entries(Graph& graph, Reading& reading, const Columns& columns)
      : graph_(graph), r_(reading), b_(reading.b), columns_(columns) {}

  Frame add_inputs(const std::map<uint32_t, DType>& types) {
    Frame frame;
    if (columns_.each) {
      const ValueId x = graph_.add_input("X", {DType::F64, Rows::PerRow, {}});
      inputs_.push_back({x, "X", {}, {}, 1, Axes::Leading});
      frame.parts.push_back({b_.reshape(x, {1}), {0}});
      return frame;
    }
    if (!r_.typed) {
      const auto width = static_cast<uint32_t>(columns_.count);
      const ValueId x = graph_.add_input("X", {DType::F64, Rows::PerRow, {width}});
      inputs_.push_back({x, "X", columns_.names, {}});
      frame.parts.push_back({x, {}});
      for (uint32_t i = 0; i < width; ++i) frame.parts[0].origins.push_back(i);
      return frame;
    }
    for (uint32_t i = 0; i < columns_.count; ++i) {
      const std::string name = columns_.names.empty() ? "x" + std::to_string(i) : columns_.names[i];
      const auto type = types.find(i);
      const DType dtype = type == types.end() ? DType::F64 : type->second;
      const ValueId column = graph_.add_input(name, {dtype, Rows::PerRow, {1}});
      inputs_.push_back({column, name, {}, {}});
      frame.parts.push_back({column, {i}});
    }
    return frame;
  }

  void write(const Estimator& e, const Frame& x) {
    if (can_classify(e)) {
      write_classes(classify(r_, e, x));
    } else if (can_regress(e)) {
      const Regressed y = regress(r_, e, x);
      write_numbers(y);
      // Its transform() is its predict(), of the same shape.
      if (e.name() == "IsotonicRegression") return add("transform", as_answer(y.value, Dims{}));
    } else {
      refuse_silence(e);
      return write_table(transform(r_, e, x));
    }
    if (!can_transform(e)) return;
    try {
      write_table(transform(r_, e, x));
    } catch (const Refusal& refusal) {  // it answers all the same
      graph_.notes.push_back(std::string("transform is left out: ") + refusal.status.message());
    }
  }

  // Of tables that have a row's worth of numbers, not of whatever a damaged file says.
  void tell_usual() {
    constexpr size_t kMostColumns = 65'536;
    if (r_.usual.empty() || columns_.count > kMostColumns) return;
    for (GraphEntry& entry : graph_.entries) {
      uint32_t column = 0;
      for (GraphPort& port : entry.inputs) {
        const uint32_t width = b_.width(port.value);
        for (uint32_t i = 0; i < width; ++i, ++column) {
          const auto found = r_.usual.find(column);
          if (found == r_.usual.end()) continue;
          port.usual.resize(width);
          port.usual[i] = found->second;
        }
      }
    }
  }

  // An input that no answer needs is none.
  void drop_unused_inputs() {
    std::vector<bool> needed(graph_.value_count());
    for (const GraphEntry& entry : graph_.entries)
      for (const GraphPort& port : entry.outputs) needed[port.value] = true;
    for (size_t n = graph_.nodes().size(); n-- > 0;) {
      const Node& node = graph_.nodes()[n];
      if (!needed[node.outputs[0]]) continue;
      for (const ValueId input : node.inputs) needed[input] = true;
    }
    const bool any = std::any_of(inputs_.begin(), inputs_.end(),
                                 [&](const GraphPort& port) { return needed[port.value]; });
    if (!any) needed[inputs_[0].value] = true;
    for (Node& node : graph_.nodes())
      if (!needed[node.outputs[0]]) node.kind = OpKind::None;
    for (const GraphPort& port : inputs_)
      if (!needed[port.value]) graph_.value(port.value).is_input = false;
    for (GraphEntry& entry : graph_.entries)
      std::erase_if(entry.inputs, [&](const GraphPort& port) { return !needed[port.value]; });
    graph_.compact();
  }

 private:
  void add(const std::string& name, ValueId value, std::vector<std::string> labels = {}) {
    GraphPort port{value, name, {}, std::move(labels)};
    graph_.value(value).name = name;
    const auto entry = std::find_if(graph_.entries.begin(), graph_.entries.end(),
                                    [&](const GraphEntry& each) { return each.name == name; });
    if (entry == graph_.entries.end()) {
      graph_.entries.push_back({name, inputs_, {std::move(port)}});
      return;
    }
    port.name = name + ".y" + std::to_string(entry->outputs.size());
    entry->outputs.push_back(std::move(port));
  }

  // An answer is never an input, and never two answers.
  ValueId as_answer(ValueId value, const Dims& dims) {
    Fact wanted = graph_.value(value).fact;
    wanted.dims = dims;
    const bool used = graph_.value(value).is_input || graph_.is_entry_output(value);
    if (!used && graph_.value(value).fact.dims == dims) return value;
    Node node;
    node.kind = OpKind::Reshape;
    node.inputs = {value};
    return b_.add_node(std::move(node), &wanted);
  }

  void write_numbers(const Regressed& y) {
    const uint32_t width = b_.width(y.value);
    add("predict", as_answer(y.value, y.flat && width == 1 ? Dims{} : Dims{width}));
  }

  void write_table(const Frame& table) {
    std::vector<ValueId> values;
    const DType dtype = b_.dtype(table.parts[0].value);
    bool same = true;
    for (const Frame::Part& part : table.parts) {
      values.push_back(part.value);
      same = same && b_.dtype(part.value) == dtype;
    }
    const auto is_text = [&](ValueId value) { return b_.dtype(value) == DType::Str; };
    if (!same && std::any_of(values.begin(), values.end(), is_text))
      refuse("transform() that gives texts and numbers side by side",
             "encode the texts in the model, or let it pass on one kind only");
    const ValueId all = same ? b_.concat(values) : numbers(b_, table);
    const Dims line = columns_.each ? Dims{} : Dims{b_.width(all)};
    add("transform", as_answer(all, table.shape.empty() ? line : table.shape));
  }

  // The labels themselves, from their places.
  ValueId labels_at(const Labels& labels, ValueId index) {
    switch (labels.kind) {
      case Labels::Kind::Texts: return b_.words_at(index, labels.texts);
      case Labels::Kind::Floats: return b_.look_up(b_.numbers(labels.reals, labels.dtype), index);
      case Labels::Kind::Bools:
      case Labels::Kind::Integers: break;
    }
    bool plain = labels.dtype == DType::I64;
    for (size_t i = 0; i < labels.integers.size(); ++i)
      plain = plain && labels.integers[i] == static_cast<int64_t>(i);
    return plain ? index : b_.look_up(b_.integers(labels.integers, labels.dtype), index);
  }

  static std::vector<std::string> texts_of(const Labels& labels) {
    std::vector<std::string> texts;
    for (size_t i = 0; i < labels.size(); ++i) texts.push_back(labels.text(i));
    return texts;
  }

  // One for each column of an answer, where there are as many.
  std::vector<std::string> labelled(const Labels& labels, ValueId answer) const {
    return b_.width(answer) == labels.size() ? texts_of(labels) : std::vector<std::string>();
  }

  GraphPort& last_answer() { return graph_.entries.back().outputs.back(); }

  // Of one column more.
  void add_classes(const Labels& labels) {
    GraphPort& port = last_answer();
    for (const std::string& text : texts_of(labels)) port.classes.push_back(text);
    port.class_counts.push_back(static_cast<uint32_t>(labels.size()));
  }

  void write_classes(const Classified& c) {
    if (!c.outputs.empty()) return write_outputs(c.outputs);
    if (c.multilabel) {
      const auto add_columns = [&](const char* name, ValueId value) {
        if (value != kNone)
          add(name, as_answer(value, {b_.width(value)}), labelled(c.labels, value));
      };
      add_columns("predict", c.index);
      for (const Labels& each : c.by_column) add_classes(each);
      add_columns("predict_proba", c.proba);
      return add_columns("decision_function", c.decision);
    }
    add("predict", as_answer(labels_at(c.labels, c.index), {}));
    last_answer().classes = texts_of(c.labels);
    if (c.proba != kNone)
      add("predict_proba", as_answer(c.proba, {b_.width(c.proba)}), labelled(c.labels, c.proba));
    if (c.decision == kNone) return;
    const uint32_t width = b_.width(c.decision);
    add("decision_function", as_answer(c.decision, width == 1 ? Dims{} : Dims{width}),
        width == 1 ? std::vector<std::string>() : labelled(c.labels, c.decision));
  }

  // What one array of these columns of labels is of: numbers beside wider ones get wider, as in
  // numpy. Nothing for texts beside numbers.
  static std::optional<DType> common_dtype(const std::vector<Classified>& outputs) {
    DType dtype = outputs[0].labels.dtype;
    bool same = true, texts = false, numbers = false, floats = false;
    for (const Classified& c : outputs) {
      const Labels::Kind kind = c.labels.kind;
      same = same && c.labels.dtype == dtype;
      (kind == Labels::Kind::Texts ? texts : numbers) = true;
      floats = floats || kind == Labels::Kind::Floats;
    }
    if (texts) return numbers ? std::optional<DType>() : DType::Str;
    return same ? dtype : floats ? DType::F64 : DType::I64;
  }

  // Side by side where one array can hold them, else one port for each.
  void write_outputs(const std::vector<Classified>& outputs) {
    std::vector<ValueId> predicted, probas;
    bool same_width = true;
    const auto common = common_dtype(outputs);
    for (const Classified& c : outputs) {
      predicted.push_back(labels_at(c.labels, c.index));
      if (common && *common != DType::Str) predicted.back() = b_.cast(predicted.back(), *common);
      if (c.proba != kNone) probas.push_back(c.proba);
      same_width = same_width && c.proba != kNone && b_.width(c.proba) == b_.width(probas[0]);
    }
    const auto count = static_cast<uint32_t>(outputs.size());
    if (common) {
      add("predict", as_answer(b_.concat(predicted), {count}));
      for (const Classified& c : outputs) add_classes(c.labels);
    } else {
      for (size_t i = 0; i < predicted.size(); ++i) {
        add("predict", as_answer(predicted[i], {}));
        last_answer().classes = texts_of(outputs[i].labels);
      }
      name_ports();
    }
    if (probas.size() != outputs.size()) return;
    if (same_width) {
      add("predict_proba", as_answer(b_.concat(probas), {count, b_.width(probas[0])}));
    } else {
      for (size_t i = 0; i < probas.size(); ++i)
        add("predict_proba", as_answer(probas[i], {b_.width(probas[i])}),
            labelled(outputs[i].labels, probas[i]));
      name_ports();
    }
  }

  // The first port of an entry of several is named like the others.
  void name_ports() {
    GraphEntry& entry = graph_.entries.back();
    if (entry.outputs.size() > 1) entry.outputs[0].name = entry.name + ".y0";
  }

  Graph& graph_;
  Reading& r_;
  Builder& b_;
  const Columns& columns_;
  std::vector<GraphPort> inputs_;
};

}  // namespace

Columns columns_of_model(const Estimator& e, size_t told) {
  Columns made;
  made.count = told;
  std::optional<Estimator> at = e, last;
  for (int depth = 0; at && depth < kMaxDepth; ++depth) {
    last = at;
    if (made.names.empty() && at->has("feature_names_in_"))
      made.names = at->labels("feature_names_in_").texts;
    if (made.count == 0 && at->has("n_features_in_"))
      made.count = static_cast<size_t>(std::max<int64_t>(0, at->integer("n_features_in_")));
    if (made.count == 0) made.count = columns_of_arrays(*at);
    if (made.count != 0 && !made.names.empty()) break;
    at = fitted_inside(*at);
  }
  if (made.count == 0) made.count = made.names.size();
  if (made.names.size() != made.count) made.names.clear();
  if (made.count == 0 && last && last->name().starts_with("Dummy")) {
    // Up to 1.2 these do not say. They look at no column: the first stands for all.
    made.count = 1;
    made.apart = true;
  }
  if (made.count == 0 && changes_each_alone(e)) {
    made.count = 1;
    made.each = true;
  }
  if (made.count == 0)
    refuse(e.name() + " does not say how many columns it takes",
           "save it after fit(); if it was fitted, say it with --shape X=N");
  if (made.count > format::kMaxDim) refuse("the model takes too many columns");
  std::vector<std::string> sorted = made.names;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) made.names.clear();
  return made;
}

std::map<uint32_t, DType> write_entries(Graph& graph, const Estimator& e, const Columns& columns,
                                        const std::map<uint32_t, DType>& types, bool typed,
                                        uint64_t constant_bytes, std::vector<std::string>& path) {
  Builder builder(graph, constant_bytes);
  Reading reading{builder};
  reading.typed = typed;
  Entries entries(graph, reading, columns);
  const Frame x = entries.add_inputs(types);
  try {
    entries.write(e, x);
  } catch (...) {
    path = reading.path;
    throw;
  }
  entries.tell_usual();
  if (typed) entries.drop_unused_inputs();
  return reading.wanted;
}

}  // namespace mle::compiler::sklearn
