// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-convert/folder.h"

#include "format/rules.h"
#include "tools/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

namespace mle::tools {
namespace {

namespace fs = std::filesystem;

Status unusable(const fs::path& path, const std::string& why) {
  return Status::make(Code::Io, format::rule::C202_ReadSource, Status::kNoOffset,
                      path.string() + ": " + why, "check the path and its permissions");
}

struct Found {
  std::vector<fs::path> files;
  std::vector<fs::path> closed;  // folders that may not be entered
};

Result<Found> find_files(const fs::path& folder) {
  std::error_code error;
  Found found;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code ignored;  // a link to nowhere is no regular file
    if (at->is_regular_file(ignored)) found.files.push_back(at->path());
    if (at->is_directory(ignored) && ::access(at->path().c_str(), R_OK | X_OK) != 0)
      found.closed.push_back(at->path());
  }
  if (error) return unusable(folder, error.message());
  std::sort(found.files.begin(), found.files.end());
  std::sort(found.closed.begin(), found.closed.end());
  return found;
}

// Fails where the file can't be read; what is empty is no model.
Result<bool> is_model(const std::string& path, const std::string& from) {
  std::error_code error;
  if (fs::file_size(path, error) == 0 && !error) return false;
  MLE_TRY_ASSIGN(const compiler::SourceFile opened, compiler::SourceFile::open(path));
  const compiler::SourceFile* source = &opened;
  for (const compiler::Importer& importer : compiler::importers())
    if ((from.empty() || from == importer.name) && importer.can_read(*source)) return true;
  return false;
}

struct Job {
  fs::path source, output;
};

// Two sources may differ in nothing but their suffix: the later one is an error, not an overwrite.
void convert_all(const std::vector<Job>& jobs, uint64_t threads, const ConvertOptions& options,
                 const Console& console, std::vector<Conversion>& results) {
  Progress progress(console, "models", jobs.size());
  std::mutex drawing;
  std::atomic<size_t> next{0}, done{0};
  const auto work = [&] {
    for (size_t i = next++; i < jobs.size(); i = next++) {
      if (results[i].ok())
        results[i] = convert(jobs[i].source.string(), jobs[i].output.string(), options, console);
      const std::lock_guard lock(drawing);
      progress.update(++done);
    }
  };
  std::vector<std::jthread> workers;
  for (uint64_t i = 1; i < std::min<uint64_t>(threads, jobs.size()); ++i)
    workers.emplace_back(work);
  work();
}

}  // namespace

Result<FolderResult> convert_folder(const std::string& source, const std::string& output,
                                    const ConvertOptions& options, uint64_t jobs,
                                    const Console& console) {
  MLE_TRY_ASSIGN(const Found found, find_files(source));
  FolderResult result;
  std::vector<Conversion> unreadable;
  const auto note = [&](const fs::path& path, const Status& status) {
    Conversion& conversion = unreadable.emplace_back();
    conversion.source = path.string();
    conversion.problems.add(status, "");
  };
  for (const fs::path& folder : found.closed) note(folder, unusable(folder, "may not be entered"));
  std::vector<Job> todo;
  std::set<fs::path> outputs;
  for (const fs::path& file : found.files) {
    const auto model = is_model(file.string(), options.compile.from);
    if (!model) {
      note(file, model.error());
      continue;
    }
    if (!*model) {
      ++result.skipped;
      continue;
    }
    fs::path to = output / file.lexically_relative(source);
    to.replace_extension(".mle");
    std::error_code error;
    fs::create_directories(to.parent_path(), error);
    if (error) return unusable(to.parent_path(), error.message());
    Conversion& conversion = result.conversions.emplace_back();
    conversion.source = file.string();
    if (!outputs.insert(to).second)
      conversion.problems.add(Code::InvalidArgument, format::rule::C217_WriteOutput, "",
                              to.string() + " is already the output of another model here",
                              "rename one of the two sources");
    todo.push_back({file, std::move(to)});
  }
  convert_all(todo, jobs, options, console, result.conversions);
  for (Conversion& each : unreadable) result.conversions.push_back(std::move(each));
  std::ranges::sort(result.conversions, {}, &Conversion::source);
  return result;
}

}  // namespace mle::tools
