// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/serve_target.h"

#include "format/rules.h"
#include "tools/cli/json_document.h"
#include "tools/cli/text.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

namespace mle::tools {
namespace {

constexpr size_t kMaxReadyLine = 65536;

Status failed(const std::string& what, const std::string& why) {
  return Status::make(Code::Io, format::rule::T302_ReadRows, Status::kNoOffset, what + ": " + why,
                      "run it by hand to see why");
}

// Starts it with its output in a pipe; it ends when this program does, however that ends.
Result<pid_t> start(const std::vector<std::string>& command, int& output) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return failed("pipe", std::strerror(errno));
  std::vector<char*> arguments;
  for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(ends[1], STDOUT_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  const int error = errno;
  close(ends[1]);
  output = ends[0];
  if (child > 0) return child;
  close(ends[0]);
  return failed(command[0], std::strerror(error));
}

// The first line that it prints.
std::string first_line(int output) {
  std::string line;
  for (char c = 0; line.size() < kMaxReadyLine && read(output, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

}  // namespace

std::string program_beside(const std::string& name) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return name;
  const std::string self(path, static_cast<size_t>(length));
  return self.substr(0, self.rfind('/') + 1) + name;
}

Result<ServeTarget> ServeTarget::open(const std::string& what, const std::string& protocol) {
  ServeTarget target(what);
  std::vector<std::string> command;
  if (what.ends_with(".mle") && what.find(' ') == std::string::npos)
    command = {program_beside("mle-serve"), "--model", "model=" + what};
  else
    for (const std::string& word : split_list(what, ' '))
      if (!word.empty()) command.push_back(word);
  if (command.size() < 2) return target;
  for (const std::string front : {"grpc", "http"})
    command.insert(command.end(), {"--" + front, front == protocol ? "127.0.0.1:0" : "off"});
  int output = -1;
  MLE_TRY_ASSIGN(target.process_, start(command, output));
  const std::string line = first_line(output);
  close(output);
  const auto ready = parse_json(line);
  if (!ready || (*ready)[protocol].text.empty())
    return failed(command[0], "does not say where it listens");
  target.address_ = (*ready)[protocol].text;
  return target;
}

ServeTarget::~ServeTarget() {
  if (process_ <= 0) return;
  kill(process_, SIGTERM);
  int status = 0;
  while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace mle::tools
