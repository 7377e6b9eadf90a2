// Couple: probabilities of pairs of classes to those of the classes, by the second method of Wu,
// Lin and Weng (2004) as libsvm goes about it: round by round, until near enough. Promise: at most
// so many rounds as format.md says, every operation rounded on its own in f64, so that the round a
// row ends with is the same everywhere.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mle::steps {
namespace {

struct CouplePlan {
  size_t lines, pairs, classes;
};

// The pairs of one line: how likely each first class is beside the second.
template <class T>
struct Pairs {
  const T* x;
  size_t classes;

  // Of t beside j.
  double beside(size_t t, size_t j) const noexcept {
    const size_t i = std::min(t, j), k = std::max(t, j);
    const double first = x[i * (2 * classes - i - 1) / 2 + (k - i - 1)];
    return t < j ? first : 1 - first;
  }
  double squares(size_t t) const noexcept {
    double sum = 0;
    for (size_t j = 0; j < classes; ++j) {
      if (j == t) continue;
      const double r = beside(j, t);
      const double square = r * r;
      sum += square;
    }
    return sum;
  }
};

// q[t][j] p[j] is to be the same for every t.
template <class T>
class Coupling {
 public:
  Coupling(const T* x, size_t classes) noexcept : pairs_{x, classes}, k_(classes) {
    for (size_t t = 0; t < k_; ++t) {
      p_[t] = 1.0 / static_cast<double>(k_);
      diagonal_[t] = pairs_.squares(t);
    }
  }

  void solve(T* y) noexcept {
    const double near = 0.005 / static_cast<double>(k_);
    const size_t most = std::max<size_t>(100, k_);
    for (size_t round = 0; round < most && distance() >= near; ++round) {
      for (size_t t = 0; t < k_; ++t) improve(t);
    }
    for (size_t t = 0; t < k_; ++t) y[t] = static_cast<T>(p_[t]);
  }

 private:
  double q(size_t t, size_t j) const noexcept {
    return t == j ? diagonal_[t] : -pairs_.beside(j, t) * pairs_.beside(t, j);
  }

  // How far they are from being the same; NaN counts as near.
  double distance() noexcept {
    mean_ = 0;
    for (size_t t = 0; t < k_; ++t) {
      qp_[t] = 0;
      for (size_t j = 0; j < k_; ++j) {
        const double term = q(t, j) * p_[j];
        qp_[t] += term;
      }
      const double share = p_[t] * qp_[t];
      mean_ += share;
    }
    double worst = 0;
    for (size_t t = 0; t < k_; ++t) {
      const double apart = std::abs(qp_[t] - mean_);
      if (apart > worst) worst = apart;
    }
    return worst;
  }

  void improve(size_t t) noexcept {
    const double by = (mean_ - qp_[t]) / diagonal_[t], whole = 1 + by;
    p_[t] += by;
    const double inner = by * diagonal_[t], twice = 2 * qp_[t];
    const double more = by * (inner + twice);
    mean_ = (mean_ + more) / whole / whole;
    for (size_t j = 0; j < k_; ++j) {
      const double change = by * q(t, j);
      qp_[j] = (qp_[j] + change) / whole;
      p_[j] /= whole;
    }
  }

  Pairs<T> pairs_;
  size_t k_;
  double mean_ = 0;
  double p_[format::kMaxCoupled], qp_[format::kMaxCoupled], diagonal_[format::kMaxCoupled];
};

template <class T>
void run_couple(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const auto& plan = *static_cast<const CouplePlan*>(step.plan);
  for (size_t r = 0; r < rows; ++r) {
    const T* x = slots[step.inputs[0]].row<const T>(r);
    T* y = slots[step.output].row<T>(r);
    for (size_t line = 0; line < plan.lines; ++line, x += plan.pairs, y += plan.classes) {
      const bool numbers = std::none_of(x, x + plan.pairs, [](T each) { return each != each; });
      if (numbers)
        Coupling<T>(x, plan.classes).solve(y);
      else
        std::fill_n(y, plan.classes, std::numeric_limits<T>::quiet_NaN());
    }
  }
}

}  // namespace

bool bind_couple(Binder& binder, const fb::Op& op, Step& step) noexcept {
  CouplePlan* plan = binder.make<CouplePlan>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0), y = binder.output(op);
  plan->pairs = x.dims.back();
  plan->classes = y.dims.back();
  plan->lines = x.width / plan->pairs;
  step.run = x.dtype == DType::F64 ? run_couple<double> : run_couple<float>;
  step.plan = plan;
  step.work_per_row = uint64_t{64} * y.width * plan->classes;  // of some rounds
  return true;
}

}  // namespace mle::steps
