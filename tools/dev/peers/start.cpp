// Spawning, waiting for a byte, reaping.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/start.h"

#include "tools/dev/peers/statistics.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

extern char** environ;

namespace mle::peers {
namespace {

using Clock = std::chrono::steady_clock;

Status failed(const Program& program, const char* what) {
  return error(Code::Io, 0, Status::kNoOffset, "run it by hand to see why", "%s: %s",
               program.command.front().c_str(), what);
}

// Starts the program with its stdout in `pipe_out`.
Result<pid_t> spawn(const Program& program, int pipe_out) {
  std::vector<char*> words;
  for (const std::string& word : program.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_out, STDOUT_FILENO);
  pid_t child = 0;
  const int code = posix_spawn(&child, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) return failed(program, std::strerror(code));
  return child;
}

Result<double> start_once(const Program& program) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return failed(program, std::strerror(errno));
  const auto start = Clock::now();
  Result<pid_t> child = spawn(program, ends[1]);
  close(ends[1]);
  char answer[4096];
  const ssize_t got = child ? read(ends[0], answer, sizeof answer) : 0;
  const double ns = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
  while (child && read(ends[0], answer, sizeof answer) > 0) {
  }
  close(ends[0]);
  if (!child) return std::move(child).error();
  int status = 0;
  waitpid(*child, &status, 0);
  if (got <= 0) return failed(program, "gave no answer");
  if (status != 0) return failed(program, "did not end well");
  return ns;
}

}  // namespace

Result<std::vector<Timings>> interleave_starts(std::span<const Program> programs, int rounds) {
  std::vector<Timings> timings(programs.size());
  std::vector<std::vector<double>> all(programs.size());
  for (int round = 0; round < rounds; ++round) {
    for (size_t turn = 0; turn < programs.size(); ++turn) {
      const size_t i = (turn + static_cast<size_t>(round)) % programs.size();
      std::vector<double> starts(kStartsPerTurn);
      for (double& start : starts) {
        MLE_TRY_ASSIGN(start, start_once(programs[i]));
      }
      all[i].insert(all[i].end(), starts.begin(), starts.end());
      timings[i].rounds.push_back(median(std::move(starts)));
    }
  }
  for (size_t i = 0; i < programs.size(); ++i) {
    timings[i].fastest = *std::min_element(all[i].begin(), all[i].end());
    timings[i].p99 = quantile(std::move(all[i]), 0.99);
  }
  return timings;
}

}  // namespace mle::peers
