// The few statistics a comparison needs. Needs the standard library only; nothing fails.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace mle::peers {

// The value below which `fraction` (0…1) of the samples lie, linear between neighbours; 0 where
// there are none.
double quantile(std::vector<double> samples, double fraction);

inline double median(std::vector<double> samples) { return quantile(std::move(samples), 0.5); }

// A median and the interval that holds it with 95 % confidence.
struct Estimate {
  double value = 0, low = 0, high = 0;
};

// The median of `samples` with its percentile-bootstrap interval: 2000 resamples, always the same.
Estimate bootstrap_median(std::span<const double> samples);

// above[i] / below[i] of each round, then bootstrap_median. Both are of one length.
Estimate paired_ratio(std::span<const double> above, std::span<const double> below);

}  // namespace mle::peers
