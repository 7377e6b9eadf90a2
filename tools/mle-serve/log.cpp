// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-serve/log.h"

#include "tools/cli/json.h"
#include "tools/cli/text.h"

#include <chrono>
#include <cstdio>
#include <ctime>

namespace mle::tools {
namespace {

// 2026-11-21T09:08:07.123Z
std::string time_text() {
  using namespace std::chrono;
  const auto now = system_clock::now();
  const std::time_t seconds = system_clock::to_time_t(now);
  const auto fraction = duration_cast<milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char day[32], text[48];
  std::strftime(day, sizeof day, "%FT%T", &parts);
  std::snprintf(text, sizeof text, "%s.%03dZ", day, static_cast<int>(fraction));
  return text;
}

}  // namespace

void Log::info(std::string_view what, std::initializer_list<Field> fields) {
  const serve::LogSettings* const settings = settings_.load();
  if (settings == nullptr || settings->info) line("info", what, fields);
}

void Log::warning(std::string_view what, std::initializer_list<Field> fields) {
  const serve::LogSettings* const settings = settings_.load();
  if (settings == nullptr || settings->warning) line("warning", what, fields);
}

void Log::line(std::string_view level, std::string_view what, std::initializer_list<Field> fields) {
  std::string text;
  if (json_) {
    text = "{\"time\":\"" + time_text() + "\",\"level\":\"" + std::string(level) + "\",\"what\":";
    append_json_text(text, what);
    for (const auto& [name, value] : fields) {
      text += ",";
      append_json_text(text, name);
      text += ":";
      append_json_text(text, value);
    }
    text += "}\n";
  } else {
    text = time_text() + " " + std::string(level) + ": " + std::string(what);
    for (const auto& [name, value] : fields)
      text += " " + std::string(name) + "=" + printable(value);
    text += "\n";
  }
  const std::lock_guard lock(mutex_);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void Log::news(const std::vector<serve::IndexLine>& index) {
  std::map<std::string, std::string> now;
  for (const serve::IndexLine& each : index) {
    const std::string version = std::to_string(each.version);
    const std::string state =
        (each.ready ? "ready " : "") + each.reason + " " + std::to_string(each.loads);
    const std::string key = each.model + "/" + version + (each.model.empty() ? each.reason : "");
    now[key] = state;
    {
      const std::lock_guard lock(mutex_);
      if (const auto at = known_.find(key); at != known_.end() && at->second == state) continue;
    }
    if (!each.reason.empty())
      warning(
          each.ready ? "a new file does not load, the old one goes on serving" : "does not serve",
          {{"model", each.model}, {"version", version}, {"reason", each.reason}});
    else
      info(each.unproven ? "serves, unproven: the file has no golden rows" : "serves",
           {{"model", each.model}, {"version", version}});
  }
  std::vector<std::string> gone;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, state] : known_)
      if (!now.contains(key) && state.starts_with("ready")) gone.push_back(key);
    known_ = std::move(now);
  }
  for (const std::string& key : gone) info("serves no longer", {{"model", key}});
}

}  // namespace mle::tools
