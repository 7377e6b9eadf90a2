// One small function per op kind, in the order of the table in format/README.md.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"

#include "compiler/graph/print.h"
#include "format/limits.h"
#include "format/rules.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace mle::compiler {
namespace {

using enum format::rule::Rule;

template <class... Args>
Status refuse(int rule, const char* hint, const char* text, Args... args) {
  return error(Code::Unsupported, rule, Status::kNoOffset, hint, text, args...);
}
Status refuse(int rule, const char* hint, const char* text) {
  return Status::make(Code::Unsupported, rule, Status::kNoOffset, text, hint);
}

// What a shape rule looks at.
struct Site {
  const Graph& graph;
  const Node& node;
  const Fact* wanted;  // may be null

  const Fact& fact(size_t input) const { return graph.value(node.inputs[input]).fact; }
  bool is_constant(size_t input) const { return graph.value(node.inputs[input]).is_constant; }
  // PerRow if any input is.
  Rows rows() const {
    for (size_t i = 0; i < node.inputs.size(); ++i)
      if (fact(i).rows == Rows::PerRow) return Rows::PerRow;
    return Rows::Whole;
  }
};

Status want_counts(const Node& node, size_t inputs_min, size_t inputs_max, size_t iattr) {
  if (node.inputs.size() < inputs_min || node.inputs.size() > inputs_max)
    return refuse(C213_GraphBroken, "", "%s has %zu inputs", name_of(node.kind),
                  node.inputs.size());
  if (node.iattr.size() != iattr)
    return refuse(C213_GraphBroken, "", "%s has %zu integer attributes, wants %zu",
                  name_of(node.kind), node.iattr.size(), iattr);
  return {};
}

bool fits_f32(double number) {
  return std::abs(number) <= double{std::numeric_limits<float>::max()};  // false for NaN
}

// alpha and beta, or neither.
Status want_parameters(const Node& node) {
  if (!node.fattr.empty() && node.fattr.size() != 2)
    return refuse(C213_GraphBroken, "", "%s has %zu real attributes", name_of(node.kind),
                  node.fattr.size());
  for (double parameter : node.fattr)
    if (!fits_f32(parameter))
      return refuse(C209_Attribute, "", "a parameter of %s is not a finite f32: %g",
                    name_of(node.act), parameter);
  return {};
}

Status want_dtype(const Site& site, size_t input, DType dtype) {
  const DType got = site.fact(input).dtype;
  if (got == dtype) return {};
  return refuse(C207_UnsupportedType, "convert the model to float32 first",
                "%s computes in %s, not in %s", name_of(site.node.kind), name_of(dtype),
                name_of(got));
}

Status want_axis(const Site& site, size_t input) {
  const size_t rank = site.fact(input).dims.size();
  if (site.node.iattr[0] < rank) return {};
  return refuse(C209_Attribute, "", "axis %u of a tensor whose rows have %zu axes",
                site.node.iattr[0], rank);
}

// Numpy broadcasting of all inputs from `first` on, aligned right. Aligning right is only the
// source's meaning if the row axes of all per-row inputs meet and no constant reaches them.
Result<Dims> broadcast(const Site& site) {
  size_t rank = 0;
  for (size_t i = 0; i < site.node.inputs.size(); ++i)
    rank = std::max(rank, site.fact(i).dims.size());
  if (site.rows() == Rows::PerRow) {
    for (size_t i = 0; i < site.node.inputs.size(); ++i) {
      if (site.fact(i).rows == Rows::PerRow && site.fact(i).dims.size() < rank)
        return refuse(C214_MixesRows, "give every input the same number of axes",
                      "%s of shapes %s and %s mixes rows", name_of(site.node.kind),
                      text_of(site.fact(0)).c_str(), text_of(site.fact(1)).c_str());
    }
  }

  Dims dims(rank, 1);
  for (size_t i = 0; i < site.node.inputs.size(); ++i) {
    const Dims& from = site.fact(i).dims;
    const size_t shift = rank - from.size();
    for (size_t axis = 0; axis < from.size(); ++axis) {
      uint32_t& to = dims[axis + shift];
      if (from[axis] == to || from[axis] == 1) continue;
      if (to != 1)
        return refuse(C208_Shape, "", "%s of shapes that do not broadcast: %s against %s",
                      name_of(site.node.kind), text_of(site.fact(i)).c_str(),
                      text_of(Fact{site.fact(i).dtype, site.rows(), dims}).c_str());
      to = from[axis];
    }
  }
  return dims;
}

Result<Fact> infer_dense(const Site& site) {
  MLE_TRY(want_counts(site.node, 2, 3, 0));
  MLE_TRY(want_parameters(site.node));
  for (size_t i = 0; i < site.node.inputs.size(); ++i) MLE_TRY(want_dtype(site, i, DType::F32));
  const Dims& x = site.fact(0).dims;
  const Dims& w = site.fact(1).dims;
  if (!site.is_constant(1) || (site.node.inputs.size() == 3 && !site.is_constant(2)))
    return refuse(C205_UnsupportedOp, "only products with fixed weights can be compiled",
                  "a matrix product whose weights are computed by the model");
  if (w.size() != 2 || x.empty() || x.back() != w[0])
    return refuse(C208_Shape, "", "matrix product of %s with weights %s",
                  text_of(site.fact(0)).c_str(), text_of(site.fact(1)).c_str());
  if (site.node.inputs.size() == 3 && site.fact(2).dims != Dims{w[1]})
    return refuse(C208_Shape, "", "bias %s for weights %s", text_of(site.fact(2)).c_str(),
                  text_of(site.fact(1)).c_str());
  Dims dims = x;
  dims.back() = w[1];
  return Fact{DType::F32, site.rows(), std::move(dims)};
}

Result<Fact> infer_unary(const Site& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 0));
  MLE_TRY(want_parameters(site.node));
  MLE_TRY(want_dtype(site, 0, DType::F32));
  return site.fact(0);
}

