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

uint32_t width_of(const Graph& graph, ValueId id) {
  const Dims& dims = graph.value(id).fact.dims;
  return dims.size() == 1 ? dims[0] : dims.empty() ? 1 : 0;
}

// The column of an input that a column is, untouched but for its type and what is filled in.
std::optional<InputColumn> column_of_input(const Graph& graph, InputColumn at) {
  for (;;) {
    const Value& value = graph.value(at.first);
    if (value.is_input) return at;
    if (value.producer == kNone || value.fact.dims.size() > 1) return std::nullopt;
    const auto up = one_column_up(graph, graph.nodes()[value.producer], at.second);
    if (!up) return std::nullopt;
    at = *up;
  }
}

}  // namespace

std::optional<InputColumn> one_column_up(const Graph& graph, const Node& node, uint32_t column) {
  switch (node.kind) {
    case OpKind::Cast:
    case OpKind::Reshape: return InputColumn{node.inputs[0], column};
    case OpKind::Select:
      return InputColumn{node.inputs[2], column};  // an imputer keeps what is there
    case OpKind::Slice: return InputColumn{node.inputs[0], node.iattr[1] + column * node.iattr[2]};
    case OpKind::Gather: {
      if (!graph.value(node.inputs[1]).is_constant) return std::nullopt;
      const auto picked = read_constant(graph.value(node.inputs[1]));
      if (!picked || column >= picked->size() || (*picked)[column] < 0) return std::nullopt;
      return InputColumn{node.inputs[0], static_cast<uint32_t>((*picked)[column])};
    }
    case OpKind::Concat: {
      for (const ValueId part : node.inputs) {
        if (column < width_of(graph, part)) return InputColumn{part, column};
        column -= width_of(graph, part);
      }
      return std::nullopt;
    }
    default: return std::nullopt;
  }
}

RandomInputs::RandomInputs(const Graph& graph) : graph_(graph), bounds_(index_bounds(graph)) {
  for (const Node& node : graph.nodes()) {
    if (node.kind == OpKind::MapKeys) add_keys(node);
    if (node.kind == OpKind::MapKeys || node.kind == OpKind::Labels)
      texts_.insert(texts_.end(), node.strings.begin(), node.strings.end());
  }
  texts_.emplace_back("unknown");
}

void RandomInputs::add_keys(const Node& node) {
  Keys keys;
  keys.strict = node.iattr[0] == format::kNoAnswer;
  if (node.inputs.size() < 2) {
    keys.list = from_texts({node.strings.begin(), node.strings.end()});
  } else if (auto list = read_constant(graph_.value(node.inputs[1]))) {
    keys.list = *std::move(list);
  }
  if (keys.list.empty()) return;
  for (uint32_t column = 0; column < width_of(graph_, node.inputs[0]); ++column) {
    const auto place = column_of_input(graph_, {node.inputs[0], column});
    if (!place) continue;
    Keys& known = keys_[*place];
    // Of several lists the strict one, or the longest.
    if (keys.strict > known.strict ||
        (keys.strict == known.strict && keys.list.size() > known.list.size()))
      known = keys;
  }
}

bool RandomInputs::is_index(ValueId input) const { return bounds_[input] != kNoBound; }

Elements RandomInputs::make(Random& random, ValueId input, size_t rows) const {
  const Fact& fact = graph_.value(input).fact;
  const size_t count = rows * element_count(fact.dims);
  const size_t width = element_count(fact.dims);
  if (fact.dtype == DType::Str) return with_keys(random, input, width, texts(random, count));
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
  return with_keys(random, input, width, elements);
}

Elements RandomInputs::texts(Random& random, size_t count) const {
  std::vector<std::optional<std::string>> drawn;
  for (size_t i = 0; i < count; ++i) drawn.emplace_back(texts_[below(random, texts_.size())]);
  return from_texts(std::move(drawn));
}

Elements RandomInputs::with_keys(Random& random, ValueId input, size_t width,
                                 const Elements& drawn) const {
  constexpr double kOfKeys = 0.75;  // the others are what the list does not know
  const auto first = keys_.lower_bound({input, 0});
  if (first == keys_.end() || first->first.first != input) return drawn;
  Elements mixed;
  for (size_t i = 0; i < drawn.size(); ++i) {
    const auto keys = keys_.find({input, static_cast<uint32_t>(i % width)});
    const bool known = keys != keys_.end() && (keys->second.strict || random.uniform() < kOfKeys);
    if (known)
      mixed.append(keys->second.list, below(random, keys->second.list.size()), 1);
    else
      mixed.append(drawn, i, 1);
  }
  return mixed;
}

}  // namespace mle::compiler
