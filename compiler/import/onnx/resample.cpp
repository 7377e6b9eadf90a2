// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/resample.h"

#include <algorithm>
#include <cmath>

namespace mle::compiler::onnx {
namespace {

double source_place(const Sampling& by, const Stretch& stretch, double at) {
  const double from = stretch.from, to = stretch.to, scale = stretch.scale;
  if (by.transformation == "asymmetric") return at / scale;
  if (by.transformation == "align_corners") {  // of the length before it was cut to a whole number
    const double length = scale * from;
    return length == 1 ? 0 : at * (from - 1) / (length - 1);
  }
  if (by.transformation == "tf_crop_and_resize") {
    const double first = stretch.roi_first * (from - 1);
    const double width = (stretch.roi_last - stretch.roi_first) * (from - 1);
    return first + (to > 1 ? at * width / (to - 1) : width / 2);
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

// The weight of an element at that distance.
double weight_at(const Sampling& by, double distance) {
  const double x = std::fabs(distance), a = by.cubic_a;
  if (by.mode == "linear") return std::max(0.0, 1 - x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

// The weights of the elements first, first + 1, .. around a place; beyond the input the outermost
// elements go on, or do not count.
struct Kernel {
  int64_t first = 0;
  std::vector<double> weights;
};

Kernel kernel_at(const Sampling& by, const Stretch& stretch, double place) {
  // Where the input is longer, the weights reach as far in the result.
  const double shrink = by.antialias ? std::min(stretch.scale, 1.0) : 1.0;
  const double reach = by.mode == "linear" ? 1 : 2;
  // A whole place is the right end of its interval.
  const double base = std::ceil(place) - 1;
  const auto before = static_cast<int64_t>(std::floor(-reach / shrink) + 1);
  Kernel kernel{static_cast<int64_t>(base) + before, {}};
  double sum = 0;
  for (int64_t i = before; i <= 1 - before; ++i) {
    const double at = base + static_cast<double>(i);
    const bool counts = !by.exclude_outside || (at >= 0 && at < stretch.from);
    kernel.weights.push_back(counts ? weight_at(by, (at - place) * shrink) : 0);
    sum += kernel.weights.back();
  }
  for (double& weight : kernel.weights) weight /= sum;
  return kernel;
}

}  // namespace

Taps taps_of(const Sampling& by, const Stretch& stretch, size_t most) {
  Taps taps;
  const double last = stretch.from - 1.0;
  for (uint32_t i = 0; i < stretch.to; ++i) {
    const double place = source_place(by, stretch, i);
    taps.outside.push_back(by.transformation == "tf_crop_and_resize" &&
                           !(place >= 0 && place <= last));
    Kernel kernel{0, {1}};
    if (by.mode == "nearest")
      kernel.first = static_cast<int64_t>(std::clamp(nearest(by.nearest, place), 0.0, last));
    else
      kernel = kernel_at(by, stretch, std::clamp(place, -2.0, last + 2));
    const size_t count = kernel.weights.size();
    if (count > most) return {};
    if (taps.picks.empty()) {
      taps.picks.resize(count);
      taps.weights.resize(count);
    }
    for (size_t tap = 0; tap < count; ++tap) {
      const auto at = static_cast<double>(kernel.first + static_cast<int64_t>(tap));
      taps.picks[tap].push_back(static_cast<uint32_t>(std::clamp(at, 0.0, last)));
      taps.weights[tap].push_back(kernel.weights[tap]);
    }
  }
  return taps;
}

}  // namespace mle::compiler::onnx
