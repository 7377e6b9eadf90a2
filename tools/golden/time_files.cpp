// SPDX-License-Identifier: Apache-2.0
#include "tools/golden/time_files.h"

#include <mle/mle.h>

#include "tools/golden/elements.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>

namespace mle::tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kBlock = 2e5, kAll = 5e8;  // nanoseconds of a block of calls, and of all rounds
constexpr size_t kFewestRounds = 3, kMostRounds = 101;

double nanoseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
}

// One file, ready to answer the rows with its default entry.
class Subject {
 public:
  static Status add(std::deque<Subject>& to, std::span<const std::byte> file,
                    const compiler::TrialRows& rows) {
    MLE_TRY_ASSIGN(Model model, Model::from_memory(file));
    MLE_TRY_ASSIGN(Session session, Session::make(model));
    Subject& made = to.emplace_back(std::move(model), std::move(session));
    for (size_t i = 0; i < rows.inputs.size(); ++i)
      made.inputs_.add(made.session_.inputs()[i].dtype, rows.inputs[i]);
    for (const TensorSpec& spec : made.session_.outputs()) {
      const size_t count = spec.width() * (spec.per_row ? rows.rows : 1);
      made.answers_.emplace_back((count * size_of(spec.dtype) + 7) / 8);
      made.outputs_.emplace_back(spec.dtype, made.answers_.back().data(), count);
    }
    return made.run(1);
  }

  Subject(Model model, Session session) : model_(std::move(model)), session_(std::move(session)) {}

  Status run(size_t calls) {
    for (size_t call = 0; call < calls; ++call) MLE_TRY(session_.run(inputs_.inputs(), outputs_));
    return {};
  }

  Result<double> time(size_t calls) {
    const Clock::time_point begin = Clock::now();
    MLE_TRY(run(calls));
    return nanoseconds_since(begin) / static_cast<double>(calls);
  }

 private:
  Model model_;
  Session session_;
  InputBuffers inputs_;
  std::deque<std::vector<uint64_t>> answers_;
  std::vector<Out> outputs_;
};

double median(std::vector<double> times) {
  std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(times.size() / 2),
                   times.end());
  return times[times.size() / 2];
}

}  // namespace

Result<std::vector<double>> time_files(std::span<const std::span<const std::byte>> files,
                                       const compiler::TrialRows& rows) {
  std::deque<Subject> subjects;
  for (const auto& file : files) MLE_TRY(Subject::add(subjects, file, rows));
  std::vector<size_t> calls;
  for (Subject& subject : subjects) {
    MLE_TRY_ASSIGN(const double call, subject.time(1));
    calls.push_back(static_cast<size_t>(std::clamp(kBlock / std::max(call, 1.0), 1.0, 1e4)));
  }
  std::vector<std::vector<double>> times(subjects.size());
  const Clock::time_point begin = Clock::now();
  for (size_t round = 0; round < kMostRounds; ++round) {
    if (round >= kFewestRounds && nanoseconds_since(begin) > kAll) break;
    for (size_t i = 0; i < subjects.size(); ++i) {
      MLE_TRY_ASSIGN(const double call, subjects[i].time(calls[i]));
      times[i].push_back(call / static_cast<double>(std::max<size_t>(rows.rows, 1)));
    }
  }
  std::vector<double> medians;
  for (const auto& each : times) medians.push_back(median(each));
  return medians;
}

}  // namespace mle::tools
