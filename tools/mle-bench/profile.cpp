// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/profile.h"

#include <mle/mle.h>

#include "tools/mle-bench/clock.h"
#include "tools/mle-bench/workload.h"

namespace mle::tools {

Result<std::vector<StepTime>> profile_steps(const std::string& path, const RunSettings& settings,
                                            double seconds) {
  LoadOptions loading;
  loading.isa = settings.isa;
  MLE_TRY_ASSIGN(const Model model, Model::load(path.c_str(), loading));
  SessionOptions options;
  options.threads = static_cast<int>(settings.threads);
  MLE_TRY_ASSIGN(Session session, Session::make(model, options));
  MLE_TRY_ASSIGN(Workload work, Workload::make(session, settings.rows));
  MLE_TRY(work.run(session));
  session.set_profiling(true);
  const uint64_t end = now_ns() + static_cast<uint64_t>(seconds * 1e9);
  double runs = 0;
  do {
    MLE_TRY(work.run(session));
    ++runs;
  } while (now_ns() < end);

  double total = 0;
  for (const StepProfile& step : session.profile()) total += static_cast<double>(step.nanoseconds);
  std::vector<StepTime> steps;
  for (const StepProfile& step : session.profile()) {
    const double spent = static_cast<double>(step.nanoseconds);
    StepTime& time = steps.emplace_back();
    time.name = step.name;
    time.kind = step.kind;
    time.ns_per_run = spent / runs;
    time.flops = static_cast<double>(step.flops) / runs;
    time.bytes = static_cast<double>(step.bytes) / runs;
    if (spent == 0) continue;
    time.share = spent / total;
    time.gflops = static_cast<double>(step.flops) / spent;  // per nanosecond is giga per second
    time.gbytes_per_s = static_cast<double>(step.bytes) / spent;
  }
  return steps;
}

}  // namespace mle::tools
