// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-serve/options.h"

#include "format/rules.h"
#include "tools/cli/flags.h"
#include "tools/cli/input_file.h"
#include "tools/cli/json_document.h"
#include "tools/cli/text.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <thread>
#include <utility>

namespace mle::tools {
namespace {

constexpr size_t kMostConfigBytes = size_t{1} << 20;
constexpr size_t kMostKeyBytes = 4096, kLeastKeyBytes = 16;

Flags flags_of(ServeOptions& o) {
  Flags flags("mle-serve [--model NAME=FILE.mle]... [--models FOLDER]",
              "Serves models over the Open Inference Protocol.");
  flags
      .texts("--model", "NAME=FILE.mle", &o.model_flags,
             "a model to serve under that name: a file, or a folder of files or versions")
      .text("--models", "FOLDER", &o.folder,
            "serve FOLDER/NAME.mle, FOLDER/NAME/*.mle and FOLDER/NAME/VERSION/*.mle")
      .text("--versions", "POLICY", &o.versions,
            "of --models: latest, latest:N, all, or numbers such as 3,5 (latest)")
      .choice("--control", &o.control, {"none", "explicit", "poll"},
              "poll follows the folder (with --models), explicit allows load and unload by "
              "request, none never changes")
      .text("--grpc", "ADDRESS:PORT|off", &o.grpc, "where gRPC listens (127.0.0.1:8001)")
      .text("--http", "ADDRESS:PORT|off", &o.http, "where HTTP listens (127.0.0.1:8000)")
      .text("--metrics", "ADDRESS:PORT|off", &o.metrics,
            "where /metrics and health are served besides, and nothing else (off)")
      .whole("--threads", "N", &o.threads, 1, 256, "threads of each kind (one per processor)")
      .whole("--max-batch", "N", &o.max_batch, 1, 1 << 20, "rows run together at most (1024)")
      .whole("--max-queue", "N", &o.max_queue, 1, 1 << 20,
             "requests that may wait for a model (1024)")
      .whole("--max-queue-delay-us", "N", &o.max_queue_delay_us, 0, 10'000'000,
             "how long a request may wait for company (0: never)")
      .whole("--max-running", "N", &o.max_running, 0, 256,
             "runs of one model at a time on worker threads (0: no limit)")
      .whole("--max-request-mb", "N", &o.max_request_mb, 1, 1024,
             "largest request, in mebibytes (64)")
      .whole("--max-pending-mb", "N", &o.max_pending_mb, 0, 1 << 20,
             "all requests and answers under way together, in mebibytes (8 of the largest)")
      .whole("--max-connections", "N", &o.max_connections, 1, 1 << 20,
             "open connections over HTTP (4096)")
      .whole("--grpc-connection-age-seconds", "N", &o.grpc_connection_age_seconds, 0, 86'400,
             "connections over gRPC end at that age, so that a drain cancels no call (0: never)")
      .text("--tls-cert", "FILE.pem", &o.tls.certificate,
            "speak TLS on both fronts, with this certificate")
      .text("--tls-key", "FILE.pem", &o.tls.key, "and its key; files that change are read again")
      .text("--tls-client-ca", "FILE.pem", &o.tls.client_authority,
            "take only callers with a certificate of this authority")
      .text("--admin-key-file", "FILE", &o.admin_key_file,
            "who may load and unload: those that send this key; else callers of this machine")
      .whole("--poll-seconds", "N", &o.poll_seconds, 1, 86'400,
             "looks at the folder even if nothing was noticed (5)")
      .whole("--drain-seconds", "N", &o.drain_seconds, 0, 3600,
             "how long SIGTERM waits for requests under way (30)")
      .whole("--drain-lag-seconds", "N", &o.drain_lag_seconds, 0, 3600,
             "how long SIGTERM goes on taking new requests, not ready (0)")
      .whole("--slow-request-ms", "N", &o.slow_request_ms, 0, 3'600'000,
             "log requests that take longer, with their trace (0: none)")
      .choice("--log-format", &o.log_format, {"text", "json"}, "of what goes to standard error")
      .text("--config", "FILE.json", &o.config, "the same settings as JSON; flags go before it")
      .examples(
          "  mle-serve --model iris=iris.mle\n"
          "  mle-serve --models /srv/models --grpc 0.0.0.0:8001\n");
  return flags;
}

Status config_error(const std::string& path, const std::string& what) {
  return Status::make(Code::InvalidArgument, format::rule::T301_Usage, Status::kNoOffset,
                      path + ": " + what,
                      "{\"models\": \"/srv/models\", \"max-batch\": 64, \"model\": [\"a=a.mle\"]}");
}

// "" where a value cannot be one of a flag.
std::string flag_text(const JsonValue& value) {
  if (value.kind == JsonValue::Kind::Text) return value.text;
  if (value.kind != JsonValue::Kind::Number || value.number < 0 || value.number > 1e15 ||
      std::trunc(value.number) != value.number)
    return "";
  return std::to_string(static_cast<uint64_t>(value.number));
}

// The value of --config, before anything else is looked at.
std::string config_path(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--config" && i + 1 < argc) return argv[i + 1];
    if (argument.starts_with("--config=")) return std::string(argument.substr(9));
  }
  return "";
}

bool given(int argc, const char* const* argv, const std::string& flag) {
  return std::any_of(argv + 1, argv + argc, [&](std::string_view argument) {
    return argument == flag || argument.starts_with(flag + "=");
  });
}

// What a flag means is checked here; misuse is explained.
bool settle(ServeOptions& o, const Console& console) {
  const auto misuse = [&](const char* flag, const std::string& what, const char* hint) {
    console.error(flag, what, hint);
    return false;
  };
  for (const std::string& flag : o.model_flags) {
    const size_t equals = flag.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == flag.size())
      return misuse("--model", "'" + flag + "' is not NAME=FILE", "--model iris=iris.mle");
    serve::LoadWish wish{flag.substr(0, equals), 1, flag.substr(equals + 1)};
    if (std::any_of(o.files.begin(), o.files.end(),
                    [&](const auto& other) { return other.model == wish.model; }))
      return misuse("--model", "'" + wish.model + "' is given twice", "give each name once");
    o.files.push_back(std::move(wish));
  }
  if (o.files.empty() && o.folder.empty())
    return misuse("", "there is nothing to serve", "give --model NAME=FILE.mle or --models FOLDER");
  const auto policy = serve::VersionPolicy::parse(o.versions);
  if (!policy)
    return misuse("--versions", "'" + o.versions + "' is no policy",
                  "latest, latest:N, all, or numbers such as 3,5");
  o.policy = *policy;
  if (o.control.empty()) o.control = o.folder.empty() ? "none" : "poll";
  if (o.control == "poll" && o.folder.empty())
    return misuse("--control", "poll follows a folder, and none is given", "give --models FOLDER");
  o.mode = o.control == "poll"       ? serve::Control::Poll
           : o.control == "explicit" ? serve::Control::Explicit
                                     : serve::Control::None;
  if (o.grpc == "off" && o.http == "off")
    return misuse("--http", "both fronts are off", "leave one on");
  if (o.grpc_connection_age_seconds > 0 &&
      o.drain_seconds < o.grpc_connection_age_seconds * 11 / 10 + 2)
    return misuse("--drain-seconds", "is less than connections may take to end",
                  "give at least 1.1 times --grpc-connection-age-seconds and two more");
  if (o.max_pending_mb == 0) o.max_pending_mb = 8 * o.max_request_mb;
  if (o.max_pending_mb < o.max_request_mb)
    return misuse("--max-pending-mb", "is less than one request may have (--max-request-mb)",
                  "give several times that");
  if (o.tls.certificate.empty() != o.tls.key.empty() ||
      (o.tls.certificate.empty() && !o.tls.client_authority.empty()))
    return misuse("--tls-cert", "certificate and key go together, the authority with both",
                  "--tls-cert server.pem --tls-key server.key");
  if (!o.admin_key_file.empty()) {
    auto text = read_text_file(o.admin_key_file, kMostKeyBytes);
    if (!text) return console.error("--admin-key-file", text.error()), false;
    o.admin_key = text->substr(0, text->find_first_of("\r\n"));
    if (o.admin_key.size() < kLeastKeyBytes)
      return misuse("--admin-key-file", "the key is shorter than 16 characters",
                    "head -c 24 /dev/urandom | base64 > FILE");
  }
  if (o.threads == 0) o.threads = std::max(1U, std::thread::hardware_concurrency());
  return true;
}

}  // namespace

