// SPDX-License-Identifier: Apache-2.0
#include "python/live_rows.h"

#include <mle/mle.h>

#include "python/array.h"
#include "python/loaded_model.h"
#include "python/refused.h"
#include "tools/golden/elements.h"
#include "tools/golden/trial.h"

#include <nanobind/stl/string.h>

#include <optional>
#include <string>
#include <utility>

namespace mle::python {
namespace {

namespace nb = nanobind;
using compiler::Elements;
using compiler::Graph;
using compiler::GraphPort;

constexpr int kNoRule = 0;

// The dims lie in the graph.
TensorSpec spec_of_port(const Graph& graph, const GraphPort& port) {
  const compiler::Fact& fact = graph.value(port.value).fact;
  return {port.name, fact.dtype, fact.dims, fact.rows == compiler::Rows::PerRow};
}

std::vector<TensorSpec> specs_of_ports(const Graph& graph, const std::vector<GraphPort>& ports) {
  std::vector<TensorSpec> specs;
  for (const GraphPort& port : ports) specs.push_back(spec_of_port(graph, port));
  return specs;
}

Elements texts_of_list(nb::handle list) {
  std::vector<std::optional<std::string>> texts(nb::len(list));
  for (size_t i = 0; i < texts.size(); ++i)
    if (const nb::object text = list[i]; !text.is_none()) texts[i] = nb::cast<std::string>(text);
  return compiler::from_texts(std::move(texts));
}

// The 16-bit floats are none that the judge takes.
Elements elements_of(nb::handle value, const TensorSpec& spec, size_t rows) {
  const size_t count = spec.width() * (spec.per_row ? rows : 1);
  const bool is_text = spec.dtype == DType::Str;
  const Array array = is_text ? Array() : Array::borrow(value, false);
  const bool fits = is_text ? nb::len(value) == count
                            : array && array.dtype() == spec.dtype && array.count() == count &&
                                  array.has_dense_rows();
  if (!fits)
    throw Refused(Code::Internal, kNoRule,
                  "rows for '" + std::string(spec.name) + "' are not as the model takes them",
                  "please report this");
  return is_text ? texts_of_list(value) : tools::to_elements(spec.dtype, array.data(), count);
}

std::vector<Elements> all_elements(nb::handle values, std::span<const TensorSpec> specs,
                                   size_t rows) {
  std::vector<Elements> elements;
  for (size_t i = 0; i < specs.size(); ++i)
    elements.push_back(elements_of(values[i], specs[i], rows));
  return elements;
}

Status stopped() {
  return Status::make(Code::InvalidArgument, kNoRule, Status::kNoOffset, "asking Python failed");
}

}  // namespace

Result<std::vector<compiler::TrialRows>> LiveRows::check(std::span<const std::byte> file) {
  MLE_TRY_ASSIGN(const Model model, Model::from_memory(file));
  MLE_TRY_ASSIGN(const Session session, tools::make_session(model));
  const nb::gil_scoped_acquire locked;
  try {
    const nb::object made =
        rows_.attr("check")(specs_of(session.inputs()), texts_of(model.features()));
    const auto rows = nb::cast<size_t>(made[0]);
    std::vector<compiler::TrialRows> calls;
    if (rows > 0) calls.push_back({all_elements(made[1], session.inputs(), rows), rows});
    return calls;
  } catch (...) {
    raised_ = std::current_exception();
    return stopped();
  }
}

Result<compiler::RecordedRows> LiveRows::record(const Graph& graph) {
  const nb::gil_scoped_acquire locked;
  try {
    const std::vector<TensorSpec> inputs = specs_of_ports(graph, graph.entries[0].inputs);
    const std::vector<std::string>& names = graph.entries[0].inputs[0].features;
    const std::vector<std::string_view> features(names.begin(), names.end());
    std::vector<std::vector<TensorSpec>> outputs;
    nb::list entries;
    for (const compiler::GraphEntry& entry : graph.entries) {
      outputs.push_back(specs_of_ports(graph, entry.outputs));
      entries.append(nb::make_tuple(entry.name, specs_of(outputs.back())));
    }
    const nb::object made = rows_.attr("record")(specs_of(inputs), texts_of(features), entries);
    compiler::RecordedRows recorded;
    recorded.rows = nb::cast<size_t>(made[0]);
    recorded.reference = "scikit-learn";
    recorded.inputs = all_elements(made[1], inputs, recorded.rows);
    for (size_t e = 0; e < outputs.size(); ++e) {
      const nb::object answers = made[2][e];
      recorded.outputs.push_back(answers.is_none()
                                     ? std::vector<Elements>()
                                     : all_elements(answers, outputs[e], recorded.rows));
    }
    return recorded;
  } catch (...) {
    raised_ = std::current_exception();
    return stopped();
  }
}

void LiveRows::rethrow() const {
  if (raised_) std::rethrow_exception(raised_);
}

}  // namespace mle::python
