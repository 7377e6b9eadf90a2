// Durations and what they say: percentiles by nearest rank, paired ratios with their interval.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mle::tools {

// Nanoseconds throughout.
struct Percentiles {
  double p50 = 0, p90 = 0, p99 = 0, min = 0, mean = 0, max = 0;
  std::optional<double> p999;  // nothing below kSamplesForP999: it would be one sample's word
};
inline constexpr size_t kSamplesForP999 = 10000;

// Of at least one sample.
Percentiles percentiles(std::vector<double> samples);
double median(std::vector<double> samples);
// Of at least one sample: `kQuantiles` of them from the least to the largest, evenly by rank.
inline constexpr size_t kQuantiles = 201;
std::vector<double> quantiles(std::vector<double> samples);

// How a compares with b: median of the ratios, and the interval that 95 % of resamplings give.
struct Ratio {
  double value = 1, low = 1, high = 1;
};
// Rounds that were measured side by side: a[i] with b[i]. As many of each, at least one.
Ratio paired_ratio(std::span<const double> a, std::span<const double> b);
// Rounds of two separate runs.
Ratio separate_ratio(std::span<const double> a, std::span<const double> b);

}  // namespace mle::tools
