// Quantiles and the paired bootstrap.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>

namespace mle::peers {

double quantile(std::vector<double> samples, double fraction) {
  if (samples.empty()) return 0;
  const double position = fraction * static_cast<double>(samples.size() - 1);
  const auto below = static_cast<size_t>(position);
  const auto nth = samples.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(samples.begin(), nth, samples.end());
  if (nth + 1 == samples.end()) return *nth;
  const double next = *std::min_element(nth + 1, samples.end());
  return *nth + (next - *nth) * (position - static_cast<double>(below));
}

Estimate bootstrap_median(std::span<const double> samples) {
  if (samples.empty()) return {};
  constexpr int kResamples = 2000;
  std::mt19937 random(1);  // NOLINT: the same interval for the same samples, on purpose
  std::vector<double> medians(kResamples), drawn(samples.size());
  for (double& resampled : medians) {
    for (double& value : drawn) value = samples[random() % samples.size()];
    resampled = median(drawn);
  }
  return {median({samples.begin(), samples.end()}), quantile(medians, 0.025),
          quantile(medians, 0.975)};
}

Estimate paired_ratio(std::span<const double> above, std::span<const double> below) {
  std::vector<double> ratios(above.size());
  for (size_t i = 0; i < ratios.size(); ++i) ratios[i] = above[i] / below[i];
  return bootstrap_median(ratios);
}

}  // namespace mle::peers
