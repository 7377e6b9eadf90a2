// SPDX-License-Identifier: Apache-2.0
#include "serve/http/answers.h"

#include <mle/version.h>

#include "format/rules.h"
#include "serve/http/pages.h"
#include "serve/http/settings.h"
#include "serve/protocol/datatypes.h"
#include "serve/protocol/json_text.h"
#include "serve/protocol/metrics.h"
#include "serve/protocol/model_config.h"

#include <vector>

namespace mle::serve {
namespace {

// The extensions of the protocol that are there in full.
constexpr const char* kExtensions[] = {"binary_tensor_data", "model_repository",
                                       "model_configuration", "statistics", "logging"};

void append_dims(JsonScope& to, std::string_view name, std::string& text,
                 const std::vector<int64_t>& dims) {
  to.next(name);
  JsonScope list(text, '[');
  for (const int64_t dim : dims) list.value(dim);
}

void server_metadata(HttpReply& reply) {
  JsonScope root(reply.body, '{');
  root.field("name", "mle-serve");
  root.field("version", MLE_VERSION_STRING);
  root.next("extensions");
  JsonScope list(reply.body, '[');
  for (const char* extension : kExtensions) list.value(extension);
}

void append_metadata(const std::vector<TensorSpec>& specs, std::string& text) {
  JsonScope list(text, '[');
  for (const TensorSpec& spec : specs) {
    list.next();
    JsonScope tensor(text, '{');
    tensor.field("name", spec.name);
    tensor.field("datatype", protocol_name(spec.dtype));
    std::vector<int64_t> shape;
    append_shape(spec, kAnyRows, shape);
    append_dims(tensor, "shape", text, shape);
  }
}

Status model_metadata(const Service& service, const Route& route, std::string& text) {
  MLE_TRY_ASSIGN(const auto version, service.find(route.model, route.version));
  MLE_TRY_ASSIGN(const auto all, service.list(route.model, ""));
  JsonScope root(text, '{');
  root.field("name", version->model);
  root.next("versions");
  {
    JsonScope list(text, '[');
    for (const auto& each : all) list.value(std::to_string(each->number));
  }
  root.field("platform", "mle");
  root.next("inputs");
  append_metadata(version->whole().inputs, text);
  root.next("outputs");
  append_metadata(version->whole().outputs, text);
  return {};
}

void append_config(const std::vector<TensorSpec>& specs, bool by_rows, std::string& text) {
  JsonScope list(text, '[');
  for (const TensorSpec& spec : specs) {
    list.next();
    JsonScope tensor(text, '{');
    tensor.field("name", spec.name);
    tensor.field("data_type", config_type(spec.dtype));
    append_dims(tensor, "dims", text, config_dims(spec, by_rows));
  }
}

Status model_config(const Service& service, const Route& route, std::string& text) {
  MLE_TRY_ASSIGN(const auto version, service.find(route.model, route.version));
  const bool by_rows = goes_by_rows(*version);
  JsonScope root(text, '{');
  root.field("name", version->model);
  root.field("platform", "mle");
  root.field("backend", "mle");
  root.field("max_batch_size", by_rows ? service.engine().most_rows() : 0);
  root.next("input");
  append_config(version->whole().inputs, by_rows, text);
  root.next("output");
  append_config(version->whole().outputs, by_rows, text);
  root.next("parameters");
  JsonScope parameters(text, '{');
  for (const TensorSpec& spec : version->whole().inputs) {
    if (spec.axes == Axes::AsDims) continue;
    parameters.next("axes." + std::string(spec.name));
    JsonScope(text, '{').field("string_value", axes_word(spec.axes));
  }
  return {};
}

void append_statistics(const Version& version, std::string& text) {
  const Counters& counters = *version.counters;
  const uint64_t succeeded = counters.succeeded, failed = counters.failed;
  JsonScope root(text, '{');
  root.field("name", version.model);
  root.field("version", std::to_string(version.number));
  root.field("last_inference", counters.last_request_ms.load());
  root.field("inference_count", counters.rows.load());
  root.field("execution_count", counters.executions.load());
  root.next("inference_stats");
  {
    JsonScope times(text, '{');
    const auto add = [&](const char* name, uint64_t count, uint64_t ns) {
      times.next(name);
      JsonScope duration(text, '{');
      duration.field("count", count);
      duration.field("ns", ns);
    };
    add("success", succeeded, counters.success_ns);
    add("fail", failed, counters.fail_ns);
    add("queue", succeeded, counters.queue_ns);
    // What is copied in and out is counted with the computing.
    add("compute_input", succeeded, 0);
    add("compute_infer", succeeded, counters.compute_ns);
    add("compute_output", succeeded, 0);
  }
  root.next("batch_stats") += "[]";
}

Status statistics(const Service& service, const Route& route, std::string& text) {
  MLE_TRY_ASSIGN(const auto versions, service.list(route.model, route.version));
  JsonScope root(text, '{');
  root.next("model_stats");
  JsonScope list(text, '[');
  for (const auto& version : versions) {
    list.next();
    append_statistics(*version, text);
  }
  return {};
}

Status index(const Service& service, std::string& body, std::string& text) {
  MLE_TRY_ASSIGN(const bool ready_alone, read_index_body(body));
  JsonScope list(text, '[');
  for (const IndexLine& line : service.repository().index()) {
    if (ready_alone && !line.ready) continue;
    list.next();
    JsonScope model(text, '{');
    model.field("name", line.model);
    if (line.version > 0) model.field("version", std::to_string(line.version));
    model.field("state", line.ready ? "READY" : "UNAVAILABLE");
    model.field("reason", reason_of(line));
  }
  return {};
}

// The status is the answer; some clients read the body. `model`: "" where the server is asked
// about.
void readiness(bool ready, const std::string& model, HttpReply& reply) {
  if (!ready) return reply.fail(503, "not ready");
  JsonScope root(reply.body, '{');
  if (!model.empty()) root.field("name", model);
  root.field("ready", true);
}

Status no_cuda() {
  return Status::make(Code::Unsupported, format::rule::S418_SharedMemory, Status::kNoOffset,
                      "there is no CUDA memory here", "send tensors in the body");
}

}  // namespace

void answer(Service& service, const HttpQuestion& question, HttpReply& reply) {
  const Route& route = question.route;
  std::string& text = reply.body;
  Status status;
  switch (route.ask) {
    case Ask::Live: JsonScope(text, '{').field("live", true); break;
    case Ask::Ready: readiness(service.ready(), "", reply); break;
    case Ask::ModelReady:
      status = service.known(route.model);
      if (status.ok()) readiness(service.ready(route.model, route.version), route.model, reply);
      break;
    case Ask::Server: server_metadata(reply); break;
    case Ask::Model: status = model_metadata(service, route, text); break;
    case Ask::Config: status = model_config(service, route, text); break;
    case Ask::Statistics: status = statistics(service, route, text); break;
    case Ask::Index: status = index(service, question.body, text); break;
    case Ask::TraceSettings: trace_settings(text); break;
    case Ask::SetTrace: status = set_trace(question.body, text); break;
    case Ask::LogSettings: log_settings(service, text); break;
    case Ask::SetLog: status = set_log(service, question, text); break;
    case Ask::Regions:
    case Ask::CudaRegions: text = "[]"; break;
    case Ask::Region:
    case Ask::RegisterRegion:
    case Ask::UnregisterRegion:
    case Ask::UnregisterRegions:
    case Ask::NoCuda: status = no_cuda(); break;
    case Ask::Metrics:
      reply.type = "text/plain; version=0.0.4; charset=utf-8";
      append_metrics(service, text);
      break;
    case Ask::OpenApi: append_openapi(text); break;
    case Ask::Page: append_page(reply); break;
    case Ask::Nothing:
    case Ask::Infer:
    case Ask::Load:
    case Ask::Unload: break;
  }
  if (!status.ok()) reply.fail(status);
}

}  // namespace mle::serve
