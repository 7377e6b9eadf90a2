// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/rare_calls.h"

#include <mle/version.h>

#include "format/rules.h"
#include "serve/grpc/unary_call.h"
#include "serve/protocol/datatypes.h"

#include <string>
#include <utility>
#include <vector>

namespace mle::serve {
namespace {

// The extensions of the protocol that are there in full.
constexpr const char* kExtensions[] = {"model_repository", "model_configuration", "statistics",
                                       "system_shared_memory", "logging"};

void describe(const TensorSpec& spec, inference::ModelMetadataResponse::TensorMetadata& to) {
  to.set_name(spec.name.data(), spec.name.size());
  const std::string_view type = protocol_name(spec.dtype);
  to.set_datatype(type.data(), type.size());
  std::vector<int64_t> shape;
  append_shape(spec, kAnyRows, shape);
  for (const int64_t dim : shape) to.add_shape(dim);
}

Status metadata(const Service& service, const inference::ModelMetadataRequest& question,
                inference::ModelMetadataResponse& answer) {
  MLE_TRY_ASSIGN(const auto version, service.find(question.name(), question.version()));
  answer.set_name(version->model);
  answer.set_platform("mle");
  const auto catalog = service.engine().catalog();
  if (const CatalogModel* model = catalog->find(question.name()))
    for (const auto& other : model->versions) answer.add_versions(std::to_string(other->number));
  for (const TensorSpec& spec : version->whole().inputs) describe(spec, *answer.add_inputs());
  for (const TensorSpec& spec : version->whole().outputs) describe(spec, *answer.add_outputs());
  return {};
}

void statistics_of(const Version& version, inference::ModelStatistics& to) {
  const Counters& counters = *version.counters;
  const auto set = [](inference::StatisticDuration* duration, uint64_t count, uint64_t ns) {
    duration->set_count(count);
    duration->set_ns(ns);
  };
  const uint64_t succeeded = counters.succeeded, failed = counters.failed;
  to.set_name(version.model);
  to.set_version(std::to_string(version.number));
  to.set_last_inference(counters.last_request_ms);
  to.set_inference_count(counters.rows);
  to.set_execution_count(counters.executions);
  auto& statistics = *to.mutable_inference_stats();
  set(statistics.mutable_success(), succeeded, counters.success_ns);
  set(statistics.mutable_fail(), failed, counters.fail_ns);
  set(statistics.mutable_queue(), succeeded, counters.queue_ns);
  // What is copied in and out is counted with the computing.
  set(statistics.mutable_compute_input(), succeeded, 0);
  set(statistics.mutable_compute_infer(), succeeded, counters.compute_ns);
  set(statistics.mutable_compute_output(), succeeded, 0);
}

Status statistics(const Service& service, const inference::ModelStatisticsRequest& question,
                  inference::ModelStatisticsResponse& answer) {
  MLE_TRY_ASSIGN(const auto versions, service.list(question.name(), question.version()));
  for (const auto& version : versions) statistics_of(*version, *answer.add_model_stats());
  return {};
}

Status index(const Service& service, const inference::RepositoryIndexRequest& question,
             inference::RepositoryIndexResponse& answer) {
  for (const IndexLine& line : service.repository().index()) {
    if (question.ready() && !line.ready) continue;
    auto& model = *answer.add_models();
    model.set_name(line.model);
    if (line.version > 0) model.set_version(std::to_string(line.version));
    model.set_state(line.ready ? "READY" : "UNAVAILABLE");
    model.set_reason(std::string(reason_of(line)));
  }
  return {};
}

// Files come from the repository alone, never from the request.
// `unload_dependents` is what some clients always say; no model depends on another.
template <class Question>
bool takes_no_parameters(const Question& question, const Answered& answered) {
  const auto& given = question.parameters();
  if (given.size() == given.count("unload_dependents")) return true;
  answered(Status::make(Code::Unsupported, format::rule::S412_Control, Status::kNoOffset,
                        "models are loaded as their files are: parameters are not taken",
                        "send none"));
  return false;
}

}  // namespace

void arm_rare_calls(Loop& loop, Inference& calls) {
  const Service& service = loop.service();
  MLE_ARM(ServerLive, [](const Caller&, const auto&, auto& answer, const Answered& answered) {
    answer.set_live(true);
    answered({});
  });
  MLE_ARM(ServerReady,
          [&service](const Caller&, const auto&, auto& answer, const Answered& answered) {
            answer.set_ready(service.ready());
            answered({});
          });
  MLE_ARM(ModelReady,
          [&service](const Caller&, const auto& question, auto& answer, const Answered& answered) {
            answer.set_ready(service.ready(question.name(), question.version()));
            answered({});
          });
  MLE_ARM(ServerMetadata, [](const Caller&, const auto&, auto& answer, const Answered& answered) {
    answer.set_name("mle-serve");
    answer.set_version(MLE_VERSION_STRING);
    for (const char* extension : kExtensions) answer.add_extensions(extension);
    answered({});
  });
  MLE_ARM(ModelMetadata,
          [&service](const Caller&, const auto& question, auto& answer, const Answered& answered) {
            answered(metadata(service, question, answer));
          });
  MLE_ARM(ModelStatistics,
          [&service](const Caller&, const auto& question, auto& answer, const Answered& answered) {
            answered(statistics(service, question, answer));
          });
  MLE_ARM(RepositoryIndex,
          [&service](const Caller&, const auto& question, auto& answer, const Answered& answered) {
            answered(index(service, question, answer));
          });
  MLE_ARM(RepositoryModelLoad,
          [&service](const Caller& caller, const auto& question, auto&, const Answered& answered) {
            if (takes_no_parameters(question, answered))
              service.load(caller, question.model_name(), answered);
          });
  MLE_ARM(RepositoryModelUnload,
          [&service](const Caller& caller, const auto& question, auto&, const Answered& answered) {
            if (takes_no_parameters(question, answered))
              service.unload(caller, question.model_name(), answered);
          });
  arm_setting_calls(loop, calls);
}

}  // namespace mle::serve
