// mle-serve: puts the parts of the server together, says when it is ready, and ends it in order.
// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/engine.h"
#include "serve/engine/keeper.h"
#include "serve/engine/repository.h"
#include "serve/grpc/front.h"
#include "serve/http/front.h"
#include "serve/protocol/service.h"
#include "tools/cli/console.h"
#include "tools/cli/json.h"
#include "tools/mle-serve/log.h"
#include "tools/mle-serve/options.h"
#include "tools/mle-serve/slow_log.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mle::tools {
namespace {

constexpr int kSignals[] = {SIGTERM, SIGINT, SIGHUP};

// Blocked before the first thread begins, so that this one alone hears them.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : kSignals) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

serve::EngineOptions engine_options(const ServeOptions& options) {
  serve::EngineOptions engine;
  engine.workers = options.threads;
  engine.limits.most_waiting = options.max_queue;
  engine.limits.most_running = options.max_running;
  engine.limits.most_rows = options.max_batch;
  engine.limits.delay = std::chrono::microseconds(options.max_queue_delay_us);
  return engine;
}

void say_ready(const std::string& grpc, const std::string& http, const std::string& metrics) {
  std::string line = "{\"ready\":true,\"grpc\":";
  append_json_text(line, grpc);
  line += ",\"http\":";
  append_json_text(line, http);
  line += ",\"metrics\":";
  append_json_text(line, metrics);
  line += "}\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

// A model that was named one by one and does not serve, and why.
std::optional<serve::IndexLine> first_missing(const ServeOptions& options,
                                              const std::vector<serve::IndexLine>& index) {
  for (const serve::LoadWish& file : options.files) {
    const auto is_it = [&](const serve::IndexLine& line) { return line.model == file.model; };
    const auto line = std::find_if(index.begin(), index.end(), is_it);
    if (line == index.end())
      return serve::IndexLine{file.model, 0, false, false, "there is no model in " + file.path, 0};
    if (!line->ready) return *line;
  }
  return std::nullopt;
}

// Every connection is a descriptor; the soft limit is for programs that use select().
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  [[maybe_unused]] const int ignored = ::setrlimit(RLIMIT_NOFILE, &limit);
}

// What only a huge request took goes back to the system with it. Without this, glibc would keep
// memory for the largest it has seen, torn to pieces by all that is small.
void give_back_large_memory() {
  constexpr int kLarge = 1 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kLarge);
}

// A second signal ends the program at once.
void watch_impatience(const sigset_t& signals) {
  std::thread([signals] {
    for (int number = 0;;)
      if (sigwait(&signals, &number) == 0 && number != SIGHUP) ::_exit(128 + number);
  }).detach();
}

int serve_models(const ServeOptions& options, const Console& console) {
  give_back_large_memory();
  const sigset_t signals = block_signals();
  Log log(options.log_format == "json");
  raise_file_limit();
  serve::Engine engine(engine_options(options));
  // Event threads of both fronts, and the workers.
  serve::Repository repository({options.files, options.folder, options.policy, 3 * options.threads},
                               engine);
  if (const Status status = repository.refresh(); !status.ok())
    return console.error("--models", status), kFailed;
  if (const auto missing = first_missing(options, repository.index()))
    return console.error(missing->model, missing->reason), kFailed;
  log.news(repository.index());

  // One look is for all SIGHUPs that come before it begins: the end waits for what the keeper is
  // asked.
  std::atomic<bool> will_look{false};
  const bool follows = options.mode == serve::Control::Poll;
  auto keeper = std::make_unique<serve::Keeper>(repository, follows ? options.folder : "",
                                                std::chrono::seconds(options.poll_seconds));
  SlowLog slow(log);
  serve::Service service(engine, repository, *keeper,
                         {options.mode,
                          options.admin_key,
                          {std::chrono::milliseconds(options.slow_request_ms),
                           [&slow](const serve::SlowRequest& request) { slow.tell(request); }},
                          options.max_pending_mb << 20,
                          options.threads});
  log.obey(service.log_settings());
  std::unique_ptr<serve::GrpcFront> grpc;
  if (options.grpc != "off") {
    auto started = serve::GrpcFront::start(
        {options.grpc, options.threads, options.max_request_mb << 20,
         std::chrono::seconds(options.grpc_connection_age_seconds), options.tls},
        service);
    if (!started) return console.error("--grpc", started.error()), kFailed;
    grpc = std::move(*started);
  }
  std::unique_ptr<serve::HttpFront> http;
  if (options.http != "off") {
    auto started =
        serve::HttpFront::start({options.http, options.threads, options.max_request_mb << 20,
                                 options.max_connections, options.tls},
                                service);
    if (!started) return console.error("--http", started.error()), kFailed;
    http = std::move(*started);
  }
  std::unique_ptr<serve::HttpFront> metrics;
  if (options.metrics != "off") {
    constexpr size_t kBody = 64 << 10, kConnections = 64;
    auto started = serve::HttpFront::start(
        {options.metrics, 1, kBody, kConnections, options.tls, true}, service);
    if (!started) return console.error("--metrics", started.error()), kFailed;
    metrics = std::move(*started);
  }
  keeper->ask([&](serve::Repository& changing) {
    changing.when_changed([&] {
      log.news(changing.index());
      service.changed();
    });
  });
  service.set_ready(true);
  say_ready(grpc != nullptr ? grpc->address() : "off", http != nullptr ? http->address() : "off",
            metrics != nullptr ? metrics->address() : "off");

  int number = 0;
  while (sigwait(&signals, &number) != 0 || number == SIGHUP) {
    if (will_look.exchange(true)) continue;
    keeper->ask([&](serve::Repository& changing) {
      will_look.store(false);
      log.info("SIGHUP: looks at the models again");
      if (const Status status = changing.refresh(true); !status.ok())
        log.warning("the folder cannot be read", {{"reason", status.message()}});
      log.news(changing.index());
    });
  }
  watch_impatience(signals);
  log.info("drains", {{"signal", std::to_string(number)}});
  service.set_ready(false);
  // Those who balance load take a while to notice; a second signal ends the wait, too.
  std::this_thread::sleep_for(std::chrono::seconds(options.drain_lag_seconds));
  engine.hurry();
  const std::chrono::seconds patience(options.drain_seconds);
  std::thread other([&] {
    if (http != nullptr) http->drain(patience);
  });
  if (grpc != nullptr) grpc->drain(patience);
  other.join();
  if (metrics != nullptr) metrics->drain(std::chrono::seconds(0));  // the last to go
  keeper.reset();  // it tells the service what changes
  log.info("ends");
  return kDone;
}

}  // namespace
}  // namespace mle::tools

int main(int argc, char** argv) {
  using namespace mle::tools;
  const Console console("mle-serve");
  try {
    ServeOptions options;
    if (const auto status = parse_options(argc, argv, console, options))
      return console.finish(*status);
    return serve_models(options, console);
  } catch (const std::exception& error) {
    console.error("", error.what());
  }
  return kFailed;
}
