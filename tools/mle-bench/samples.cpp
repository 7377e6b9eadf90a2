// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/samples.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace mle::tools {
namespace {

constexpr int kResamplings = 4000;

// The smallest sample that at least that share of all samples does not exceed.
double nearest_rank(const std::vector<double>& sorted, double share) {
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[static_cast<size_t>(std::max(rank, 1.0)) - 1];
}

Ratio interval(double value, std::vector<double> resampled) {
  std::sort(resampled.begin(), resampled.end());
  return {value, nearest_rank(resampled, 0.025), nearest_rank(resampled, 0.975)};
}

// The same seed every time: one measurement, one interval.
using Random = std::mt19937_64;

std::vector<double> resample(std::span<const double> from, Random& random) {
  std::vector<double> drawn(from.size());
  for (double& value : drawn) value = from[random() % from.size()];
  return drawn;
}

}  // namespace

Percentiles percentiles(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  Percentiles result;
  result.p50 = nearest_rank(samples, 0.5);
  result.p90 = nearest_rank(samples, 0.9);
  result.p99 = nearest_rank(samples, 0.99);
  if (samples.size() >= kSamplesForP999) result.p999 = nearest_rank(samples, 0.999);
  result.min = samples.front();
  result.max = samples.back();
  result.mean =
      std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
  return result;
}

double median(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return nearest_rank(samples, 0.5);
}

std::vector<double> quantiles(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  std::vector<double> made;
  for (size_t i = 0; i < kQuantiles; ++i)
    made.push_back(nearest_rank(samples, static_cast<double>(i) / (kQuantiles - 1)));
  return made;
}

Ratio paired_ratio(std::span<const double> a, std::span<const double> b) {
  std::vector<double> ratios;
  for (size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i] / b[i]);
  Random random;
  std::vector<double> medians;
  for (int i = 0; i < kResamplings; ++i) medians.push_back(median(resample(ratios, random)));
  return interval(median(ratios), std::move(medians));
}

Ratio separate_ratio(std::span<const double> a, std::span<const double> b) {
  Random random;
  std::vector<double> ratios;
  for (int i = 0; i < kResamplings; ++i)
    ratios.push_back(median(resample(a, random)) / median(resample(b, random)));
  return interval(median({a.begin(), a.end()}) / median({b.begin(), b.end()}), std::move(ratios));
}

}  // namespace mle::tools
