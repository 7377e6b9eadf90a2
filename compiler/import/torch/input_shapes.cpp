// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/torch/input_shapes.h"

#include "compiler/evaluate/evaluate.h"
#include "compiler/random.h"
#include "format/rules.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mle::compiler::torch {
namespace {

using Input = onnx::Composer::Input;

constexpr uint32_t kSmall = 64;  // widths up to here are tried whether a tensor has them or not
constexpr size_t kMostWidths = 400;
constexpr size_t kMostAttempts = 2000;
constexpr int kMostRounds = 8;
constexpr uint64_t kMostWork = uint64_t{1} << 26;  // of a graph that is answered several times

std::vector<uint32_t> in_turn(const std::vector<uint32_t>& widths, bool small_first) {
  std::vector<uint32_t> all;
  const auto add = [&](uint32_t width) {
    if (width >= 1 && all.size() < kMostWidths && std::ranges::find(all, width) == all.end())
      all.push_back(width);
  };
  if (small_first)
    for (uint32_t width = 1; width <= kSmall; ++width) add(width);
  for (const uint32_t width : widths) add(width);
  for (uint32_t width = 1; width <= kSmall; ++width) add(width);
  return all;
}

class Search {
 public:
  Search(const std::vector<std::string>& names, const std::vector<uint32_t>& widths, DType real,
         const ImportOptions& options, const Try& attempt)
      : widths_(in_turn(widths, false)),
        small_(in_turn(widths, true)),
        real_(real),
        options_(options),
        attempt_(attempt) {
    for (const std::string& name : names) inputs_.push_back(start(name, 2));
  }

  std::optional<Graph> run(Problems& problems) {
    if (inputs_.empty()) return finish(attempt_(inputs_), problems);
    best_ = ask(inputs_);
    for (const size_t rank : {size_t{2}, size_t{3}, size_t{1}})
      if (!best_.graph) improve(rank);
    if (best_.graph) note_what_is_open();
    if (best_.graph) find_other_axes();
    return finish(std::move(best_), problems);
  }

 private:
  static std::optional<Graph> finish(Attempt attempt, Problems& problems) {
    for (const Problem& problem : attempt.problems.kept())
      problems.add(problem.code, problem.rule, problem.where, problem.what, problem.hint);
    return std::move(attempt.graph);
  }

  static std::string axis_name(const std::string& name, size_t axis) {
    return name + "." + std::to_string(axis);
  }
  bool is_told(const std::string& name, size_t axis) const {
    return options_.shapes.contains(axis_name(name, axis));
  }

  // The first axis is that of the rows; what the user told is left to be looked up.
  Input start(const std::string& name, size_t rank) const {
    for (size_t axis = 1; axis < 8; ++axis)
      if (is_told(name, axis)) rank = std::max(rank, axis + 1);
    Input input{name, real_, std::vector<uint32_t>(rank, 0), {}};
    for (size_t axis = 0; axis < rank; ++axis) input.axes.push_back(axis_name(name, axis));
    for (size_t axis = 1; axis < rank; ++axis)
      if (!is_told(name, axis)) input.dims[axis] = widths_[0];
    return input;
  }

  // A source that reaches a limit does so with any shapes: then nothing more is tried.
  Attempt ask(const std::vector<Input>& inputs) {
    ++attempts_;
    Attempt made = attempt_(inputs);
    for (const Problem& problem : made.problems.kept())
      if (problem.rule == format::rule::C216_LimitReached) attempts_ = kMostAttempts;
    return made;
  }

  // Takes the change of one input if more operators fit than before.
  bool take(size_t which, Input changed) {
    if (best_.graph || attempts_ >= kMostAttempts) return false;
    std::vector<Input> inputs = inputs_;
    inputs[which] = std::move(changed);
    Attempt made = ask(inputs);
    if (!made.graph && made.progress <= best_.progress) return false;
    best_ = std::move(made);
    inputs_ = std::move(inputs);
    return true;
  }

  bool try_widths(size_t which, const Input& from) {
    bool better = false;
    for (size_t axis = 1; axis < from.dims.size(); ++axis) {
      if (from.dims[axis] == 0) continue;
      const bool whole = from.dtype != real_;
      for (const uint32_t width : whole ? small_ : widths_) {
        Input changed = better ? inputs_[which] : from;
        if (changed.dims.size() <= axis) break;
        changed.dims[axis] = width;
        better = take(which, std::move(changed)) || better;
      }
    }
    return better;
  }

