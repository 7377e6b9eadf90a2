// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/windows.h"

#include "compiler/evaluate/elements.h"
#include "compiler/graph/infer.h"
#include "compiler/import/onnx/text.h"
#include "format/limits.h"

#include <algorithm>
#include <string>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

constexpr int64_t kMost = int64_t{1} << 24;

Result<std::vector<int64_t>> numbers(OperatorNode& op, const char* name, size_t count,
                                     int64_t otherwise, int64_t least) {
  MLE_TRY_ASSIGN(const auto given, op.integers(name));
  if (!given) return std::vector<int64_t>(count, otherwise);
  const bool fits = given->size() == count && std::ranges::all_of(*given, [least](int64_t n) {
                      return n >= least && n <= kMost;
                    });
  if (!fits) return broken(C209_Attribute, op.type() + " whose " + name + " do not fit");
  return *given;
}

// Windows along one axis, and with auto_pad the padding that makes them fit.
Status place(const OperatorNode& op, WindowAxis& axis, std::string_view auto_pad, bool ceil) {
  const int64_t extent = axis.dilation * (axis.kernel - 1) + 1;
  if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    axis.count = (axis.length + axis.stride - 1) / axis.stride;
    const int64_t missing =
        std::max<int64_t>((axis.count - 1) * axis.stride + extent - axis.length, 0);
    axis.before = auto_pad == "SAME_UPPER" ? missing / 2 : (missing + 1) / 2;
    axis.after = missing - axis.before;
    return {};
  }
  if (auto_pad == "VALID") axis.before = axis.after = 0;
  const int64_t room = axis.length + axis.before + axis.after - extent;
  if (room < 0)
    return broken(C208_Shape, op.type() + " of windows of " + std::to_string(extent) + " over " +
                                  std::to_string(axis.length) + " elements");
  axis.count = (ceil ? room + axis.stride - 1 : room) / axis.stride + 1;
  // No window begins in the padding behind.
  if (ceil && (axis.count - 1) * axis.stride >= axis.length + axis.before) --axis.count;
  return {};
}

Status check_size(const OperatorNode& op, const Windows& windows) {
  double elements = 1;
  for (const WindowAxis& axis : windows.axes)
    elements *= static_cast<double>(std::max(axis.count * axis.kernel, axis.length));
  if (elements <= static_cast<double>(kMost)) return {};
  return unsupported(C216_LimitReached, op.type() + " with too many windows");
}

Result<Dims> sliding_dims(const OperatorNode& op) {
  const Dims& dims = op.dims(0);
  const size_t front = op.per_row(0) ? 1 : 2;
  if (op.rank(0) < 3)
    return broken(C208_Shape, op.type() + " of a tensor of fewer than three axes");
  return Dims(dims.begin() + static_cast<ptrdiff_t>(front), dims.end());
}

}  // namespace

uint32_t Windows::inputs() const {
  int64_t n = 1;
  for (const WindowAxis& axis : axes) n *= axis.length;
  return static_cast<uint32_t>(n);
}
uint32_t Windows::outputs() const { return static_cast<uint32_t>(element_count(output_dims())); }
uint32_t Windows::kernel() const {
  int64_t n = 1;
  for (const WindowAxis& axis : axes) n *= axis.kernel;
  return static_cast<uint32_t>(n);
}

bool Windows::is_padded() const {
  return std::ranges::any_of(axes, [](const WindowAxis& axis) {
    const int64_t last = (axis.count - 1) * axis.stride - axis.before;
    return axis.before > 0 || last + axis.dilation * (axis.kernel - 1) >= axis.length;
  });
}

Dims Windows::output_dims() const {
  Dims dims;
  for (const WindowAxis& axis : axes) dims.push_back(static_cast<uint32_t>(axis.count));
  return dims;
}

uint32_t Windows::source(uint32_t o, uint32_t k) const {
  int64_t at = 0, step = 1, window = o, element = k;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    const int64_t place = window % axis->count * axis->stride - axis->before +
                          element % axis->kernel * axis->dilation;
    if (place < 0 || place >= axis->length) return inputs();
    at += place * step;
    step *= axis->length;
    window /= axis->count;
    element /= axis->kernel;
  }
  return static_cast<uint32_t>(at);
}

