// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/lower_weights.h"

#include "compiler/graph/stored.h"
#include "compiler/passes/all.h"
#include "format/half.h"
#include "format/rules.h"
#include "format/stored_weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mle::compiler {
namespace {

constexpr double kMostI8 = 127;  // of both signs

Status does_not_fit(const Value& weights, double w, DType to) {
  const bool finite = std::isfinite(w);
  return error(Code::Unsupported, format::rule::C212_NotFinite, Status::kNoOffset,
               finite ? "give --weights bf16 or int8, which reach further"
                      : "leave --weights out, or train the model to finite weights",
               finite ? "weights '%s' hold %g, more than %s reaches"
                      : "weights '%s' hold %g, which %s can't stand for",
               weights.name.c_str(), w, name_of(to));
}

// One weight matrix in fewer bits; `scale` is empty but for i8.
struct Narrow {
  Constant constant;
  std::vector<float> scale;
  std::vector<int32_t> sums;  // of each column
};

Result<Narrow> rounded(const Value& weights, DType to) {
  std::vector<uint16_t> elements;
  Status status;
  with_load(stored_type(weights), weights.constant.bytes.data(), [&](auto load) {
    const size_t count = element_count(weights.fact.dims);
    elements.reserve(count);
    for (size_t i = 0; i < count && status.ok(); ++i) {
      const auto w = static_cast<double>(load(i));
      const uint16_t bits =
          to == DType::F16 ? format::float_to_half(w) : format::float_to_bfloat(w);
      const float kept =
          to == DType::F16 ? format::half_to_float(bits) : format::bfloat_to_float(bits);
      if (!std::isfinite(kept)) status = does_not_fit(weights, w, to);
      elements.push_back(bits);
    }
  });
  MLE_TRY(std::move(status));
  const auto bytes = std::as_bytes(std::span(elements));
  return Narrow{Constant::from_bytes({bytes.begin(), bytes.end()}), {}, {}};
}

Result<Narrow> scaled(const Value& weights) {
  const size_t k = weights.fact.dims[0], n = weights.fact.dims[1];
  std::vector<double> most(n);
  std::vector<std::byte> elements(k * n);
  std::vector<int32_t> sums(n);
  Status status;
  with_load(stored_type(weights), weights.constant.bytes.data(), [&](auto load) {
    const bool turned = weights.constant.turned;
    const auto column = [&](size_t i) { return turned ? i / k : i % n; };
    for (size_t i = 0; i < k * n; ++i) {
      const auto w = static_cast<double>(load(i));
      if (!std::isfinite(w)) status = does_not_fit(weights, w, DType::I8);
      most[column(i)] = std::max(most[column(i)], std::abs(w));
    }
    if (!status.ok()) return;
    for (double& m : most) {
      // A column of zeros, or of next to nothing: a scale that is a normal number all the same.
      m = std::max(m / kMostI8, double{std::numeric_limits<float>::min()});
      m = double{static_cast<float>(m)};
    }
    for (size_t i = 0; i < k * n; ++i) {
      const double q = std::nearbyint(static_cast<double>(load(i)) / most[column(i)]);
      const auto element = static_cast<int8_t>(std::clamp(q, -kMostI8, kMostI8));
      elements[i] = static_cast<std::byte>(element);
      sums[column(i)] += element;
    }
  });
  MLE_TRY(std::move(status));
  Narrow narrow{Constant::from_bytes(std::move(elements)), {}, std::move(sums)};
  for (const double m : most) narrow.scale.push_back(static_cast<float>(m));
  return narrow;
}

class Lowering {
 public:
  Lowering(Graph& graph, DType to, bool narrow_rows)
      : graph_(graph), to_(to), narrow_rows_(narrow_rows) {}

  // Rebuilds the list of nodes, because it gets longer.
  Result<LoweredWeights> run() {
    std::vector<Node> nodes = std::exchange(graph_.nodes(), {});
    for (Node& node : nodes) {
      if (!is_lowered(node)) {
        graph_.nodes().push_back(std::move(node));
        continue;
      }
      ++report_.layers;
      MLE_TRY(lower(std::move(node)));
    }
    MLE_TRY(drop_dead(graph_));
    return report_;
  }

