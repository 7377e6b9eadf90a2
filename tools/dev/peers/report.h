// The report of one run: a Markdown page for people and JSON for programs, with the same facts.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "tools/dev/peers/measure.h"

#include <string>
#include <vector>

namespace mle::peers {

// One contestant and what it took.
struct Column {
  std::string name;
  Timings timings;
};

// One workload at one batch size.
struct Cell {
  std::string workload;
  size_t rows = 0;
  double flops = 0;  // of one call
  size_t bytes = 0;  // that one call must read
  Timings fma;       // of kFlopsPerCall operations
  Timings pass;      // of one pass over `bytes`
  Column ours;
  std::vector<Column> theirs;
};

// Loading, or a process's whole life up to its first answer.
struct Comparison {
  std::string workload;
  std::vector<Column> ours, theirs;
};

struct Report {
  std::string command, commit, date, cpu, cores, load_average;
  std::vector<std::string> versions;  // "eigen 3.4.0, AVX512"
  std::vector<std::string> missing;   // "litert: why it is not there"
  int rounds = 0, threads = 1;
  bool quick = false;
  std::vector<Cell> cells;
  std::vector<Comparison> loads, starts;
};

std::string to_markdown(const Report& report);
std::string to_json(const Report& report);

// Fails with Io.
Status write_text(const std::string& path, const std::string& text);

}  // namespace mle::peers
