// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/load_version.h"

#include <mle/session.h>

#include "format/file_view.h"
#include "format/rules.h"
#include "golden/every_output.h"
#include "golden/replay.h"

#include <algorithm>
#include <new>
#include <utility>

namespace mle::serve {
namespace {

constexpr uint64_t kWarmRows = 32;

// Rows of zeros and of missing strings, and room for their answers.
class WarmRows {
 public:
  WarmRows(const Plan& plan, uint64_t rows) {
    for (const TensorSpec& spec : plan.inputs) {
      const size_t count = spec.width() * (spec.per_row ? rows : 1);
      inputs_.emplace_back(spec.dtype, space(count * size_of(spec.dtype)), count);
    }
    for (const TensorSpec& spec : plan.outputs) {
      const size_t count = spec.width() * (spec.per_row ? rows : 1);
      outputs_.emplace_back(spec.dtype, space(count * size_of(spec.dtype)), count);
    }
  }
  // Nanoseconds of the fastest of a few calls. A model may refuse rows of zeros (a key that must be
  // known): that warms as well.
  double run(Session& session, int times) const {
    double best = 0;
    for (int i = 0; i < times; ++i) {
      const auto begin = Clock::now();
      const Status refused = session.run(inputs_, outputs_);
      const std::chrono::duration<double, std::nano> took = Clock::now() - begin;
      if (i == 0 || took.count() < best) best = took.count();
    }
    return best;
  }

 private:
  void* space(size_t bytes) {
    blocks_.emplace_back((bytes + 7) / 8 + 1);
    return blocks_.back().data();
  }
  std::vector<std::vector<uint64_t>> blocks_;
  std::vector<In> inputs_;
  std::vector<Out> outputs_;
};

Result<Plan> make_plan(const Model& model, const SessionOptions& options, size_t sessions) {
  MLE_TRY_ASSIGN(SessionPool pool, SessionPool::make(model, sessions, options));
  Plan plan{{}, {}, {}, true, false, 0, 0, std::move(pool)};
  std::vector<SessionPool::Lease> leases;
  for (size_t i = 0; i < sessions; ++i) leases.push_back(plan.sessions.take());
  const auto inputs = leases[0]->inputs(), outputs = leases[0]->outputs();
  plan.inputs.assign(inputs.begin(), inputs.end());
  plan.outputs.assign(outputs.begin(), outputs.end());
  plan.row_wise = std::any_of(inputs.begin(), inputs.end(),
                              [](const TensorSpec& spec) { return spec.per_row; });
  plan.rows_mix = leases[0]->rows_mix();
  const WarmRows one(plan, 1), many(plan, plan.row_wise ? kWarmRows : 1);
  for (SessionPool::Lease& lease : leases) {
    plan.call_ns = one.run(*lease, 3);
    if (plan.row_wise)
      plan.row_ns = std::max(0.0, many.run(*lease, 2) - plan.call_ns) / double{kWarmRows - 1};
  }
  return plan;
}

Status make_plans(Version& version, size_t sessions) {
  const auto entries = version.loaded.entries();
  for (const EntrySpec& entry : entries) {
    SessionOptions options;
    options.entry = entry.name;
    MLE_TRY_ASSIGN(Plan plan, make_plan(version.loaded, options, sessions));
    version.plans.push_back(std::move(plan));
  }
  if (entries.size() < 2) return {};
  const std::vector<std::string_view> names = golden::every_output(version.loaded);
  SessionOptions options;
  options.outputs = names;
  MLE_TRY_ASSIGN(Plan plan, make_plan(version.loaded, options, sessions));
  version.plans.push_back(std::move(plan));
  return {};
}

Status prove(Version& version, const format::FileView& view) {
  MLE_TRY_ASSIGN(const auto reports, golden::replay_golden(view, version.loaded));
  version.unproven = reports.empty();
  for (const golden::GoldenReport& report : reports) {
    if (report.wrong == 0) continue;
    return error(Code::Corrupt, format::rule::R122_Golden, Status::kNoOffset,
                 "convert the source model again; mle-inspect --verify shows all rows",
                 "entry '%s': %llu golden answers differ on this machine, the first: %s",
                 report.entry.c_str(), static_cast<unsigned long long>(report.wrong),
                 report.first_wrong.c_str());
  }
  return {};
}

void note_ranges(const format::FileView& view, Plan& plan) {
  for (const TensorSpec& input : plan.inputs) plan.ranges.push_back(Ranges::of(view, input));
  const auto says_nothing = [](const Ranges& ranges) { return ranges.empty(); };
  if (std::all_of(plan.ranges.begin(), plan.ranges.end(), says_nothing)) plan.ranges.clear();
}

Result<std::shared_ptr<const Version>> load(const LoadWish& wish, size_t sessions,
                                            std::shared_ptr<Counters> counters) {
  auto version = std::make_shared<Version>();
  version->model = wish.model;
  version->number = wish.number;
  version->counters = std::move(counters);
  MLE_TRY_ASSIGN(version->mark, mark_of(wish.path));
  MLE_TRY_ASSIGN(version->file, ModelFile::open(wish.path));
  format::ViewOptions viewing;
  viewing.verify = Verify::Everything;
  MLE_TRY_ASSIGN(const auto view, format::FileView::open(version->file.bytes(), viewing));
  MLE_TRY_ASSIGN(version->loaded, Model::from_memory(version->file.bytes()));
  MLE_TRY(prove(*version, view));
  MLE_TRY(make_plans(*version, sessions));
  for (Plan& plan : version->plans) note_ranges(view, plan);
  return std::shared_ptr<const Version>(std::move(version));
}

}  // namespace

Result<std::shared_ptr<const Version>> load_version(const LoadWish& wish, size_t sessions,
                                                    std::shared_ptr<Counters> counters) {
  try {
    return load(wish, sessions, std::move(counters));
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory();
  }
}

}  // namespace mle::serve