Result<Fact> infer_binary(const Site& site) {
  MLE_TRY(want_counts(site.node, 2, 2, 1));
  if (site.node.iattr[0] >= format::kBinaryFnCount)
    return refuse(C213_GraphBroken, "", "Binary function %u", site.node.iattr[0]);
  MLE_TRY(want_dtype(site, 0, DType::F32));
  MLE_TRY(want_dtype(site, 1, DType::F32));
  MLE_TRY_ASSIGN(Dims dims, broadcast(site));
  return Fact{DType::F32, site.rows(), std::move(dims)};
}

Result<Fact> infer_compare(const Site& site) {
  MLE_TRY(want_counts(site.node, 2, 2, 1));
  if (site.node.iattr[0] >= format::kCompareFnCount)
    return refuse(C213_GraphBroken, "", "Compare function %u", site.node.iattr[0]);
  MLE_TRY(want_dtype(site, 0, DType::F32));
  MLE_TRY(want_dtype(site, 1, DType::F32));
  MLE_TRY_ASSIGN(Dims dims, broadcast(site));
  return Fact{DType::Bool, site.rows(), std::move(dims)};
}

Result<Fact> infer_select(const Site& site) {
  MLE_TRY(want_counts(site.node, 3, 3, 0));
  MLE_TRY(want_dtype(site, 0, DType::Bool));
  MLE_TRY(want_dtype(site, 1, DType::F32));
  MLE_TRY(want_dtype(site, 2, DType::F32));
  MLE_TRY_ASSIGN(Dims dims, broadcast(site));
  return Fact{DType::F32, site.rows(), std::move(dims)};
}