Result<std::vector<std::string>> flags_of_config(const std::string& text, const std::string& path) {
  MLE_TRY_ASSIGN(const JsonValue document, parse_json(text));
  if (document.kind != JsonValue::Kind::Object)
    return config_error(path, "is not one JSON object of settings");
  std::vector<std::string> flags;
  for (const JsonMember& member : document.members) {
    const bool list = member.value.kind == JsonValue::Kind::Array;
    if (member.name == "config") return config_error(path, "'config' does not go into the file");
    for (const JsonValue& value : list ? member.value.items : std::vector{member.value}) {
      std::string given_text = flag_text(value);
      if (given_text.empty())
        return config_error(path, "'" + printable(member.name) + "' is neither text nor number");
      flags.push_back("--" + member.name);
      flags.push_back(std::move(given_text));
    }
  }
  return flags;
}

std::optional<int> parse_options(int argc, const char* const* argv, const Console& console,
                                 ServeOptions& options) {
  std::vector<std::string> from_file;
  if (const std::string path = config_path(argc, argv); !path.empty()) {
    auto text = read_text_file(path, kMostConfigBytes);
    if (!text) return console.error("--config", text.error()), kMisuse;
    auto flags = flags_of_config(*text, path);
    if (!flags) return console.error("--config", flags.error()), kMisuse;
    from_file = std::move(*flags);
  }
  std::vector<const char*> all{argv[0]};
  for (size_t i = 0; i + 1 < from_file.size(); i += 2) {
    if (given(argc, argv, from_file[i])) continue;  // the command line goes before the file
    all.push_back(from_file[i].c_str());
    all.push_back(from_file[i + 1].c_str());
  }
  all.insert(all.end(), argv + 1, argv + argc);
  Console mutable_console = console;
  if (const auto status =
          flags_of(options).parse(static_cast<int>(all.size()), all.data(), mutable_console))
    return status;
  return settle(options, console) ? std::nullopt : std::optional<int>(kMisuse);
}

}  // namespace mle::tools