uint32_t Windows::filled(uint32_t o, bool padding) const {
  int64_t all = 1, window = o;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    const int64_t start = window % axis->count * axis->stride - axis->before;
    const int64_t least = padding ? -axis->before : 0;
    const int64_t most = axis->length + (padding ? axis->after : 0);
    int64_t inside = 0;
    for (int64_t k = 0; k < axis->kernel; ++k) {
      const int64_t place = start + k * axis->dilation;
      inside += place >= least && place < most;
    }
    all *= inside;
    window /= axis->count;
  }
  return static_cast<uint32_t>(all);
}

Result<Windows> read_windows(OperatorNode& op, const Dims& kernel) {
  MLE_TRY_ASSIGN(const Dims dims, sliding_dims(op));
  const size_t n = dims.size();
  MLE_TRY_ASSIGN(const auto shape, numbers(op, "kernel_shape", n, 0, 1));
  MLE_TRY_ASSIGN(const auto strides, numbers(op, "strides", n, 1, 1));
  MLE_TRY_ASSIGN(const auto dilations, numbers(op, "dilations", n, 1, 1));
  MLE_TRY_ASSIGN(const auto pads, numbers(op, "pads", 2 * n, 0, 0));
  MLE_TRY_ASSIGN(const std::string_view auto_pad, op.text("auto_pad", "NOTSET"));
  MLE_TRY_ASSIGN(const int64_t ceil, op.integer("ceil_mode", 0));
  if (auto_pad != "NOTSET" && auto_pad != "VALID" && auto_pad != "SAME_UPPER" &&
      auto_pad != "SAME_LOWER")
    return broken(C209_Attribute, op.type() + " with auto_pad " + quoted(auto_pad));
  if (!kernel.empty() && kernel.size() != n)
    return broken(C208_Shape, op.type() + " whose weights have other axes than its input");
  Windows windows;
  for (size_t i = 0; i < n; ++i) {
    WindowAxis axis;
    axis.length = dims[i];
    axis.kernel = kernel.empty() ? shape[i] : kernel[i];
    if (axis.kernel < 1 || (!kernel.empty() && shape[i] != 0 && shape[i] != axis.kernel))
      return broken(C209_Attribute, op.type() + " whose kernel_shape does not fit");
    axis.stride = strides[i];
    axis.dilation = dilations[i];
    axis.before = pads[i];
    axis.after = pads[n + i];
    MLE_TRY(place(op, axis, auto_pad, ceil != 0));
    windows.axes.push_back(axis);
  }
  MLE_TRY(check_size(op, windows));
  return windows;
}

Result<Windows> global_window(OperatorNode& op) {
  MLE_TRY_ASSIGN(const Dims dims, sliding_dims(op));
  Windows windows;
  for (const uint32_t length : dims) {
    WindowAxis axis;
    axis.length = axis.kernel = length;
    axis.count = 1;
    windows.axes.push_back(axis);
  }
  MLE_TRY(check_size(op, windows));
  return windows;
}

Result<ValueId> padded(OperatorNode& op, ValueId x, const Dims& front, const Windows& windows,
                       float padding) {
  Dims dims = front;
  dims.push_back(static_cast<uint32_t>(element_count(op.dims(0)) / element_count(front)));
  MLE_TRY_ASSIGN(const ValueId flat, op.reshaped(x, dims));
  if (!windows.is_padded()) return flat;
  dims.back() = 1;
  MLE_TRY(op.budget().spend(element_count(dims) * sizeof(double), element_count(dims)));
  const DType dtype = op.fact(flat).dtype;
  MLE_TRY_ASSIGN(
      const ValueId edge,
      op.constant(
          {"", dtype, dims, make_constant(Elements(element_count(dims), padding), dtype), {}}));
  Node node;
  node.kind = OpKind::Concat;
  node.inputs = {flat, edge};
  node.iattr = {static_cast<uint32_t>(front.size())};
  return op.add(std::move(node));
}

}  // namespace mle::compiler::onnx
