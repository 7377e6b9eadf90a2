// Resize and Upsample along axes of fixed length: elements picked by places that are known
// when the model is compiled.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/ops.h"
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

// How places of the result are places of the input.
struct Sampling {
  std::string_view transformation = "half_pixel", mode = "nearest", nearest = "round_prefer_floor";
};

double source_place(const Sampling& by, double at, double scale, double from, double to) {
  if (by.transformation == "asymmetric") return at / scale;
  if (by.transformation == "align_corners") {  // of the length before it was cut to a whole number
    const double length = scale * from;
    return length == 1 ? 0 : at * (from - 1) / (length - 1);
  }
  if (by.transformation == "pytorch_half_pixel" && to == 1) return 0;
  if (by.transformation == "half_pixel_symmetric") {
    const double adjustment = to / (scale * from);
    return from / 2 * (1 - adjustment) + (at + 0.5) / scale - 0.5;
  }
  return (at + 0.5) / scale - 0.5;
}

double nearest(std::string_view how, double place) {
  if (how == "floor") return std::floor(place);
  if (how == "ceil") return std::ceil(place);
  if (how == "round_prefer_ceil") return std::floor(place + 0.5);
  return std::ceil(place - 0.5);
}

// x[lower] * (1 - f) + x[upper] * f along the axis.
Result<ValueId> interpolated(OperatorNode& op, ValueId x, uint32_t axis,
                             const std::vector<double>& places) {
  const double last = op.fact(x).dims[axis] - 1;
  std::vector<uint32_t> lower, upper;
  std::vector<float> of_lower, of_upper;
  for (const double place : places) {
    const double at = std::clamp(place, 0.0, last);
    const double below = std::floor(at);
    lower.push_back(static_cast<uint32_t>(below));
    upper.push_back(static_cast<uint32_t>(std::min(below + 1, last)));
    of_upper.push_back(static_cast<float>(at - below));
    of_lower.push_back(static_cast<float>(1 - (at - below)));
  }
  Dims along(op.fact(x).dims.size() - axis, 1);
  along[0] = static_cast<uint32_t>(places.size());
  MLE_TRY_ASSIGN(const ValueId a, picked(op, x, axis, lower));
  MLE_TRY_ASSIGN(const ValueId b, picked(op, x, axis, upper));
  MLE_TRY_ASSIGN(const ValueId f, op.constant(make_tensor("", DType::F32, along, of_lower)));
  MLE_TRY_ASSIGN(const ValueId g, op.constant(make_tensor("", DType::F32, along, of_upper)));
  MLE_TRY_ASSIGN(const ValueId left, op.add(binary(BinaryFn::Mul, a, f)));
  MLE_TRY_ASSIGN(const ValueId right, op.add(binary(BinaryFn::Mul, b, g)));
  return op.add(binary(BinaryFn::Add, left, right));
}

// The new length of an axis, and how much longer it is than the old one.
struct Stretch {
  size_t onnx_axis;
  uint32_t length;
  double scale;
};

Result<ValueId> stretched(OperatorNode& op, ValueId x, const Sampling& by, const Stretch& stretch) {
  MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, static_cast<int64_t>(stretch.onnx_axis)));
  const double from = op.fact(x).dims[axis];
  MLE_TRY(op.budget().spend(uint64_t{stretch.length} * sizeof(double), stretch.length));
  std::vector<double> places;
  for (uint32_t i = 0; i < stretch.length; ++i)
    places.push_back(source_place(by, i, stretch.scale, from, stretch.length));
  if (by.mode == "linear") return interpolated(op, x, axis, places);
  std::vector<uint32_t> picks;
  for (const double place : places)
    picks.push_back(static_cast<uint32_t>(std::clamp(nearest(by.nearest, place), 0.0, from - 1)));
  return picked(op, x, axis, picks);
}

Status resize(OperatorNode& op, const Sampling& by, const std::vector<Stretch>& stretches) {
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  for (const Stretch& stretch : stretches) {
    MLE_TRY_ASSIGN(x, stretched(op, x, by, stretch));
  }
  op.emit_value(x);
  return {};
}

