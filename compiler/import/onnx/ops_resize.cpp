// Resize and Upsample along axes of fixed length, one after the other: elements picked by places
// that are known when the model is compiled, and added up by weights.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/elements.h"
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/compose.h"
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/resample.h"
#include "compiler/import/onnx/shapes.h"
#include "compiler/import/onnx/text.h"
#include "format/limits.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

constexpr int64_t kMostAdded = int64_t{1} << 24;

constexpr size_t kMostTaps = 512;

// An axis as ONNX counts, and what becomes of it.
struct AxisStretch {
  size_t onnx_axis;
  Stretch by;
};

Result<ValueId> along_axis(OperatorNode& op, const Elements& numbers, DType dtype, Dims dims) {
  return op.constant({"", dtype, std::move(dims), make_constant(numbers, dtype), {}});
}

// The sum of the picked elements by their weights.
Result<ValueId> stretched(OperatorNode& op, ValueId x, const Sampling& by,
                          const AxisStretch& stretch, double beside) {
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, static_cast<int64_t>(stretch.onnx_axis)));
  MLE_TRY(op.budget().spend(uint64_t{stretch.by.to} * sizeof(double), stretch.by.to));
  const Taps taps = taps_of(by, stretch.by, kMostTaps);
  if (taps.picks.empty())
    return unsupported(C216_LimitReached, op.type() + " to a far shorter axis");
  const DType dtype = op.fact(x).dtype;
  Dims along(op.fact(x).dims.size() - axis, 1);
  along[0] = stretch.by.to;
  ValueId y = kNone;
  for (size_t tap = 0; tap < taps.picks.size(); ++tap) {
    const std::vector<double>& weights = taps.weights[tap];
    if (std::ranges::all_of(weights, [](double weight) { return weight == 0; })) continue;
    MLE_TRY(op.budget().spend(uint64_t{stretch.by.to} * sizeof(double), stretch.by.to));
    MLE_TRY_ASSIGN(ValueId part, picked(op, x, axis, taps.picks[tap]));
    if (by.mode != "nearest") {
      MLE_TRY_ASSIGN(const ValueId factors, along_axis(op, weights, dtype, along));
      MLE_TRY_ASSIGN(part, op.add(binary(BinaryFn::Mul, part, factors)));
    }
    if (y != kNone) {
      MLE_TRY_ASSIGN(part, op.add(binary(BinaryFn::Add, y, part)));
    }
    y = part;
  }
  if (std::ranges::none_of(taps.outside, [](bool is) { return is; })) return y;
  const Elements marks(taps.outside.begin(), taps.outside.end());
  MLE_TRY_ASSIGN(const ValueId outside, along_axis(op, marks, DType::Bool, along));
  MLE_TRY_ASSIGN(const ValueId otherwise, number_like(op, y, beside));
  return op.add(select(outside, otherwise, y));
}

Status resize(OperatorNode& op, const Sampling& by, const std::vector<AxisStretch>& stretches,
              double beside = 0) {
  const DType dtype = op.dtype(0);
  if (by.mode != "nearest" && dtype != DType::F32 && dtype != DType::F64)
    return unsupported(C207_UnsupportedType,
                       op.type() + " of " + name_of(dtype) + " in mode " + quoted(by.mode),
                       "cast to float32 before");
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  for (const AxisStretch& stretch : stretches) {
    MLE_TRY_ASSIGN(x, stretched(op, x, by, stretch, beside));
  }
  op.emit_value(x);
  return {};
}

// Which axes change, from one scale per axis.
Result<std::vector<AxisStretch>> from_scales(const OperatorNode& op,
                                             const std::vector<double>& scales,
                                             const std::vector<size_t>& axes) {
  std::vector<AxisStretch> stretches;
  if (scales.size() != axes.size())
    return broken(C208_Shape, op.type() + " whose scales do not fit its axes");
  for (size_t i = 0; i < axes.size(); ++i) {
    if (scales[i] == 1) continue;
    MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, static_cast<int64_t>(axes[i])));
    const double length = std::floor(op.dims(0)[axis] * scales[i]);
    if (!(length >= 1 && length <= static_cast<double>(kMostAdded)))
      return broken(C209_Attribute, op.type() + " by " + std::to_string(scales[i]));
    stretches.push_back(
        {axes[i], {op.dims(0)[axis], static_cast<uint32_t>(length), scales[i], 0, 1}});
  }
  return stretches;
}

