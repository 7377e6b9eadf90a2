// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/usual.h"

#include <cmath>

namespace mle::compiler::sklearn {
namespace {

// What becomes y as the power that Box and Cox, or Yeo and Johnson, make of it.
double before_power(double y, double power, bool box_cox) {
  if (box_cox) return power == 0 ? std::exp(y) : std::pow(power * y + 1, 1 / power);
  if (y >= 0) return before_power(y, power, true) - 1;
  return 1 - before_power(-y, 2 - power, true);
}

}  // namespace

void suppose(Reading& r, const Frame& x, const Reals& means, const Reals& deviations) {
  if (means.size() != x.width() || deviations.size() != means.size()) return;
  size_t i = 0;
  for (const Frame::Part& part : x.parts) {
    for (const uint32_t origin : part.origins) {
      const Usual usual{means[i], deviations[i]};
      ++i;
      if (origin != kNoOrigin && std::isfinite(usual.mean) && std::isfinite(usual.deviation) &&
          usual.deviation > 0)
        r.usual.emplace(origin, usual);
    }
  }
}

void suppose_powers(Reading& r, const Frame& x, const Reals& powers, bool box_cox,
                    const Reals& means, const Reals& deviations) {
  if (means.size() != powers.size() || deviations.size() != powers.size()) return;
  Reals centres, halves;
  for (size_t i = 0; i < powers.size(); ++i) {
    const double low = before_power(means[i] - deviations[i], powers[i], box_cox),
                 high = before_power(means[i] + deviations[i], powers[i], box_cox);
    centres.push_back(0.5 * low + 0.5 * high);
    halves.push_back(0.5 * high - 0.5 * low);
  }
  suppose(r, x, centres, halves);
}

// As if they were spread evenly, but for a few beyond.
void suppose_between(Reading& r, const Frame& x, const Reals& least, const Reals& most) {
  if (least.size() != most.size()) return;
  Reals means, deviations;
  for (size_t i = 0; i < least.size(); ++i) {
    means.push_back(0.5 * least[i] + 0.5 * most[i]);
    deviations.push_back((most[i] - least[i]) / 4);
  }
  suppose(r, x, means, deviations);
}

void suppose_rows(Reading& r, const Frame& x, const Matrix& rows) {
  Reals means, deviations;
  for (size_t f = 0; f < rows.columns; ++f) {
    double count = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < rows.rows; ++i)
      if (!std::isnan(rows.at(i, f))) {
        count += 1;
        sum += rows.at(i, f);
      }
    for (size_t i = 0; i < rows.rows; ++i)
      if (!std::isnan(rows.at(i, f))) squares += std::pow(rows.at(i, f) - sum / count, 2);
    means.push_back(sum / count);
    deviations.push_back(std::sqrt(squares / count));
  }
  suppose(r, x, means, deviations);
}

void suppose_classes(Reading& r, const Frame& x, const Matrix& means, const Reals& priors,
                     const Matrix& within) {
  if (priors.size() != means.rows) return;
  const bool told = within.rows == means.rows && within.columns == means.columns;
  Reals centres, deviations;
  for (size_t f = 0; f < means.columns; ++f) {
    double centre = 0, variance = 0;
    for (size_t c = 0; c < means.rows; ++c) centre += priors[c] * means.at(c, f);
    for (size_t c = 0; c < means.rows; ++c) {
      variance += priors[c] * std::pow(means.at(c, f) - centre, 2);
      if (told) variance += priors[c] * within.at(c, f);
    }
    centres.push_back(centre);
    deviations.push_back(std::sqrt(variance));
  }
  suppose(r, x, centres, deviations);
}

}  // namespace mle::compiler::sklearn
