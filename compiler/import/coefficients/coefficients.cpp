// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/coefficients/coefficients.h"

#include "compiler/import/sklearn/coefficients.h"
#include "compiler/import/sklearn/refusal.h"
#include "format/limits.h"
#include "format/rules.h"

#include <cmath>
#include <utility>

namespace mle::compiler::coefficients {
namespace {

using enum format::rule::Rule;
using sklearn::Builder;

void add_entry(Graph& graph, const GraphPort& input, const std::string& name, ValueId value,
               std::vector<std::string> labels = {}) {
  graph.value(value).name = name;
  graph.entries.push_back({name, {input}, {{value, name, {}, std::move(labels)}}});
}

ValueId linked(Builder& b, Link link, ValueId score) {
  switch (link) {
    case Link::Logit: return b.expit(score);
    case Link::Log: return b.unary(Act::Exp, score);
    case Link::Softmax: return b.softmax(score);
    case Link::Identity: break;
  }
  return score;
}

Graph graph_of(const LinearModel& model) {
  const auto width = static_cast<uint32_t>(model.weights.columns);
  if (model.weights.rows == 0 || width == 0 || model.weights.columns > format::kMaxDim)
    sklearn::refuse_damaged("the model has no coefficients");
  if (model.intercepts.size() != model.weights.rows && model.intercepts.size() != 1)
    sklearn::refuse_damaged("there are " + std::to_string(model.intercepts.size()) +
                            " intercepts for " + std::to_string(model.weights.rows) + " targets");
  Graph graph;
  Builder b(graph, uint64_t{4} << 30);
  const ValueId x = graph.add_input("X", {DType::F64, Rows::PerRow, {width}});
  const bool named = model.features.size() == width;
  const GraphPort input{x, "X", named ? model.features : std::vector<std::string>(), {}};
  ValueId known = x;
  if (model.skips_missing) known = b.select(b.compare(CompareFn::Equal, x, x), x, b.vector({0}));
  const ValueId score = sklearn::affine(b, known, model.weights, model.intercepts);
  const auto targets = static_cast<uint32_t>(model.weights.rows);
  const Dims dims = targets == 1 && model.flat ? Dims{} : Dims{targets};
  if (model.classifies) {
    const ValueId y = linked(b, model.link, score);
    const ValueId proba = targets == 1 ? sklearn::both(b, y) : y;
    const ValueId label =
        targets == 1 ? sklearn::index_above(b, y, 0.5) : sklearn::index_by_scores(b, y);
    add_entry(graph, input, "predict", b.reshape(label, {}));
    add_entry(graph, input, "predict_proba", proba);
    return graph;
  }
  const bool odds = model.link == Link::Logit || model.link == Link::Softmax;
  const ValueId y = b.reshape(linked(b, model.link, score), dims);
  const bool labelled = model.targets.size() == targets && targets > 1;
  add_entry(graph, input, odds ? "predict_proba" : "predict", y,
            labelled ? model.targets : std::vector<std::string>());
  return graph;
}

std::optional<Graph> read_with(const char* format, Result<LinearModel> (*read)(const SourceFile&),
                               const SourceFile& source, Problems& problems) {
  const auto model = read(source);
  if (!model) {
    problems.add(model.error(), "");
    return std::nullopt;
  }
  try {
    Graph graph = graph_of(*model);
    graph.origin = {format, source.path.substr(source.path.rfind('/') + 1), "", ""};
    if (!model->note.empty()) graph.notes.push_back(model->note);
    return graph;
  } catch (const sklearn::Refusal& refusal) {
    problems.add(refusal.status, "");
  }
  return std::nullopt;
}

}  // namespace

Result<Link> link_of(const std::string& name) {
  constexpr std::pair<const char*, Link> kLinks[] = {
      {"identity", Link::Identity}, {"linear", Link::Identity}, {"logit", Link::Logit},
      {"sigmoid", Link::Logit},     {"log", Link::Log},         {"softmax", Link::Softmax}};
  for (const auto& [known, link] : kLinks)
    if (name == known) return link;
  return Status::make(Code::Unsupported, C205_UnsupportedOp, Status::kNoOffset,
                      "link '" + name.substr(0, 80) + "' is not known",
                      "known are identity, logit, log and softmax");
}

std::optional<Graph> read_npz(const SourceFile& source, const ImportOptions&, Problems& problems) {
  return read_with("npz_coef", read_npz_model, source, problems);
}
std::optional<Graph> read_json(const SourceFile& source, const ImportOptions&, Problems& problems) {
  return read_with("json_coef", read_json_model, source, problems);
}
std::optional<Graph> read_csv(const SourceFile& source, const ImportOptions&, Problems& problems) {
  return read_with("csv_coef", read_csv_model, source, problems);
}
std::optional<Graph> read_gblinear(const SourceFile& source, const ImportOptions&,
                                   Problems& problems) {
  return read_with("xgboost", read_gblinear_model, source, problems);
}

}  // namespace mle::compiler::coefficients
