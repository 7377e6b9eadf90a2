// Another mle-bench, asked round by round.
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "tools/cli/text.h"
#include "tools/mle-bench/rival.h"
#include "tools/mle-bench/subject.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace mle::tools {
namespace {

constexpr double kLeastSeconds = 0.01;  // what --seconds takes
constexpr size_t kMaxOutput = size_t{64} << 20;

Status failed(const std::string& what, const std::string& why) {
  return Status::make(Code::Io, format::rule::T302_ReadRows, Status::kNoOffset, what + ": " + why,
                      "run it by hand to see why");
}

// What the command prints; its errors go where ours do.
Result<std::string> output_of(const std::vector<std::string>& command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return failed("pipe", std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  pid_t child = -1;
  const int error =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string output;
  char piece[65536];
  for (ssize_t got = 0; error == 0 && output.size() < kMaxOutput;) {
    got = read(ends[0], piece, sizeof piece);
    if (got <= 0) break;
    output.append(piece, static_cast<size_t>(got));
  }
  close(ends[0]);
  if (error != 0) return failed(command[0], std::strerror(error));
  int status = 0;
  if (waitpid(child, &status, 0) != child) return failed("waitpid", std::strerror(errno));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return failed(command[0], "ended with an error");
  return output;
}

class CommandSubject final : public Subject {
 public:
  CommandSubject(std::vector<std::string> command, std::string mode, const RunSettings& settings)
      : command_(std::move(command)), mode_(std::move(mode)), settings_(settings) {
    if (mode_ != "run") return;
    for (const std::string& word : {std::string("--rows"), std::to_string(settings.rows),
                                    std::string("--threads"), std::to_string(settings.threads)})
      command_.push_back(word);
    if (!settings.isa.empty()) command_.insert(command_.end(), {"--isa", settings.isa});
  }

  // The quantiles of a process are its samples here.
  Status round(double seconds, std::vector<double>& samples) override {
    std::vector<std::string> command = command_;
    std::string asked;
    append_number(asked, std::max(seconds, kLeastSeconds));
    command.insert(command.end(), {"--seconds", asked, "--json", "-"});
    MLE_TRY_ASSIGN(const std::string text, output_of(command));
    MLE_TRY_ASSIGN(const JsonValue report, parse_report(text, mode_, command[0]));
    ReportedCell cell = reported_cell(report, settings_.rows, settings_.threads);
    if (cell.quantiles.empty()) cell.quantiles = cell.rounds;
    if (cell.quantiles.empty()) return failed(command[0], "reports no such cell");
    samples.insert(samples.end(), cell.quantiles.begin(), cell.quantiles.end());
    return {};
  }

 private:
  std::vector<std::string> command_;
  std::string mode_;
  RunSettings settings_;
};

}  // namespace

std::unique_ptr<Subject> make_command_subject(std::vector<std::string> command,
                                              const std::string& mode,
                                              const RunSettings& settings) {
  return std::make_unique<CommandSubject>(std::move(command), mode, settings);
}

}  // namespace mle::tools
