// mle-serve: puts the parts of the server together, says when it is ready, and ends it in order.
// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/engine.h"
#include "serve/engine/keeper.h"
#include "serve/engine/repository.h"
#include "serve/grpc/front.h"
#include "serve/protocol/service.h"
#include "tools/cli/console.h"
#include "tools/cli/json.h"
#include "tools/mle-serve/log.h"
#include "tools/mle-serve/options.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <thread>

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

void say_ready(const std::string& grpc) {
  std::string line = "{\"ready\":true,\"grpc\":";
  append_json_text(line, grpc);
  line += "}\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

// A second signal ends the program at once.
void watch_impatience(const sigset_t& signals) {
  std::thread([signals] {
    for (int number = 0;;)
      if (sigwait(&signals, &number) == 0 && number != SIGHUP) ::_exit(128 + number);
  }).detach();
}

int serve_models(const ServeOptions& options, const Console& console) {
  const sigset_t signals = block_signals();
  Log log(options.log_format == "json");
  serve::Engine engine(engine_options(options));
  // Event threads of the front, and the workers.
  serve::Repository repository({options.files, options.folder, options.policy, 2 * options.threads},
                               engine);
  if (const Status status = repository.refresh(); !status.ok())
    return console.error("--models", status), kFailed;
  for (const serve::IndexLine& line : repository.index()) {
    const bool named = std::any_of(options.files.begin(), options.files.end(),
                                   [&](const auto& file) { return file.model == line.model; });
    if (named && !line.ready) return console.error(line.model, line.reason), kFailed;
  }
  log.news(repository.index());

  const bool follows = options.mode == serve::Control::Poll;
  auto keeper = std::make_unique<serve::Keeper>(repository, follows ? options.folder : "",
                                                std::chrono::seconds(options.poll_seconds));
  serve::Service service(engine, repository, *keeper, options.mode);
  std::unique_ptr<serve::GrpcFront> grpc;
  if (options.grpc != "off") {
    auto started = serve::GrpcFront::start(
        {options.grpc, options.threads, options.max_request_mb << 20}, service);
    if (!started) return console.error("--grpc", started.error()), kFailed;
    grpc = std::move(*started);
  }
  keeper->ask([&](serve::Repository& changing) {
    changing.when_changed([&] {
      log.news(changing.index());
      service.changed();
    });
  });
  service.set_ready(true);
  say_ready(grpc != nullptr ? grpc->address() : "off");

  int number = 0;
  while (sigwait(&signals, &number) != 0 || number == SIGHUP) {
    log.info("SIGHUP: looks at the models again");
    keeper->ask([&](serve::Repository& changing) {
      if (const Status status = changing.refresh(true); !status.ok())
        log.warning("the folder cannot be read", {{"reason", status.message()}});
      log.news(changing.index());
    });
  }
  watch_impatience(signals);
  log.info("drains", {{"signal", std::to_string(number)}});
  service.set_ready(false);
  if (grpc != nullptr) grpc->drain(std::chrono::seconds(options.drain_seconds));
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