// From one length per axis; the batch axis keeps its own.
Result<std::vector<AxisStretch>> from_sizes(const OperatorNode& op,
                                            const std::vector<Length>& sizes,
                                            const std::vector<size_t>& axes) {
  std::vector<AxisStretch> stretches;
  if (sizes.size() != axes.size())
    return broken(C208_Shape, op.type() + " whose sizes do not fit its axes");
  for (size_t i = 0; i < axes.size(); ++i) {
    if (sizes[i].times_rows != 0) {
      if (op.per_row(0) && axes[i] == 0 && sizes[i].times_rows == 1 && sizes[i].length == 0)
        continue;
      return moves_rows(op.type());
    }
    MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, static_cast<int64_t>(axes[i])));
    const int64_t from = op.dims(0)[axis], to = sizes[i].length;
    if (to < 1 || to > kMostAdded)
      return broken(C209_Attribute, op.type() + " to " + std::to_string(to) + " elements");
    if (to != from)
      stretches.push_back({axes[i],
                           {op.dims(0)[axis], static_cast<uint32_t>(to),
                            static_cast<double>(to) / static_cast<double>(from), 0, 1}});
  }
  return stretches;
}

Result<std::vector<double>> numbers_of(const OperatorNode& op, size_t input) {
  if (!op.is_constant(input) || op.per_row(input) ||
      op.tensor(input).count() > 2 * format::kMaxRank)
    return unsupported(C210_DynamicShape, op.type() + " by scales that are computed",
                       "they must be fixed when the model is compiled");
  std::vector<double> numbers;
  for (uint64_t i = 0; i < op.tensor(input).count(); ++i)
    numbers.push_back(op.tensor(input).real(i));
  return numbers;
}

Result<std::vector<size_t>> axes_of(OperatorNode& op) {
  MLE_TRY_ASSIGN(const auto given, op.opset() >= 18 ? op.integers("axes")
                                                    : Result<std::optional<std::vector<int64_t>>>(
                                                          std::optional<std::vector<int64_t>>()));
  std::vector<size_t> axes;
  const auto rank = static_cast<int64_t>(op.rank(0));
  if (!given)
    for (int64_t i = 0; i < rank; ++i) axes.push_back(static_cast<size_t>(i));
  else
    for (const int64_t axis : *given) {
      if (axis < -rank || axis >= rank)
        return broken(C209_Attribute, op.type() + " at axis " + std::to_string(axis));
      axes.push_back(static_cast<size_t>(axis < 0 ? axis + rank : axis));
    }
  return axes;
}

Status read_resize_10(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::string_view mode, op.text("mode", "nearest"));
  if (mode != "nearest" && mode != "linear")
    return unsupported(C205_UnsupportedOp, op.type() + " in mode " + quoted(mode));
  std::vector<double> scales;
  if (op.has(1)) {
    MLE_TRY_ASSIGN(scales, numbers_of(op, 1));
  } else {
    MLE_TRY_ASSIGN(const auto* given, op.attribute("scales", onnx_pb::AttributeProto::FLOATS));
    if (given == nullptr) return broken(C209_Attribute, op.type() + " without scales");
    scales.assign(given->floats().begin(), given->floats().end());
  }
  MLE_TRY_ASSIGN(const auto axes, axes_of(op));
  MLE_TRY_ASSIGN(const auto stretches, from_scales(op, scales, axes));
  Sampling by;
  by.transformation = "asymmetric";
  by.mode = mode;
  by.nearest = "floor";
  return resize(op, by, stretches);
}

// One scale for all axes, so that they keep their proportions: the least asked for, or the largest.
Result<std::vector<AxisStretch>> in_proportion(const OperatorNode& op,
                                               std::vector<AxisStretch> stretches,
                                               const std::vector<size_t>& axes, bool least) {
  std::vector<AxisStretch> all;
  double scale = 0;
  for (const size_t onnx_axis : axes) {
    const auto found = std::ranges::find(stretches, onnx_axis, &AxisStretch::onnx_axis);
    MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, static_cast<int64_t>(onnx_axis)));
    const uint32_t from = op.dims(0)[axis];
    all.push_back(found == stretches.end() ? AxisStretch{onnx_axis, {from, from, 1, 0, 1}}
                                           : *found);
    const double own = all.back().by.scale;
    scale = scale == 0 ? own : least ? std::min(scale, own) : std::max(scale, own);
  }
  for (AxisStretch& stretch : all) {
    const double length = std::floor(stretch.by.from * scale + 0.5);
    if (!(length >= 1 && length <= static_cast<double>(kMostAdded)))
      return broken(C209_Attribute, op.type() + " by " + std::to_string(scale));
    stretch.by.to = static_cast<uint32_t>(length);
    stretch.by.scale = scale;
  }
  return all;
}

