// Cold start: a fresh process from spawn to the first byte it answers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/dev/peers/measure.h"

#include <span>
#include <string>
#include <vector>

namespace mle::peers {

// A program, by path, and its arguments. It answers on stdout and ends with status 0.
struct Program {
  std::string name;
  std::vector<std::string> command;
};

// In each round every program is started kStartsPerTurn times in turn; who begins moves on by one.
// The end of a process is awaited, but not counted. Fails with Io where a program can't be started,
// says nothing, or ends badly.
inline constexpr int kStartsPerTurn = 5;
Result<std::vector<Timings>> interleave_starts(std::span<const Program> programs, int rounds);

}  // namespace mle::peers
