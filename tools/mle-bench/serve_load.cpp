// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/serve_load.h"

#include "tools/mle-bench/grpc_load.h"
#include "tools/mle-bench/http_load.h"
#include "tools/mle-bench/samples.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <string_view>

namespace mle::tools {
namespace {

constexpr double kWarmSeconds = 0.3;

}  // namespace

Result<ServeLoad> ServeLoad::make(const ServeBench& options, ServeTarget target, std::string model,
                                  uint64_t process) {
  ServeLoad made(options, std::move(target));
  made.model_ = std::move(model);
  made.process_ = made.target_.started() > 0 ? made.target_.started() : process;
  const auto question = options.protocol == "grpc" ? grpc_question : http_question;
  MLE_TRY_ASSIGN(made.request_, question(made.address(), made.model_, options.rows));
  return made;
}

Result<LoadOutcome> ServeLoad::load(uint64_t concurrency, double seconds) const {
  const Load wanted{address(), request_, concurrency, options_->rate, options_->burst, seconds};
  return options_->protocol == "grpc" ? run_grpc_load(wanted) : run_http_load(wanted);
}

double ServeLoad::used() const {
  if (process_ > 0) {
    clockid_t clock{};
    timespec used{};
    if (::clock_getcpuclockid(static_cast<pid_t>(process_), &clock) != 0 ||
        ::clock_gettime(clock, &used) != 0)
      return -1;
    return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
  }
  if (options_->protocol == "grpc") return -1;
  const auto page = ask_http(address(), http_get("/metrics"));
  if (!page) return -1;
  constexpr std::string_view kName = "\nprocess_cpu_seconds_total ";
  const size_t at = page->find(kName);
  if (at == std::string::npos) return -1;
  return std::strtod(page->c_str() + at + kName.size(), nullptr) * 1e9;
}

Status ServeLoad::warm(uint64_t concurrency, ServedRounds& to) const {
  MLE_TRY_ASSIGN(const LoadOutcome outcome, load(concurrency, kWarmSeconds));
  to.errors += outcome.errors;
  return {};
}

Status ServeLoad::run(uint64_t concurrency, double seconds, size_t rounds, ServedRounds& to) const {
  const double before = used();
  MLE_TRY_ASSIGN(const LoadOutcome outcome, load(concurrency, seconds));
  const double after = used();
  const std::vector<double>& durations = outcome.durations;
  to.errors += outcome.errors;
  to.seconds += outcome.seconds;
  to.cpu_known = to.cpu_known && before >= 0 && after >= 0;
  to.cpu_ns += after - before;
  to.cpu.push_back(durations.empty() ? 0
                                     : (after - before) / static_cast<double>(durations.size()));
  to.samples.insert(to.samples.end(), durations.begin(), durations.end());
  const size_t count = std::max<size_t>(std::min(rounds, durations.size()), 1);
  for (size_t i = 0; i < count; ++i) {
    const auto begin = durations.begin() + static_cast<ptrdiff_t>(durations.size() * i / count);
    const auto end = durations.begin() + static_cast<ptrdiff_t>(durations.size() * (i + 1) / count);
    const Percentiles p = begin == end ? Percentiles{} : percentiles({begin, end});
    to.medians.push_back(p.p50);
    to.p99s.push_back(p.p99);
  }
  return {};
}

}  // namespace mle::tools
