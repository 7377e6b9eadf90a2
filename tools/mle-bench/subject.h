// A Subject is one thing that is timed: a model run, loaded or started in a certain way.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/options.h>
#include <mle/result.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mle::tools {

class Subject {
 public:
  virtual ~Subject() = default;
  // Times the thing over and over for about that long, at least once; appends nanoseconds per call,
  // the cost of the clock subtracted. Warms up by itself at the first call.
  virtual Status round(double seconds, std::vector<double>& samples) = 0;
  // Calls that one sample is the mean of: 1 unless a call is shorter than a microsecond.
  virtual uint64_t block() const { return 1; }
  virtual uint64_t peak_rss_bytes() const { return 0; }  // of a started process
  virtual std::string isa() const { return {}; }
};

struct RunSettings {
  uint64_t rows = 1, threads = 1;
  std::string isa;
};

// Session::run() over rows of our own making.
Result<std::unique_ptr<Subject>> make_run_subject(const std::string& model,
                                                  const RunSettings& settings);
// Model::load(): open, check, bind. `first_runs`, where given, gets the time of making a session
// and running one row in it, once per load.
Result<std::unique_ptr<Subject>> make_load_subject(const std::string& model,
                                                   std::vector<double>* sessions,
                                                   std::vector<double>* first_runs);
// A fresh process of `program` (an mle-run) from exec to the first byte of its answer.
Result<std::unique_ptr<Subject>> make_start_subject(const std::string& model,
                                                    const std::string& program);
// The same of any other command.
std::unique_ptr<Subject> make_start_subject(std::vector<std::string> command);
// What another mle-bench says of itself: a fresh process of `command`, which must print a report of
// `mode` as JSON, in every round. Seconds are asked of it, and the rows and threads of a run.
std::unique_ptr<Subject> make_command_subject(std::vector<std::string> command,
                                              const std::string& mode, const RunSettings& settings);

}  // namespace mle::tools