Result<Fact> infer_scale(const Site& site) {
  MLE_TRY(want_counts(site.node, 3, 3, 0));
  for (size_t i = 0; i < 3; ++i) MLE_TRY(want_dtype(site, i, DType::F32));
  const Dims& x = site.fact(0).dims;
  if (!site.is_constant(1) || !site.is_constant(2) || x.empty() ||
      site.fact(1).dims != Dims{x.back()} || site.fact(2).dims != Dims{x.back()})
    return refuse(C208_Shape, "", "Scale of %s by %s and %s", text_of(site.fact(0)).c_str(),
                  text_of(site.fact(1)).c_str(), text_of(site.fact(2)).c_str());
  return site.fact(0);
}

Result<Fact> infer_clip(const Site& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 0));
  if (site.node.fattr.size() != 2)
    return refuse(C213_GraphBroken, "", "Clip has %zu bounds", site.node.fattr.size());
  for (double bound : site.node.fattr)
    if (!std::isinf(bound) && !fits_f32(bound))
      return refuse(C209_Attribute, "", "a bound of Clip is NaN or beyond f32: %g", bound);
  MLE_TRY(want_dtype(site, 0, DType::F32));
  return site.fact(0);
}

Result<Fact> infer_softmax(const Site& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 1));
  MLE_TRY(want_dtype(site, 0, DType::F32));
  MLE_TRY(want_axis(site, 0));
  return site.fact(0);
}

Result<Fact> infer_concat(const Site& site) {
  MLE_TRY(want_counts(site.node, 1, format::kMaxTensors, 1));
  MLE_TRY(want_axis(site, 0));
  const uint32_t axis = site.node.iattr[0];
  Fact fact = site.fact(0);
  fact.rows = site.rows();
  uint64_t total = fact.dims[axis];
  for (size_t i = 1; i < site.node.inputs.size(); ++i) {
    Dims dims = site.fact(i).dims;
    MLE_TRY(want_dtype(site, i, fact.dtype));
    if (dims.size() == fact.dims.size()) {
      total += dims[axis];
      dims[axis] = fact.dims[axis];
    }
    if (dims != fact.dims)
      return refuse(C208_Shape, "", "Concat along axis %u of %s and %s", axis,
                    text_of(site.fact(0)).c_str(), text_of(site.fact(i)).c_str());
  }
  if (total > format::kMaxDim)
    return refuse(C216_LimitReached, "", "Concat makes an axis of %llu elements",
                  static_cast<unsigned long long>(total));
  fact.dims[axis] = static_cast<uint32_t>(total);
  return fact;
}

// The output's dims and dtype that the node itself does not say.
Result<Fact> want_output(const Site& site) {
  if (site.wanted != nullptr) return *site.wanted;
  return refuse(C213_GraphBroken, "", "%s does not say what comes out", name_of(site.node.kind));
}

Result<Fact> infer_slice(const Site& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 3));
  MLE_TRY(want_axis(site, 0));
  MLE_TRY_ASSIGN(const Fact wanted, want_output(site));
  const uint32_t axis = site.node.iattr[0];
  const uint32_t start = site.node.iattr[1];
  const uint32_t step = site.node.iattr[2];
  Fact fact = site.fact(0);
  const uint32_t count = axis < wanted.dims.size() ? wanted.dims[axis] : 0;
  if (step < 1 || count < 1 || start + uint64_t{count - 1} * step >= fact.dims[axis])
    return refuse(C208_Shape, "", "Slice of %u elements from %u by %u along axis %u of %s", count,
                  start, step, axis, text_of(fact).c_str());
  fact.dims[axis] = count;
  return fact;
}

Result<Fact> infer_reshape(const Site& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 0));
  MLE_TRY_ASSIGN(const Fact wanted, want_output(site));
  Fact fact = site.fact(0);
  MLE_TRY(check_limits({fact.dtype, fact.rows, wanted.dims}));
  if (element_count(wanted.dims) != element_count(fact.dims))
    return refuse(C208_Shape, "", "Reshape of %s to %s", text_of(fact).c_str(),
                  text_of(wanted).c_str());
  fact.dims = wanted.dims;
  return fact;
}