// Which part of each axis is looked at: first all beginnings, then all ends. Axes that keep their
// length are looked at, too.
Status read_roi(const OperatorNode& op, const std::vector<size_t>& axes,
                std::vector<AxisStretch>* stretches) {
  if (!op.has(1)) return broken(C209_Attribute, "Resize to a part of the input without a roi");
  MLE_TRY_ASSIGN(const std::vector<double> roi, numbers_of(op, 1));
  if (roi.size() != 2 * axes.size())
    return broken(C208_Shape, "Resize whose roi does not fit its axes");
  for (size_t i = 0; i < axes.size(); ++i) {
    const double first = roi[i], last = roi[axes.size() + i];
    if (!std::isfinite(first) || !std::isfinite(last))
      return broken(C212_NotFinite, "Resize with a roi that is not finite");
    auto found = std::ranges::find(*stretches, axes[i], &AxisStretch::onnx_axis);
    if (found == stretches->end()) {
      if (first == 0 && last == 1) continue;
      MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, static_cast<int64_t>(axes[i])));
      const uint32_t from = op.dims(0)[axis];
      found = stretches->insert(found, {axes[i], {from, from, 1, 0, 1}});
    }
    found->by.roi_first = first;
    found->by.roi_last = last;
  }
  return {};
}

Result<Sampling> read_sampling(OperatorNode& op) {
  Sampling by;
  MLE_TRY_ASSIGN(by.transformation, op.text("coordinate_transformation_mode", "half_pixel"));
  MLE_TRY_ASSIGN(by.mode, op.text("mode", "nearest"));
  MLE_TRY_ASSIGN(by.nearest, op.text("nearest_mode", "round_prefer_floor"));
  MLE_TRY_ASSIGN(by.cubic_a, op.real("cubic_coeff_a", -0.75));
  MLE_TRY_ASSIGN(const int64_t exclude, op.integer("exclude_outside", 0));
  MLE_TRY_ASSIGN(const int64_t antialias, op.opset() >= 18 ? op.integer("antialias", 0) : 0);
  by.exclude_outside = exclude != 0;
  by.antialias = antialias != 0;
  constexpr std::string_view kTransformations[] = {"half_pixel",           "asymmetric",
                                                   "align_corners",        "pytorch_half_pixel",
                                                   "half_pixel_symmetric", "tf_crop_and_resize"};
  const bool is_known =
      std::ranges::find(kTransformations, by.transformation) != std::end(kTransformations) &&
      (by.mode == "nearest" || by.mode == "linear" || by.mode == "cubic");
  if (!is_known)
    return unsupported(C205_UnsupportedOp,
                       "Resize in mode " + quoted(by.mode) + " with " + quoted(by.transformation),
                       "docs/onnx.md says which modes are compiled");
  return by;
}

Status read_resize(OperatorNode& op) {
  MLE_TRY_ASSIGN(const Sampling by, read_sampling(op));
  MLE_TRY_ASSIGN(const double beside, op.real("extrapolation_value", 0));
  MLE_TRY_ASSIGN(const auto policy, op.opset() >= 18
                                        ? op.text("keep_aspect_ratio_policy", "stretch")
                                        : Result<std::string_view>("stretch"));
  if (policy != "stretch" && policy != "not_larger" && policy != "not_smaller")
    return broken(C209_Attribute, "Resize with keep_aspect_ratio_policy = " + quoted(policy));
  MLE_TRY_ASSIGN(const auto axes, axes_of(op));
  std::vector<AxisStretch> stretches;
  const bool by_sizes = op.has(3) && !(op.is_constant(3) && op.tensor(3).count() == 0);
  if (by_sizes) {
    MLE_TRY_ASSIGN(const auto sizes, shape_of(op, 3));
    MLE_TRY_ASSIGN(stretches, from_sizes(op, sizes, axes));
    if (policy != "stretch") {
      MLE_TRY_ASSIGN(stretches, in_proportion(op, stretches, axes, policy == "not_larger"));
    }
  } else {
    if (!op.has(2)) return broken(C209_Attribute, "Resize without scales and sizes");
    MLE_TRY_ASSIGN(const auto scales, numbers_of(op, 2));
    MLE_TRY_ASSIGN(stretches, from_scales(op, scales, axes));
  }
  if (by.transformation == "tf_crop_and_resize") MLE_TRY(read_roi(op, axes, &stretches));
  return resize(op, by, stretches, beside);
}

constexpr Operator kOperators[] = {
    {"Resize", 10, 10, 2, 2, 1, read_resize_10},
    {"Resize", 11, kNow, 1, 4, 1, read_resize},
    {"Upsample", 7, 8, 1, 1, 1, read_resize_10},
    {"Upsample", 9, 9, 2, 2, 1, read_resize_10},
};

}  // namespace

std::span<const Operator> resize_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