  void improve(size_t rank) {
    bool better = true;
    for (int round = 0; better && !best_.graph && round < kMostRounds; ++round) {
      better = false;
      for (size_t which = 0; which < inputs_.size(); ++which)
        for (const DType dtype : {real_, DType::I64}) {
          Input from = start(inputs_[which].name, rank);
          from.dtype = dtype;
          for (size_t axis = 1; dtype != real_ && axis < from.dims.size(); ++axis)
            if (from.dims[axis] != 0) from.dims[axis] = 1;  // as few as are looked at
          better = take(which, from) || better;
          better = try_widths(which, from) || better;
          if (rank == 3) better = try_pairs(which, from) || better;
        }
    }
  }

  // Where two lengths have to fit at once.
  bool try_pairs(size_t which, const Input& from) {
    bool better = false;
    const size_t most = std::min<size_t>(widths_.size(), 24);
    for (size_t i = 0; i < most; ++i)
      for (size_t j = 0; j < most; ++j) {
        Input changed = from;
        if (changed.dims.size() < 3 || changed.dims[1] == 0 || changed.dims[2] == 0) return better;
        changed.dims[1] = widths_[i];
        changed.dims[2] = widths_[j];
        better = take(which, std::move(changed)) || better;
      }
    return better;
  }

  void note_what_is_open() {
    Graph& graph = *best_.graph;
    for (size_t which = 0; which < inputs_.size(); ++which) {
      const Input& input = inputs_[which];
      std::string dims = "[rows";
      for (size_t axis = 1; axis < input.dims.size(); ++axis)
        dims += ", " + (input.dims[axis] == 0 ? "as told" : std::to_string(input.dims[axis]));
      graph.notes.push_back("assumed from the layers: input '" + input.name + "' is " + dims +
                            "] of " + name_of(input.dtype));
      for (size_t axis = 1; axis < input.dims.size(); ++axis) {
        if (input.dims[axis] == 0) continue;
        std::vector<Input> wider = inputs_;
        ++wider[which].dims[axis];
        if (attempt_(wider).graph)
          graph.notes.push_back("the layers would take other lengths of axis " +
                                std::to_string(axis) + " of '" + input.name + "', too: --shape " +
                                axis_name(input.name, axis) + "=N says which is meant");
      }
      note_other_pair(which);
    }
  }

  // As many elements of a row along two axes of other lengths.
  void note_other_pair(size_t which) {
    const Input& input = inputs_[which];
    if (input.dims.size() != 3 || input.dims[1] == 0 || input.dims[2] == 0) return;
    const uint64_t count = uint64_t{input.dims[1]} * input.dims[2];
    for (uint32_t length = 1; length <= kSmall; ++length) {
      if (count % length != 0 || length == input.dims[1] || count / length > UINT32_MAX) continue;
      std::vector<Input> other = inputs_;
      other[which].dims[1] = length;
      other[which].dims[2] = static_cast<uint32_t>(count / length);
      if (!attempt_(other).graph) continue;
      best_.graph->notes.push_back("the layers would take [rows, " + std::to_string(length) + ", " +
                                   std::to_string(count / length) + "] for '" + input.name +
                                   "', too: --shape " + axis_name(input.name, 1) +
                                   "=N and --shape " + axis_name(input.name, 2) +
                                   "=M say which is meant");
      return;
    }
  }

  // Whether the layers take a row's elements along more axes, or more axes before its own, and then
  // answer the same: found by answering a few rows both ways.
  void find_other_axes() {
    if (inputs_.size() != 1 || inputs_[0].dims.size() != 2 || inputs_[0].dtype != real_) return;
    const uint32_t width = inputs_[0].dims[1];
    if (width == 0 || is_told(inputs_[0].name, 1) || work_of(*best_.graph) > kMostWork) return;
    Axes& axes = best_.graph->entries[0].inputs[0].axes;
    constexpr size_t kLines = 3;
    const auto plain = answers(*best_.graph, width * kLines, kLines);
    if (!plain) return;
    if (const auto behind = with_axes({0, kLines, width}))
      if (has_outputs(*behind, {kLines}) && are_near(answers(*behind, width * kLines, 1), *plain)) {
        axes = Axes::Leading;
        best_.graph->notes.push_back("arrays with more axes before the last one are rows, too");
        return;
      }
    if (width == 1) return;
    uint32_t last = 2;  // a length that no layer behind the flattening takes for the whole row
    while (last < width && width % last != 0) ++last;
    if (last == width) last = 1;
    const auto split = with_axes({0, width / last, last});
    if (!split || !has_outputs(*split, {})) return;
    if (!are_near(answers(*split, width * kLines, kLines), *plain)) return;
    axes = Axes::Flattened;
    best_.graph->notes.push_back("arrays whose last axes have " + std::to_string(width) +
                                 " elements together are rows, too: the layers flatten them");
  }

