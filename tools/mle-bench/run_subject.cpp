// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "tools/mle-bench/clock.h"
#include "tools/mle-bench/samples.h"
#include "tools/mle-bench/subject.h"
#include "tools/mle-bench/workload.h"

#include <algorithm>

namespace mle::tools {
namespace {

constexpr double kShortCall = 1000;  // ns; calls below it are timed in blocks
constexpr double kBlock = 4000;      // ns; how long a block is meant to be
constexpr double kWarmUp = 0.05;     // seconds
constexpr size_t kCalibrations = 3;
constexpr size_t kMaxSamples = 1 << 22;

class RunSubject final : public Subject {
 public:
  RunSubject(Model model, Session session, Workload work)
      : model_(std::move(model)), session_(std::move(session)), work_(std::move(work)) {}

  Status round(double seconds, std::vector<double>& samples) override {
    if (block_ == 0) MLE_TRY(warm_up());
    const uint64_t end = now_ns() + static_cast<uint64_t>(seconds * 1e9);
    samples.reserve(std::min(kMaxSamples, samples.size() + expected(seconds)));
    uint64_t before = 0;
    do {
      before = now_ns();
      for (uint64_t i = 0; i < block_; ++i) MLE_TRY(work_.run(session_));
      samples.push_back(per_call(static_cast<double>(now_ns() - before)));
    } while (before < end && samples.size() < kMaxSamples);
    return {};
  }

  uint64_t block() const override { return block_; }
  std::string isa() const override { return model_.isa(); }

 private:
  double per_call(double elapsed) const {
    return std::max(elapsed - clock_cost_ns(), 0.0) / static_cast<double>(block_);
  }
  size_t expected(double seconds) const {
    return static_cast<size_t>(seconds * 1e9 / std::max(call_ * static_cast<double>(block_), 1.0));
  }

  // Until caches, frequency and workers have settled; then decides how long a block is, by a
  // median, which a pause of the machine does not move.
  Status warm_up() {
    const uint64_t end = now_ns() + static_cast<uint64_t>(kWarmUp * 1e9);
    std::vector<double> calls;
    while (calls.size() < kCalibrations || now_ns() < end) {
      const uint64_t batch = calls.empty() ? 1 : static_cast<uint64_t>(kBlock / calls.back()) + 1;
      const uint64_t begin = now_ns();
      for (uint64_t i = 0; i < batch; ++i) MLE_TRY(work_.run(session_));
      const double elapsed = static_cast<double>(now_ns() - begin) - clock_cost_ns();
      calls.push_back(std::max(elapsed / static_cast<double>(batch), 1.0));
    }
    call_ = median(std::move(calls));
    block_ = call_ < kShortCall ? static_cast<uint64_t>(kBlock / call_) : 1;
    return {};
  }

  Model model_;
  Session session_;
  Workload work_;
  double call_ = 0;
  uint64_t block_ = 0;
};

}  // namespace

Result<std::unique_ptr<Subject>> make_run_subject(const std::string& path,
                                                  const RunSettings& settings) {
  LoadOptions loading;
  loading.isa = settings.isa;
  MLE_TRY_ASSIGN(Model model, Model::load(path.c_str(), loading));
  SessionOptions options;
  options.threads = static_cast<int>(settings.threads);
  MLE_TRY_ASSIGN(Session session, Session::make(model, options));
  MLE_TRY_ASSIGN(Workload work, Workload::make(session, settings.rows));
  return std::unique_ptr<Subject>(
      std::make_unique<RunSubject>(std::move(model), std::move(session), std::move(work)));
}

}  // namespace mle::tools