 private:
  bool is_lowered(const Node& node) {
    if (node.kind != OpKind::Dense) return false;
    const Fact& weights = graph_.value(node.inputs[1]).fact;
    if (weights.dtype == DType::F32 && format::may_be_stored(weights.dims[0], weights.dims[1]))
      return true;
    ++report_.kept;
    return false;
  }

  struct Places {
    ValueId weights = kNone, scale = kNone, sums = kNone;
  };

  Status lower(Node node) {
    MLE_TRY_ASSIGN(const Places places, narrowed(node.inputs[1]));
    node.inputs[1] = places.weights;
    if (to_ == DType::I8) {
      scale_behind(std::move(node), places);
      return {};
    }
    if (to_ == DType::BF16 && narrow_rows_) {
      node.inputs[0] = in_bf16(node.inputs[0]);
      ++report_.narrow_rows;
    }
    graph_.nodes().push_back(std::move(node));
    return {};
  }

  // The value rounded, once for all layers that read it.
  ValueId in_bf16(ValueId id) {
    if (const auto found = in_bf16_.find(id); found != in_bf16_.end()) return found->second;
    Fact fact = graph_.value(id).fact;
    fact.dtype = DType::BF16;
    Node cast;
    cast.kind = OpKind::Cast;
    cast.name = graph_.value(id).name + ".bf16";
    cast.inputs = {id};
    const std::string name = cast.name;
    return in_bf16_[id] = graph_.add_node(std::move(cast), fact, name);
  }

  // The layer without bias and activation, then both behind the scale.
  void scale_behind(Node dense, const Places& places) {
    const ValueId out = dense.outputs[0];
    const Fact fact = graph_.value(out).fact;
    const std::string name = graph_.value(out).name;
    Node scaling, activation;
    scaling.kind = OpKind::Scale;
    activation.kind = OpKind::Unary;
    scaling.name = activation.name = dense.name;
    activation.act = std::exchange(dense.act, Act::None);
    activation.fattr = std::exchange(dense.fattr, {});
    const ValueId bias = dense.inputs.size() == 3
                             ? dense.inputs[2]
                             : graph_.add_f32(name + ".bias", {fact.dims.back()},
                                              std::vector<float>(fact.dims.back()));
    dense.inputs.resize(2);
    dense.outputs.clear();
    if (narrow_rows_ && graph_.value(dense.inputs[1]).fact.dims[0] <= format::kMostIn8Bits) {
      dense.inputs.push_back(places.sums);
      dense.iattr = {format::kRowsIn8Bits};
      ++report_.narrow_rows;
    }
    const ValueId sums = graph_.add_node(std::move(dense), fact, name + ".sums");
    scaling.inputs = {sums, places.scale, bias};
    if (activation.act == Act::None) {
      scaling.outputs = {out};
      graph_.nodes().push_back(std::move(scaling));
      return;
    }
    activation.inputs = {graph_.add_node(std::move(scaling), fact, name + ".scaled")};
    activation.outputs = {out};
    graph_.nodes().push_back(std::move(activation));
  }

  Result<Places> narrowed(ValueId id) {
    if (const auto found = narrowed_.find(id); found != narrowed_.end()) return found->second;
    const Value& weights = graph_.value(id);
    MLE_TRY_ASSIGN(Narrow narrow, to_ == DType::I8 ? scaled(weights) : rounded(weights, to_));
    narrow.constant.turned = weights.constant.turned;
    narrow.constant.stored = to_;
    const std::string name = weights.name;
    const Dims dims = weights.fact.dims;
    Places places;
    places.weights = graph_.add_constant(name, DType::F32, dims, std::move(narrow.constant));
    if (to_ == DType::I8) {
      places.scale = graph_.add_f32(name + ".scale", {dims[1]}, std::move(narrow.scale));
      const auto sums = std::as_bytes(std::span(narrow.sums));
      places.sums = graph_.add_constant(name + ".sums", DType::I32, {dims[1]},
                                        Constant::from_bytes({sums.begin(), sums.end()}));
    }
    narrowed_.emplace(id, places);
    return places;
  }

  Graph& graph_;
  DType to_;
  bool narrow_rows_;
  LoweredWeights report_;
  std::unordered_map<ValueId, Places> narrowed_;
  std::unordered_map<ValueId, ValueId> in_bf16_;
};

}  // namespace

Result<LoweredWeights> lower_weights(Graph& graph, DType to, bool narrow_rows) {
  return Lowering(graph, to, narrow_rows).run();
}

}  // namespace mle::compiler