  // Elements and multiply-adds of one row.
  static uint64_t work_of(const Graph& graph) {
    uint64_t work = 0;
    for (ValueId v = 0; v < graph.value_count(); ++v)
      work += element_count(graph.value(v).fact.dims);
    for (const Node& node : graph.nodes()) {
      if (node.kind != OpKind::Dense && node.kind != OpKind::MatMul) continue;
      const Dims& x = graph.value(node.inputs[0]).fact.dims;
      work += element_count(graph.value(node.outputs[0]).fact.dims) * (x.empty() ? 1 : x.back());
    }
    return work;
  }
  // Outputs of the dims found so far, behind those.
  bool has_outputs(const Graph& graph, const Dims& before) const {
    const auto &outputs = graph.entries[0].outputs, &wanted = best_.graph->entries[0].outputs;
    for (size_t o = 0; o < wanted.size() && outputs.size() == wanted.size(); ++o) {
      Dims dims = before;
      const Dims& own = best_.graph->value(wanted[o].value).fact.dims;
      dims.insert(dims.end(), own.begin(), own.end());
      if (graph.value(outputs[o].value).fact.dims != dims) return false;
    }
    return outputs.size() == wanted.size();
  }

  // But for the order of additions.
  static bool are_near(const std::optional<std::vector<Elements>>& got,
                       const std::vector<Elements>& wanted) {
    if (!got || got->size() != wanted.size()) return false;
    for (size_t o = 0; o < wanted.size(); ++o) {
      if ((*got)[o].size() != wanted[o].size()) return false;
      for (size_t i = 0; i < wanted[o].size(); ++i)
        if (!(std::abs((*got)[o][i] - wanted[o][i]) <= 1e-9 * (1 + std::abs(wanted[o][i]))))
          return false;
    }
    return true;
  }

  std::optional<Graph> with_axes(std::vector<uint32_t> dims) {
    std::vector<Input> inputs = inputs_;
    inputs[0].dims = std::move(dims);
    inputs[0].axes.resize(inputs[0].dims.size());
    for (size_t axis = 0; axis < inputs[0].axes.size(); ++axis)
      inputs[0].axes[axis] = axis_name(inputs[0].name, axis);
    return attempt_(inputs).graph;
  }

  // The judge's to the same elements whatever the rows.
  static std::optional<std::vector<Elements>> answers(const Graph& graph, size_t count,
                                                      size_t rows) {
    const auto& ports = graph.entries[0].inputs;
    if (ports.size() != 1 || graph.value(ports[0].value).fact.rows != Rows::PerRow)
      return std::nullopt;
    Elements elements(count);
    Random random;
    for (double& element : elements) element = static_cast<float>(random.normal());
    auto made = evaluate_outputs(graph, {elements}, rows);
    if (!made) return std::nullopt;
    return *std::move(made);
  }

  std::vector<uint32_t> widths_, small_;
  DType real_;
  const ImportOptions& options_;
  const Try& attempt_;
  std::vector<Input> inputs_;
  Attempt best_;
  size_t attempts_ = 0;
};

}  // namespace

std::vector<uint32_t> likely_widths(const network::Weights& weights) {
  constexpr uint64_t kMost = 1 << 24;
  std::vector<uint32_t> widths;
  for (const bool matrices : {true, false})
    for (const auto& [name, tensor] : weights)
      if (!tensor.shape.empty() && (tensor.shape.size() == 2) == matrices &&
          tensor.shape.back() >= 1 && tensor.shape.back() <= kMost)
        widths.push_back(static_cast<uint32_t>(tensor.shape.back()));
  if (widths.empty()) widths.push_back(1);
  return widths;
}

std::optional<Graph> find_input_shapes(const std::vector<std::string>& names,
                                       const std::vector<uint32_t>& widths, DType real,
                                       const ImportOptions& options, const Try& attempt,
                                       Problems& problems) {
  return Search(names, widths, real, options, attempt).run(problems);
}

}  // namespace mle::compiler::torch
