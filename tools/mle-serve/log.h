// Log: what happens to the server, one line each on standard error, as text or JSON.
// Promise: never what clients send or are answered: names of models, numbers and reasons alone.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/engine/repository.h"
#include "serve/protocol/log_settings.h"

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::tools {

class Log {
 public:
  explicit Log(bool json) : json_(json) {}

  // From now on logs what these say; they outlive the last line.
  void obey(const serve::LogSettings& settings) { settings_.store(&settings); }

  using Field = std::pair<std::string_view, std::string>;
  // Any thread. `what` is a few words; fields follow it.
  void info(std::string_view what, std::initializer_list<Field> fields = {});
  void warning(std::string_view what, std::initializer_list<Field> fields = {});

  // Says what is different in the index since the last time.
  void news(const std::vector<serve::IndexLine>& index);

 private:
  void line(std::string_view level, std::string_view what, std::initializer_list<Field> fields);

  const bool json_;
  std::atomic<const serve::LogSettings*> settings_{nullptr};
  std::mutex mutex_;
  std::map<std::string, std::string> known_;  // model and version -> state
};

}  // namespace mle::tools
