// What `script/bench peers` asks of the program.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <cstddef>
#include <string>
#include <vector>

namespace mle::peers {

struct Options {
  std::string models, output;  // folders
  // Libraries; empty where they are not there.
  std::string onnxruntime, openblas, mkl, rust, litert;
  std::vector<std::string> missing;  // peers that are not there, with the reason
  std::string mle_run, programs;     // static mle-run (or empty); folder of the start_* programs
  std::string command, commit;       // for the report
  std::vector<std::string> only;     // workloads; empty: all
  std::vector<size_t> batches{1, 8, 32, 256, 2048};
  bool run = true, load = true, start = true;
  bool quick = false;
  int rounds = 0;  // 0: 15, or 5 where quick
  int cpu = -1;    // -1: the last one
  int threads = 1;

  bool wants(const std::string& workload) const;
};

// Fails with InvalidArgument, naming the flag.
Result<Options> parse_options(int argc, char** argv);

}  // namespace mle::peers
