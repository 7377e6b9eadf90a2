// A server under load, round by round: what its answers took, and what they cost it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/mle-bench/load.h"
#include "tools/mle-bench/serve_mode.h"
#include "tools/mle-bench/serve_target.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mle::tools {

// Nanoseconds; of a round without an answer its figures are 0.
struct ServedRounds {
  std::vector<double> samples;             // every answer's duration
  std::vector<double> medians, p99s, cpu;  // of the rounds; `cpu` of an answer
  uint64_t errors = 0;
  double seconds = 0, cpu_ns = 0;
  bool cpu_known = true;
};

class ServeLoad {
 public:
  // Settles which model is asked, and the request.
  static Result<ServeLoad> make(const ServeBench& options, ServeTarget target, std::string model,
                                uint64_t process);

  const std::string& model() const { return model_; }
  const std::string& address() const { return target_.address(); }

  // One run of that many seconds, its answers in the order they came made into that many rounds.
  Status run(uint64_t concurrency, double seconds, size_t rounds, ServedRounds& to) const;
  // What does not count: connections, caches and clocks of a processor that was idle.
  Status warm(uint64_t concurrency, ServedRounds& to) const;

 private:
  ServeLoad(const ServeBench& options, ServeTarget target) noexcept
      : options_(&options), target_(std::move(target)) {}

  Result<LoadOutcome> load(uint64_t concurrency, double seconds) const;
  // What the server has used so far, in nanoseconds; below 0 where nobody says.
  double used() const;

  const ServeBench* options_;
  ServeTarget target_;
  std::string model_, request_;
  uint64_t process_ = 0;  // 0: as /metrics says
};

}  // namespace mle::tools
