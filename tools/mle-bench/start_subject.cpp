// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "compiler/import/archive/npy.h"
#include "format/rules.h"
#include "tools/cli/input_file.h"
#include "tools/cli/npz_writer.h"
#include "tools/cli/output_stream.h"
#include "tools/cli/spool.h"
#include "tools/cli/text.h"
#include "tools/mle-bench/clock.h"
#include "tools/mle-bench/subject.h"
#include "tools/mle-bench/workload.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

extern char** environ;

namespace mle::tools {
namespace {

Status failed(const std::string& what, int number) {
  return Status::make(Code::Io, format::rule::T302_ReadRows, Status::kNoOffset,
                      what + ": " + std::strerror(number), "is the program there?");
}

constexpr size_t kMaxProcFile = 65536;
constexpr int kNotFound = 127;  // what shells say, too

// A folder that goes with its contents: one file of rows.
class RowsFile {
 public:
  RowsFile() = default;
  RowsFile(RowsFile&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  RowsFile& operator=(RowsFile&&) = delete;
  ~RowsFile() {
    if (folder_.empty()) return;
    unlink(path().c_str());
    rmdir(folder_.c_str());
  }
  std::string path() const { return folder_ + "/rows.npz"; }

  // One row of every input.
  static Result<RowsFile> write(const Session& session, const Workload& work) {
    const char* where = std::getenv("TMPDIR");
    std::string folder = std::string(where != nullptr ? where : "/tmp") + "/mle-bench.XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) return failed(folder, errno);
    RowsFile file;
    file.folder_ = folder;
    MLE_TRY_ASSIGN(OutputStream out, OutputStream::open(file.path()));
    NpzWriter writer(out);
    for (size_t i = 0; i < work.inputs().size(); ++i) {
      const TensorSpec& spec = session.inputs()[i];
      std::vector<uint64_t> shape(spec.dims.begin(), spec.dims.end());
      if (spec.per_row) shape.insert(shape.begin(), 1);
      Spool spool(folder);
      const In& input = work.inputs()[i];
      MLE_TRY(spool.append(
          {static_cast<const std::byte*>(input.data()), input.count() * size_of(spec.dtype)}));
      MLE_TRY(writer.add(std::string(spec.name), archive::npy_descr(spec.dtype), shape, spool));
    }
    MLE_TRY(writer.finish());
    MLE_TRY(out.commit());
    return file;
  }

 private:
  std::string folder_;
};

// The most memory a process ever held, from /proc; 0 where the system does not say.
uint64_t high_water_mark(pid_t process) {
  const auto facts = read_text_file("/proc/" + std::to_string(process) + "/status", kMaxProcFile);
  for (const std::string& line : split_list(facts ? *facts : "", '\n')) {
    if (line.rfind("VmHWM:", 0) != 0) continue;  // "VmHWM:      1234 kB"
    const auto words = split_list(trim(std::string_view(line).substr(6)), ' ');
    return to_u64(words[0]).value_or(0) * 1024;
  }
  return 0;
}

// Runs a program, its answer going nowhere, and tells its peak memory. wait4() alone counts our own
// pages too, which the child had before exec; so the child asks to be traced and stops where it
// ends, its memory still there. Where that is forbidden wait4() must do.
Result<uint64_t> peak_of(const std::vector<char*>& arguments) {
  const pid_t child = fork();
  if (child < 0) return failed(arguments[0], errno);
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDOUT_FILENO);
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    execvp(arguments[0], arguments.data());
    _exit(kNotFound);
  }
  uint64_t peak = 0;
  int status = 0;
  rusage usage{};
  for (bool started = false; wait4(child, &status, 0, &usage) == child && WIFSTOPPED(status);) {
    if (status >> 16 == PTRACE_EVENT_EXIT) peak = high_water_mark(child);
    int number = WSTOPSIG(status);  // passed on, but for those that tracing makes
    if (!started) {
      ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACEEXIT);
      started = true;
      number = 0;
    } else if (number == SIGTRAP) {
      number = 0;
    }
    ptrace(PTRACE_CONT, child, nullptr, number);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotFound) return failed(arguments[0], ENOENT);
  return peak > 0 ? peak : static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

class StartSubject final : public Subject {
 public:
  StartSubject(std::vector<std::string> command, RowsFile rows)
      : command_(std::move(command)), rows_(std::move(rows)) {}

  Status round(double seconds, std::vector<double>& samples) override {
    const uint64_t end = now_ns() + static_cast<uint64_t>(seconds * 1e9);
    if (peak_rss_ == 0) MLE_TRY(first());
    do MLE_TRY(once(samples));
    while (now_ns() < end);
    return {};
  }

  uint64_t peak_rss_bytes() const override { return peak_rss_; }

 private:
  std::vector<char*> arguments() {
    std::vector<char*> made;
    for (std::string& each : command_) made.push_back(each.data());
    made.push_back(nullptr);
    return made;
  }

  // Starts the program, its answer going to that descriptor.
  Status start(int out, pid_t& child) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    const std::vector<char*> words = arguments();
    const int error = posix_spawnp(&child, words[0], &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? Status() : failed(command_[0], error);
  }

  // Fills the page cache, and finds out the memory; not timed.
  Status first() {
    MLE_TRY_ASSIGN(peak_rss_, peak_of(arguments()));
    return {};
  }

  Status once(std::vector<double>& samples) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return failed("pipe", errno);
    pid_t child = -1;
    const uint64_t begin = now_ns();
    Status started = start(ends[1], child);
    close(ends[1]);
    char first = 0;
    const ssize_t got = started.ok() ? read(ends[0], &first, 1) : 0;
    const uint64_t answered = now_ns();
    char rest[4096];
    while (started.ok() && read(ends[0], rest, sizeof rest) > 0) {
    }
    close(ends[0]);
    MLE_TRY(std::move(started));
    int status = 0;
    if (waitpid(child, &status, 0) != child) return failed("waitpid", errno);
    if (got != 1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
      return Status::make(Code::Io, format::rule::T302_ReadRows, Status::kNoOffset,
                          command_[0] + " gave no answer", "run it by hand to see why");
    samples.push_back(static_cast<double>(answered - begin));
    return {};
  }

  std::vector<std::string> command_;
  RowsFile rows_;
  uint64_t peak_rss_ = 0;
};

}  // namespace

Result<std::unique_ptr<Subject>> make_start_subject(const std::string& path,
                                                    const std::string& program) {
  MLE_TRY_ASSIGN(const Model model, Model::load(path.c_str()));
  MLE_TRY_ASSIGN(const Session session, Session::make(model));
  MLE_TRY_ASSIGN(const Workload work, Workload::make(session, 1));
  MLE_TRY_ASSIGN(RowsFile rows, RowsFile::write(session, work));
  std::vector<std::string> command{program, path, "--input", rows.path()};
  return std::unique_ptr<Subject>(
      std::make_unique<StartSubject>(std::move(command), std::move(rows)));
}

std::unique_ptr<Subject> make_start_subject(std::vector<std::string> command) {
  return std::make_unique<StartSubject>(std::move(command), RowsFile());
}

}  // namespace mle::tools
