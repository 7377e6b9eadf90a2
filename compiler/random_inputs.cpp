// SPDX-License-Identifier: Apache-2.0
#include "compiler/random_inputs.h"

#include "compiler/index_bounds.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace mle::compiler {
namespace {

bool is_real(DType dtype) { return dtype == DType::F32 || dtype == DType::F64; }

size_t below(Random& random, size_t count) {
  return std::min(count - 1, static_cast<size_t>(random.uniform() * static_cast<double>(count)));
}

}  // namespace

RandomInputs::RandomInputs(const Graph& graph) : graph_(graph), bounds_(index_bounds(graph)) {
  for (const Node& node : graph.nodes()) {
    if (node.kind != OpKind::MapKeys && node.kind != OpKind::Labels) continue;
    texts_.insert(texts_.end(), node.strings.begin(), node.strings.end());
    if (node.inputs.size() < 2) continue;
    if (auto keys = read_constant(graph.value(node.inputs[1])))
      numbers_.emplace_back(graph.value(node.inputs[1]).fact.dtype, *std::move(keys));
  }
  texts_.emplace_back("unknown");
}

bool RandomInputs::is_index(ValueId input) const { return bounds_[input] != kNoBound; }

Elements RandomInputs::make(Random& random, ValueId input, size_t rows) const {
  const Fact& fact = graph_.value(input).fact;
  const size_t count = rows * element_count(fact.dims);
  if (fact.dtype == DType::Str) return texts(random, count);
  Elements elements(count);
  for (double& element : elements) {
    if (is_index(input)) {
      element =
          convert(std::floor(random.uniform() * static_cast<double>(bounds_[input])), fact.dtype);
      continue;
    }
    const double z = random.normal();
    element = is_real(fact.dtype) ? convert(z, fact.dtype)
                                  : convert(std::floor(std::abs(4 * z)), fact.dtype);
  }
  put_keys(random, fact.dtype, elements);
  return elements;
}

Elements RandomInputs::texts(Random& random, size_t count) const {
  std::vector<std::optional<std::string>> drawn;
  for (size_t i = 0; i < count; ++i) drawn.emplace_back(texts_[below(random, texts_.size())]);
  return from_texts(std::move(drawn));
}

void RandomInputs::put_keys(Random& random, DType dtype, Elements& elements) const {
  const auto list = std::find_if(numbers_.begin(), numbers_.end(),
                                 [&](const auto& each) { return each.first == dtype; });
  if (list == numbers_.end()) return;
  Elements mixed;
  for (size_t i = 0; i < elements.size(); ++i) {
    const bool from_list = random.uniform() < 0.5;
    const Elements& from = from_list ? list->second : elements;
    mixed.append(from, from_list ? below(random, from.size()) : i, 1);
  }
  elements = std::move(mixed);
}

}  // namespace mle::compiler
