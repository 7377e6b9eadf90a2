// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "tools/mle-bench/clock.h"
#include "tools/mle-bench/subject.h"
#include "tools/mle-bench/workload.h"

#include <algorithm>

namespace mle::tools {
namespace {

class LoadSubject final : public Subject {
 public:
  LoadSubject(std::string path, std::vector<double>* sessions, std::vector<double>* first_runs)
      : path_(std::move(path)), sessions_(sessions), first_runs_(first_runs) {}

  Status round(double seconds, std::vector<double>& samples) override {
    const uint64_t end = now_ns() + static_cast<uint64_t>(seconds * 1e9);
    if (isa_.empty()) {  // brings the file into the page cache
      std::vector<double> ignored;
      MLE_TRY(once(ignored, false));
    }
    do MLE_TRY(once(samples, true));
    while (now_ns() < end);
    return {};
  }

  std::string isa() const override { return isa_; }

 private:
  static double elapsed_since(uint64_t begin) {
    return std::max(static_cast<double>(now_ns() - begin) - clock_cost_ns(), 0.0);
  }

  Status once(std::vector<double>& samples, bool keep) {
    uint64_t begin = now_ns();
    MLE_TRY_ASSIGN(const Model model, Model::load(path_.c_str()));
    samples.push_back(elapsed_since(begin));
    isa_ = model.isa();
    begin = now_ns();
    MLE_TRY_ASSIGN(Session session, Session::make(model));
    if (keep && sessions_ != nullptr) sessions_->push_back(elapsed_since(begin));
    MLE_TRY_ASSIGN(Workload work, Workload::make(session, 1));
    begin = now_ns();
    MLE_TRY(work.run(session));
    if (keep && first_runs_ != nullptr) first_runs_->push_back(elapsed_since(begin));
    return {};
  }

  std::string path_, isa_;
  std::vector<double>* sessions_;
  std::vector<double>* first_runs_;
};

}  // namespace

Result<std::unique_ptr<Subject>> make_load_subject(const std::string& model,
                                                   std::vector<double>* sessions,
                                                   std::vector<double>* first_runs) {
  return std::unique_ptr<Subject>(std::make_unique<LoadSubject>(model, sessions, first_runs));
}

}  // namespace mle::tools
