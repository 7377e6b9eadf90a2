// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "serve/grpc/rare_calls.h"
#include "serve/protocol/model_config.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace mle::serve {
namespace {

template <class To>
void describe(const TensorSpec& spec, bool by_rows, To& to) {
  inference::DataType type = inference::TYPE_INVALID;
  inference::DataType_Parse(config_type(spec.dtype), &type);
  to.set_name(spec.name.data(), spec.name.size());
  to.set_data_type(type);
  for (const int64_t dim : config_dims(spec, by_rows)) to.add_dims(dim);
}

Status config(const Service& service, const inference::ModelConfigRequest& question,
              inference::ModelConfigResponse& answer) {
  MLE_TRY_ASSIGN(const auto version, service.find(question.name(), question.version()));
  const bool by_rows = goes_by_rows(*version);
  auto& to = *answer.mutable_config();
  to.set_name(version->model);
  to.set_platform("mle");
  to.set_backend("mle");
  constexpr uint64_t kMost = std::numeric_limits<int32_t>::max();
  if (by_rows)
    to.set_max_batch_size(static_cast<int32_t>(std::min(service.engine().most_rows(), kMost)));
  for (const TensorSpec& spec : version->whole().inputs) describe(spec, by_rows, *to.add_input());
  for (const TensorSpec& spec : version->whole().outputs) describe(spec, by_rows, *to.add_output());
  for (const TensorSpec& spec : version->whole().inputs)
    if (spec.axes != Axes::AsDims)
      (*to.mutable_parameters())["axes." + std::string(spec.name)].set_string_value(
          axes_word(spec.axes));
  return {};
}

Status regions(const Service& service, const inference::SystemSharedMemoryStatusRequest& question,
               inference::SystemSharedMemoryStatusResponse& answer) {
  MLE_TRY_ASSIGN(const auto found, service.regions().list(question.name()));
  for (const RegionFacts& facts : found) {
    auto& to = (*answer.mutable_regions())[facts.name];
    to.set_name(facts.name);
    to.set_key(facts.key);
    to.set_offset(facts.offset);
    to.set_byte_size(facts.size);
  }
  return {};
}

Status no_cuda() {
  return Status::make(Code::Unsupported, format::rule::S418_SharedMemory, Status::kNoOffset,
                      "there is no CUDA memory here", "send tensors in the message");
}

// Nothing is traced: there is one setting, and it is off.
Status trace(const inference::TraceSettingRequest& question,
             inference::TraceSettingResponse& answer) {
  for (const auto& [name, given] : question.settings()) {
    const bool is_level = name == "trace_level";
    const auto& values = given.value();
    if (!std::all_of(values.begin(), values.end(),
                     [&](const std::string& value) { return is_level && value == "OFF"; }))
      return Status::make(Code::Unsupported, format::rule::S412_Control, Status::kNoOffset,
                          "requests are not traced here",
                          "metrics and statistics say where time goes");
  }
  auto& to = *answer.mutable_settings();
  to["trace_level"].add_value("OFF");
  to["trace_rate"].add_value("1000");
  to["trace_count"].add_value("-1");
  to["log_frequency"].add_value("0");
  to["trace_file"].add_value("");
  to["trace_mode"].add_value("triton");
  return {};
}

Status log(Service& service, const Caller& caller, const inference::LogSettingsRequest& question,
           inference::LogSettingsResponse& answer) {
  LogSettings& settings = service.log_settings();
  if (!question.settings().empty()) MLE_TRY(service.may_change(caller));
  for (const auto& [name, given] : question.settings()) {
    if (given.has_bool_param() && name == "log_info")
      settings.info = given.bool_param();
    else if (given.has_bool_param() && name == "log_warning")
      settings.warning = given.bool_param();
    else
      return Status::make(Code::InvalidArgument, format::rule::S414_Protocol, Status::kNoOffset,
                          "'" + name.substr(0, 200) + "' cannot be set here",
                          "log_info and log_warning are true or false");
  }
  auto& to = *answer.mutable_settings();
  to["log_file"].set_string_param("");
  to["log_info"].set_bool_param(settings.info);
  to["log_warning"].set_bool_param(settings.warning);
  to["log_error"].set_bool_param(true);
  to["log_verbose_level"].set_uint32_param(0);
  to["log_format"].set_string_param("default");
  return {};
}

}  // namespace

void arm_setting_calls(Loop& loop, Inference& calls) {
  Service& service = loop.service();
  MLE_ARM(ModelConfig,
          [&service](const Caller&, const auto& question, auto& answer, const Answered& answered) {
            answered(config(service, question, answer));
          });
  MLE_ARM(SystemSharedMemoryStatus,
          [&service](const Caller&, const auto& question, auto& answer, const Answered& answered) {
            answered(regions(service, question, answer));
          });
  MLE_ARM(SystemSharedMemoryRegister,
          [&service](const Caller& caller, const auto& question, auto&, const Answered& answered) {
            Status status = service.may_change(caller);
            if (status.ok())
              status = service.regions().add(
                  {question.name(), question.key(), question.offset(), question.byte_size()});
            answered(std::move(status));
          });
  MLE_ARM(SystemSharedMemoryUnregister,
          [&service](const Caller& caller, const auto& question, auto&, const Answered& answered) {
            Status status = service.may_change(caller);
            if (status.ok()) service.regions().remove(question.name());
            answered(std::move(status));
          });
  MLE_ARM(CudaSharedMemoryStatus,
          [](const Caller&, const auto&, auto&, const Answered& answered) { answered({}); });
  MLE_ARM(CudaSharedMemoryRegister,
          [](const Caller&, const auto&, auto&, const Answered& answered) { answered(no_cuda()); });
  MLE_ARM(CudaSharedMemoryUnregister,
          [](const Caller&, const auto&, auto&, const Answered& answered) { answered({}); });
  MLE_ARM(TraceSetting, [](const Caller&, const auto& question, auto& answer,
                           const Answered& answered) { answered(trace(question, answer)); });
  MLE_ARM(LogSettings, [&service](const Caller& caller, const auto& question, auto& answer,
                                  const Answered& answered) {
    answered(log(service, caller, question, answer));
  });
}

}  // namespace mle::serve
