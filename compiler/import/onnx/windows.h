// Windows that slide over the last axes of a tensor: what the pooling operators share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/onnx/operator_node.h"

#include <cstdint>
#include <vector>

namespace mle::compiler::onnx {

// Along one axis.
struct WindowAxis {
  int64_t length = 0;  // of the input
  int64_t kernel = 1, stride = 1, dilation = 1;
  int64_t before = 0, after = 0;  // padding
  int64_t count = 0;              // windows
};

struct Windows {
  std::vector<WindowAxis> axes;

  uint32_t inputs() const;   // elements they slide over, padding left out
  uint32_t outputs() const;  // windows
  uint32_t kernel() const;   // elements of a window
  bool is_padded() const;    // some window reaches into the padding
  Dims output_dims() const;
  // Where element k of window o is among inputs(), or inputs() in the padding.
  uint32_t source(uint32_t o, uint32_t k) const;
  // How many of a window's elements lie in the input, or with `padding` in the padding asked for,
  // too: with ceil_mode windows may reach beyond.
  uint32_t filled(uint32_t o, bool padding) const;
};

// From the attributes kernel_shape (or `kernel`, where given), strides, dilations, pads, auto_pad
// and ceil_mode, over the axes of input 0 behind the second.
Result<Windows> read_windows(OperatorNode& op, const Dims& kernel);
// One window over all those axes.
Result<Windows> global_window(OperatorNode& op);

// x, of the dims of input 0, as [in front.., inputs()] with `front` axes, and one more element of
// `padding` at the end where windows reach into it.
Result<ValueId> padded(OperatorNode& op, ValueId x, const Dims& front, const Windows& windows,
                       float padding);

}  // namespace mle::compiler::onnx