Result<Fact> infer_argmax(const Site& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 3));
  MLE_TRY(want_dtype(site, 0, DType::F32));
  MLE_TRY(want_axis(site, 0));
  if (site.node.iattr[1] > 1 || site.node.iattr[2] > 1)
    return refuse(C213_GraphBroken, "", "ArgMax flags %u, %u", site.node.iattr[1],
                  site.node.iattr[2]);
  Fact fact = site.fact(0);
  const auto axis = fact.dims.begin() + site.node.iattr[0];
  if (site.node.iattr[2] == 1)
    *axis = 1;
  else
    fact.dims.erase(axis);
  fact.dtype = DType::I64;
  return fact;
}

bool can_cast(DType dtype) {
  return dtype != DType::F16 && dtype != DType::BF16 && dtype != DType::Str;
}

Result<Fact> infer_cast(const Site& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 0));
  MLE_TRY_ASSIGN(const Fact wanted, want_output(site));
  Fact fact = site.fact(0);
  if (!can_cast(fact.dtype) || !can_cast(wanted.dtype))
    return refuse(C207_UnsupportedType, "", "Cast from %s to %s", name_of(fact.dtype),
                  name_of(wanted.dtype));
  fact.dtype = wanted.dtype;
  return fact;
}

Result<Fact> infer_kind(const Site& site) {
  const bool has_act = site.node.kind == OpKind::Dense || site.node.kind == OpKind::Unary;
  if (!has_act && site.node.act != Act::None)
    return refuse(C213_GraphBroken, "", "%s has an activation", name_of(site.node.kind));
  switch (site.node.kind) {
    case OpKind::None: break;
    case OpKind::Dense: return infer_dense(site);
    case OpKind::Unary: return infer_unary(site);
    case OpKind::Binary: return infer_binary(site);
    case OpKind::Compare: return infer_compare(site);
    case OpKind::Select: return infer_select(site);
    case OpKind::Scale: return infer_scale(site);
    case OpKind::Clip: return infer_clip(site);
    case OpKind::Softmax: return infer_softmax(site);
    case OpKind::LogSoftmax: return infer_softmax(site);
    case OpKind::Concat: return infer_concat(site);
    case OpKind::Slice: return infer_slice(site);
    case OpKind::Reshape: return infer_reshape(site);
    case OpKind::ArgMax: return infer_argmax(site);
    case OpKind::Cast: return infer_cast(site);
  }
  return refuse(C213_GraphBroken, "", "op kind %u", static_cast<unsigned>(site.node.kind));
}

}  // namespace

Status check_limits(const Fact& fact) {
  if (fact.dims.size() > format::kMaxRank)
    return refuse(C216_LimitReached, "", "a tensor of %zu axes, more than %u", fact.dims.size(),
                  format::kMaxRank);
  uint64_t bytes = size_of(fact.dtype);
  for (uint32_t dim : fact.dims) {
    if (dim == 0)
      return refuse(C208_Shape, "", "an axis of no elements in %s", text_of(fact).c_str());
    if (dim > format::kMaxDim || bytes > format::kMaxTensorBytes / dim)
      return refuse(C216_LimitReached, "", "a tensor too large for a .mle file: %s",
                    text_of(fact).c_str());
    bytes *= dim;
  }
  return {};
}

Result<Fact> infer(const Graph& graph, const Node& node, const Fact* wanted) {
  if (wanted == nullptr && !node.outputs.empty()) wanted = &graph.value(node.outputs[0]).fact;
  MLE_TRY_ASSIGN(Fact fact, infer_kind({graph, node, wanted}));
  MLE_TRY(check_limits(fact));
  return fact;
}

Result<ValueId> add_inferred(Graph& graph, Node node, std::string value_name, const Fact* wanted) {
  MLE_TRY_ASSIGN(Fact fact, infer(graph, node, wanted));
  return graph.add_node(std::move(node), std::move(fact), std::move(value_name));
}

}  // namespace mle::compiler
