// SPDX-License-Identifier: Apache-2.0
#include "serve/http/settings.h"

#include "format/rules.h"
#include "serve/protocol/json_text.h"

#include <simdjson.h>

namespace mle::serve {

namespace dom = simdjson::dom;

namespace {

Status refuse(const std::string& what, const char* hint) {
  return Status::make(Code::InvalidArgument, format::rule::S414_Protocol, Status::kNoOffset, what,
                      hint);
}

// Calls `take` with the members of the body; an empty body has none.
template <class Take>
Status each_member(std::string& body, const Take& take) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) return {};
  dom::parser parser;
  dom::element root;
  dom::object object;
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  if (parser.allocate(body.size(), 8) != simdjson::SUCCESS) return Status::out_of_memory();
  if (const auto failed = parser.parse(body.data(), body.size(), false).get(root))
    return refuse(std::string("the body is no JSON: ") + simdjson::error_message(failed),
                  "send a JSON object");
  if (root.get(object) != simdjson::SUCCESS)
    return refuse("the body is JSON, but no object", "send a JSON object");
  for (const dom::key_value_pair member : object) MLE_TRY(take(member.key, member.value));
  return {};
}

}  // namespace

Result<bool> read_index_body(std::string& body) {
  bool ready = false;
  MLE_TRY(each_member(body, [&ready](std::string_view name, const dom::element& value) -> Status {
    if (name != "ready" || value.get(ready) == simdjson::SUCCESS) return {};
    return refuse("'ready' is neither true nor false", "{\"ready\": true}");
  }));
  return ready;
}

// `unload_dependents` is what some clients always say; no model depends on another.
Status check_control_body(std::string& body) {
  return each_member(body, [](std::string_view name, const dom::element& value) -> Status {
    dom::object parameters;
    if (name != "parameters") return {};
    if (value.get(parameters) == simdjson::SUCCESS) {
      bool others = false;
      for (const dom::key_value_pair member : parameters)
        others = others || member.key != "unload_dependents";
      if (!others) return {};
    }
    return Status::make(Code::Unsupported, format::rule::S412_Control, Status::kNoOffset,
                        "models are loaded as their files are: parameters are not taken",
                        "send none");
  });
}

void trace_settings(std::string& text) {
  text += R"({"trace_level":["OFF"],"trace_rate":"1000","trace_count":"-1","log_frequency":"0",)"
          R"("trace_file":"","trace_mode":"triton"})";
}

Status set_trace(std::string& body, std::string& text) {
  MLE_TRY(each_member(body, [](std::string_view name, const dom::element& value) -> Status {
    dom::array levels;
    bool off = value.is_null();
    if (name == "trace_level" && value.get(levels) == simdjson::SUCCESS) {
      std::string_view level;
      off = levels.size() == 0 ||
            (levels.size() == 1 && levels.at(0).get(level) == simdjson::SUCCESS && level == "OFF");
    }
    if (off) return {};
    return Status::make(Code::Unsupported, format::rule::S412_Control, Status::kNoOffset,
                        "requests are not traced here",
                        "metrics and statistics say where time goes");
  }));
  trace_settings(text);
  return {};
}

void log_settings(const Service& service, std::string& text) {
  JsonScope root(text, '{');
  root.field("log_file", "");
  root.field("log_info", service.log_settings().info.load());
  root.field("log_warning", service.log_settings().warning.load());
  root.field("log_error", true);
  root.field("log_verbose_level", 0);
  root.field("log_format", "default");
}

Status set_log(Service& service, const HttpQuestion& question, std::string& text) {
  MLE_TRY(service.may_change(question.caller));
  MLE_TRY(
      each_member(question.body, [&](std::string_view name, const dom::element& value) -> Status {
        bool on = false;
        const bool is_switch = value.get(on) == simdjson::SUCCESS;
        if (is_switch && name == "log_info")
          service.log_settings().info = on;
        else if (is_switch && name == "log_warning")
          service.log_settings().warning = on;
        else
          return refuse("'" + std::string(name.substr(0, 200)) + "' cannot be set here",
                        "log_info and log_warning are true or false");
        return {};
      }));
  log_settings(service, text);
  return {};
}

}  // namespace mle::serve
