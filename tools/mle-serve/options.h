// What mle-serve can be told, by flags and by a file that mirrors them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "serve/engine/repository.h"
#include "serve/protocol/service.h"
#include "serve/protocol/tls_files.h"
#include "tools/cli/console.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mle::tools {

struct ServeOptions {
  std::vector<std::string> model_flags;  // NAME=FILE
  std::string folder, versions = "latest", control, log_format = "text", config;
  std::string grpc = "127.0.0.1:8001", http = "127.0.0.1:8000", metrics = "off", admin_key_file;
  uint64_t threads = 0, max_batch = 1024, max_queue = 1024, max_queue_delay_us = 0;
  uint64_t max_running = 0, max_request_mb = 64, max_connections = 4096, drain_seconds = 30,
           max_pending_mb = 0, slow_request_ms = 0, drain_lag_seconds = 0, poll_seconds = 5,
           grpc_connection_age_seconds = 0;

  std::string admin_key;
  serve::TlsFiles tls;
  std::vector<serve::LoadWish> files;
  serve::VersionPolicy policy;
  serve::Control mode = serve::Control::None;
};

// Nothing: go on. Else the exit status.
std::optional<int> parse_options(int argc, const char* const* argv, const Console& console,
                                 ServeOptions& options);

// The flags a file of settings stands for: {"max-batch": 64, "model": ["a=a.mle"]} is
// --max-batch 64 --model a=a.mle. `path` is named in messages.
Result<std::vector<std::string>> flags_of_config(const std::string& text, const std::string& path);

}  // namespace mle::tools
