// Windows that slide over the last axes, interpolation and padding.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/aten/ops.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mle::compiler::aten {
namespace {

// A list of one number for each axis, whether one or all were given.
Result<std::vector<int64_t>> per_axis(Call& call, const char* name, size_t axes,
                                      std::vector<int64_t> otherwise) {
  if (!call.has(name)) return otherwise;
  MLE_TRY_ASSIGN(std::vector<int64_t> given, call.integers(name));
  if (given.empty()) return otherwise;
  if (given.size() == 1) given.resize(axes, given[0]);
  if (given.size() != axes) return call.wrong("its " + std::string(name) + " has another length");
  return given;
}

Result<Value> read_pool(Call& call) {
  MLE_TRY_ASSIGN(std::string x, call.tensor("self"));
  const std::string& op = call.op();
  const bool max = op.rfind("max", 0) == 0;
  const size_t axes = op.find("2d") != std::string::npos ? 2 : 1;
  const auto dims = call.shape(x).dims;
  if (dims.size() != axes + 2)
    return call.not_compiled("of a tensor without a batch axis is not compiled");
  MLE_TRY_ASSIGN(const auto kernel, per_axis(call, "kernel_size", axes, {}));
  MLE_TRY_ASSIGN(const auto stride, per_axis(call, "stride", axes, kernel));
  MLE_TRY_ASSIGN(auto pads, per_axis(call, "padding", axes, std::vector<int64_t>(axes, 0)));
  MLE_TRY_ASSIGN(const auto dilation,
                 per_axis(call, "dilation", axes, std::vector<int64_t>(axes, 1)));
  if (kernel.empty()) return call.wrong("without its kernel_size");
  pads.insert(pads.end(), pads.begin(), pads.end());
  MLE_TRY_ASSIGN(const bool ceil, call.flag("ceil_mode", false));
  MLE_TRY_ASSIGN(const bool count_pads, call.flag("count_include_pad", true));
  if (call.has("divisor_override"))
    return call.not_compiled("with a divisor_override is not compiled");
  std::vector<Attribute> attributes = {{"kernel_shape", kernel},
                                       {"strides", stride},
                                       {"pads", pads},
                                       {"ceil_mode", ceil ? int64_t{1} : 0}};
  if (max)
    attributes.push_back({"dilations", dilation});
  else
    attributes.push_back({"count_include_pad", count_pads ? int64_t{1} : 0});
  MLE_TRY_ASSIGN(const std::string y,
                 call.node(max ? "MaxPool" : "AveragePool", {x}, std::move(attributes)));
  if (op.find("with_indices") != std::string::npos) return Value::list({Value::tensor(y), {}});
  return Value::tensor(y);
}

// To `output_size` places of equal windows.
Result<Value> read_adaptive_pool(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  const bool max = call.op().find("max") != std::string::npos;
  const size_t axes = call.op().find("2d") != std::string::npos ? 2 : 1;
  const auto shape = call.shape(x);
  if (shape.rank() != axes + 2)
    return call.not_compiled("of a tensor without a batch axis is not compiled");
  MLE_TRY_ASSIGN(const auto wanted, per_axis(call, "output_size", axes, {}));
  if (wanted.empty()) return call.wrong("without its output_size");
  std::vector<int64_t> kernel;
  for (size_t i = 0; i < axes; ++i) {
    MLE_TRY_ASSIGN(const int64_t length, call.fixed_length(x, i + 2));
    if (wanted[i] < 1 || length % wanted[i] != 0)
      return call.not_compiled("to windows of different lengths is not compiled");
    kernel.push_back(length / wanted[i]);
  }
  MLE_TRY_ASSIGN(const std::string y, call.node(max ? "MaxPool" : "AveragePool", {x},
                                                {{"kernel_shape", kernel}, {"strides", kernel}}));
  return max ? Value::list({Value::tensor(y), {}}) : Value::tensor(y);
}

Result<Value> read_upsample(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  const std::string& op = call.op();
  const bool linear = op.find("linear") != std::string::npos;
  const bool exact = op.find("exact") != std::string::npos;
  const size_t axes = op.find("2d") != std::string::npos ? 2 : 1;
  const auto dims = call.shape(x).dims;
  if (dims.size() != axes + 2) return call.wrong("a tensor of another number of axes");
  MLE_TRY_ASSIGN(const bool corners, call.flag("align_corners", false));
  const char* by = corners && linear ? "align_corners"
                   : linear          ? "half_pixel"
                   : exact           ? "half_pixel"
                                     : "asymmetric";
  std::vector<Attribute> attributes = {{"mode", std::string(linear ? "linear" : "nearest")},
                                       {"coordinate_transformation_mode", std::string(by)}};
  if (!linear)
    attributes.push_back({"nearest_mode", std::string(exact ? "round_prefer_ceil" : "floor")});
  onnx::Composer& composer = call.composer();
  if (call.has("output_size")) {
    MLE_TRY_ASSIGN(const auto sizes, per_axis(call, "output_size", axes, {}));
    std::vector<Length> all = {dims[0], dims[1]};
    for (const int64_t size : sizes) all.push_back({size, 0});
    return as_value(call.node("Resize", {x, "", "", composer.lengths(all)}, std::move(attributes)));
  }
  const Value* factors = call.find("scale_factors");
  if (factors == nullptr || !factors->is(Value::Kind::List) || factors->items.size() != axes)
    return call.wrong("without its output_size");
  std::vector<double> scales = {1, 1};
  for (const Value& factor : factors->items) scales.push_back(factor.as_real());
  return as_value(
      call.node("Resize", {x, "", composer.numbers(scales, DType::F32)}, std::move(attributes)));
}

// [last before, last after, last but one before, …].
Result<Value> read_pad(Call& call) {
  MLE_TRY_ASSIGN(const std::string x, call.tensor("self"));
  MLE_TRY_ASSIGN(const std::vector<int64_t> pad,
                 call.integers(call.has("padding") ? "padding" : "pad"));
  const size_t rank = call.rank(x);
  if (pad.size() % 2 != 0 || pad.size() / 2 > rank) return call.wrong("no pair for each axis");
  std::vector<int64_t> pads(2 * rank, 0);
  for (size_t i = 0; i < pad.size() / 2; ++i) {
    pads[rank - 1 - i] = pad[2 * i];
    pads[2 * rank - 1 - i] = pad[2 * i + 1];
  }
  std::string mode = "constant";
  if (call.op() == "pad") {
    MLE_TRY_ASSIGN(mode, call.text("mode", "constant"));
  }
  if (call.op().rfind("reflection", 0) == 0) mode = "reflect";
  if (call.op().rfind("replication", 0) == 0 || mode == "replicate") mode = "edge";
  if (mode == "circular") mode = "wrap";
  MLE_TRY_ASSIGN(const double value, call.real("value", 0));
  std::vector<std::string> inputs = {x, call.composer().integers(pads)};
  if (mode == "constant") inputs.push_back(call.number_like(x, value));
  return as_value(call.node("Pad", std::move(inputs), {{"mode", mode}}));
}

constexpr Operator kOperators[] = {
    {"avg_pool1d", "self kernel_size stride padding ceil_mode count_include_pad", read_pool},
    {"avg_pool2d", "self kernel_size stride padding ceil_mode count_include_pad divisor_override",
     read_pool},
    {"max_pool1d", "self kernel_size stride padding dilation ceil_mode", read_pool},
    {"max_pool2d", "self kernel_size stride padding dilation ceil_mode", read_pool},
    {"max_pool1d_with_indices", "self kernel_size stride padding dilation ceil_mode", read_pool},
    {"max_pool2d_with_indices", "self kernel_size stride padding dilation ceil_mode", read_pool},
    {"adaptive_avg_pool1d", "self output_size", read_adaptive_pool},
    {"adaptive_avg_pool2d", "self output_size", read_adaptive_pool},
    {"_adaptive_avg_pool2d", "self output_size", read_adaptive_pool},
    {"adaptive_max_pool1d", "self output_size", read_adaptive_pool},
    {"adaptive_max_pool2d", "self output_size", read_adaptive_pool},
    {"upsample_linear1d", "self output_size align_corners scale_factors", read_upsample},
    {"upsample_nearest1d", "self output_size scale_factors", read_upsample},
    {"_upsample_nearest_exact1d", "self output_size scale_factors", read_upsample},
    {"upsample_bilinear2d", "self output_size align_corners scale_factors", read_upsample},
    {"upsample_nearest2d", "self output_size scale_factors", read_upsample},
    {"pad", "self pad mode value", read_pad},
    {"constant_pad_nd", "self pad value", read_pad},
    {"reflection_pad1d", "self padding", read_pad},
    {"replication_pad1d", "self padding", read_pad},
};

}  // namespace

std::span<const Operator> window_operators() { return kOperators; }

}  // namespace mle::compiler::aten