// Which axes change, from one scale per axis.
Result<std::vector<Stretch>> from_scales(const OperatorNode& op, const std::vector<double>& scales,
                                         const std::vector<size_t>& axes) {
  std::vector<Stretch> stretches;
  if (scales.size() != axes.size())
    return broken(C208_Shape, op.type() + " whose scales do not fit its axes");
  for (size_t i = 0; i < axes.size(); ++i) {
    if (scales[i] == 1) continue;
    MLE_TRY_ASSIGN(const uint32_t axis, op.axis(0, static_cast<int64_t>(axes[i])));
    const double length = std::floor(op.dims(0)[axis] * scales[i]);
    if (!(length >= 1 && length <= static_cast<double>(kMostAdded)))
      return broken(C209_Attribute, op.type() + " by " + std::to_string(scales[i]));
    stretches.push_back({axes[i], static_cast<uint32_t>(length), scales[i]});
  }
  return stretches;
}

// From one length per axis; the batch axis keeps its own.
Result<std::vector<Stretch>> from_sizes(const OperatorNode& op, const std::vector<Length>& sizes,
                                        const std::vector<size_t>& axes) {
  std::vector<Stretch> stretches;
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
      stretches.push_back({axes[i], static_cast<uint32_t>(to),
                           static_cast<double>(to) / static_cast<double>(from)});
  }
  return stretches;
}

Result<std::vector<double>> numbers_of(const OperatorNode& op, size_t input) {
  if (!op.is_constant(input) || op.per_row(input) || op.tensor(input).count() > format::kMaxRank)
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
  return resize(op, {"asymmetric", mode, "floor"}, stretches);
}

Status read_resize(OperatorNode& op) {
  Sampling by;
  MLE_TRY_ASSIGN(by.transformation, op.text("coordinate_transformation_mode", "half_pixel"));
  MLE_TRY_ASSIGN(by.mode, op.text("mode", "nearest"));
  MLE_TRY_ASSIGN(by.nearest, op.text("nearest_mode", "round_prefer_floor"));
  MLE_TRY_ASSIGN(const int64_t antialias, op.opset() >= 18 ? op.integer("antialias", 0) : 0);
  MLE_TRY_ASSIGN(const auto policy, op.opset() >= 18
                                        ? op.text("keep_aspect_ratio_policy", "stretch")
                                        : Result<std::string_view>("stretch"));
  op.ignore("cubic_coeff_a");
  op.ignore("exclude_outside");
  op.ignore("extrapolation_value");
  constexpr std::string_view kTransformations[] = {"half_pixel", "asymmetric", "align_corners",
                                                   "pytorch_half_pixel", "half_pixel_symmetric"};
  const bool is_known =
      std::ranges::find(kTransformations, by.transformation) != std::end(kTransformations) &&
      (by.mode == "nearest" || by.mode == "linear");
  if (!is_known || antialias != 0 || policy != "stretch")
    return unsupported(C205_UnsupportedOp,
                       "Resize in mode " + quoted(by.mode) + " with " + quoted(by.transformation),
                       "nearest and linear without antialiasing are compiled");
  MLE_TRY_ASSIGN(const auto axes, axes_of(op));
  const bool by_sizes = op.has(3) && !(op.is_constant(3) && op.tensor(3).count() == 0);
  if (by_sizes) {
    MLE_TRY_ASSIGN(const auto sizes, shape_of(op, 3));
    MLE_TRY_ASSIGN(const auto stretches, from_sizes(op, sizes, axes));
    return resize(op, by, stretches);
  }
  if (!op.has(2)) return broken(C209_Attribute, "Resize without scales and sizes");
  MLE_TRY_ASSIGN(const auto scales, numbers_of(op, 2));
  MLE_TRY_ASSIGN(const auto stretches, from_scales(op, scales, axes));
  return resize(op, by, stretches);
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
