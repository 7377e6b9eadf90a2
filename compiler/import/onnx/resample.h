// What Resize says about one axis: which elements of the input each element of the result is made
// of, and with which weights. Numbers only, nothing of the graph.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace mle::compiler::onnx {

// How places of the result are places of the input.
struct Sampling {
  std::string_view transformation = "half_pixel", mode = "nearest", nearest = "round_prefer_floor";
  double cubic_a = -0.75;
  bool exclude_outside = false, antialias = false;
};

struct Stretch {
  uint32_t from, to;                   // lengths
  double scale;                        // how much longer, before `to` was cut to a whole number
  double roi_first = 0, roi_last = 1;  // the part that is looked at, of a length of 1
};

// Element i of the result is the sum over taps of weights[tap][i] times the input at
// picks[tap][i]; but where outside[i], it lies beside the input.
struct Taps {
  std::vector<std::vector<uint32_t>> picks;
  std::vector<std::vector<double>> weights;
  std::vector<bool> outside;
};

// At most `most` taps, or none at all.
Taps taps_of(const Sampling& by, const Stretch& stretch, size_t most);

}  // namespace mle::compiler::onnx
