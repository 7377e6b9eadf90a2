// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "format/rules.h"
#include "tools/cli/npy.h"
#include "tools/cli/npz_writer.h"
#include "tools/cli/output_stream.h"
#include "tools/cli/spool.h"
#include "tools/mle-bench/clock.h"
#include "tools/mle-bench/subject.h"
#include "tools/mle-bench/workload.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

extern char** environ;

namespace mle::tools {
namespace {

Status failed(const std::string& what, int number) {
  return Status::make(Code::Io, format::rule::T302_ReadRows, Status::kNoOffset,
                      what + ": " + std::strerror(number), "is the program there?");
}

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
      MLE_TRY(writer.add(std::string(spec.name), npy_descr(spec.dtype), shape, spool));
    }
    MLE_TRY(writer.finish());
    MLE_TRY(out.commit());
    return file;
  }

 private:
  std::string folder_;
};

class StartSubject final : public Subject {
 public:
  StartSubject(std::string program, std::string model, RowsFile rows)
      : program_(std::move(program)), model_(std::move(model)), rows_(std::move(rows)) {}

  Status round(double seconds, std::vector<double>& samples) override {
    const uint64_t end = now_ns() + static_cast<uint64_t>(seconds * 1e9);
    if (std::exchange(cold_, false)) {
      std::vector<double> ignored;
      MLE_TRY(once(ignored));
    }
    do MLE_TRY(once(samples));
    while (now_ns() < end);
    return {};
  }

  uint64_t peak_rss_bytes() const override { return peak_rss_; }

 private:
  Status once(std::vector<double>& samples) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return failed("pipe", errno);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    const std::string rows = rows_.path();
    const char* arguments[] = {program_.c_str(), model_.c_str(), "--input", rows.c_str(), nullptr};
    pid_t child = -1;
    const uint64_t begin = now_ns();
    const int error = posix_spawn(&child, program_.c_str(), &actions, nullptr,
                                  const_cast<char**>(arguments), environ);
    close(ends[1]);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
      close(ends[0]);
      return failed(program_, error);
    }
    char first = 0;
    const ssize_t got = read(ends[0], &first, 1);
    const uint64_t answered = now_ns();
    while (read(ends[0], buffer_, sizeof buffer_) > 0) {
    }
    close(ends[0]);
    int status = 0;
    rusage usage{};
    if (wait4(child, &status, 0, &usage) != child) return failed("wait4", errno);
    if (got != 1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
      return Status::make(Code::Io, format::rule::T302_ReadRows, Status::kNoOffset,
                          program_ + " gave no answer", "run it by hand to see why");
    samples.push_back(static_cast<double>(answered - begin));
    peak_rss_ = std::max(peak_rss_, static_cast<uint64_t>(usage.ru_maxrss) * 1024);
    return {};
  }

  std::string program_, model_;
  RowsFile rows_;
  bool cold_ = true;
  uint64_t peak_rss_ = 0;
  char buffer_[4096] = {};
};

}  // namespace

Result<std::unique_ptr<Subject>> make_start_subject(const std::string& path,
                                                    const std::string& program) {
  MLE_TRY_ASSIGN(const Model model, Model::load(path.c_str()));
  MLE_TRY_ASSIGN(const Session session, Session::make(model));
  MLE_TRY_ASSIGN(const Workload work, Workload::make(session, 1));
  MLE_TRY_ASSIGN(RowsFile rows, RowsFile::write(session, work));
  return std::unique_ptr<Subject>(std::make_unique<StartSubject>(program, path, std::move(rows)));
}

}  // namespace mle::tools
