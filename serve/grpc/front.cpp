// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/front.h"

#include "format/rules.h"
#include "serve/grpc/door.h"
#include "serve/grpc/health_calls.h"
#include "serve/grpc/infer_call.h"
#include "serve/grpc/inference.h"
#include "serve/grpc/loop.h"
#include "serve/grpc/rare_calls.h"
#include "serve/grpc/stream_call.h"

#include <absl/synchronization/mutex.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

namespace mle::serve {
namespace {

// Files are looked at again every few seconds; new connections get what is there.
std::shared_ptr<grpc::ServerCredentials> credentials_of(const TlsFiles& files) {
  if (files.empty()) return grpc::InsecureServerCredentials();
  constexpr unsigned kLookSeconds = 2;
  auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      files.key, files.certificate, files.client_authority, kLookSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(std::move(provider));
  options.watch_identity_key_cert_pairs();
  if (!files.client_authority.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

// What gRPC looks after for those who debug it: Debian's abseil searches for cycles of locks at
// every lock it takes, and channelz counts calls for a service that is not offered here. Both cost
// every call, and where one is in flight at a time they are a tenth of what its processor does.
void leave_out_debugging(grpc::ServerBuilder& builder) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
}

}  // namespace

struct GrpcFront::State {
  explicit State(Service& from) : service(from), health(from), streams(inference) {}

  Service& service;
  std::string address;
  Inference inference{"inference.GRPCInferenceService"};
  HealthCalls health;
  StreamCalls streams;
  std::vector<std::unique_ptr<Loop>> loops;
  std::vector<std::unique_ptr<InferCalls>> calls;
  std::unique_ptr<Door> door;  // where connections have an age
  std::chrono::milliseconds oldest{0};
  std::unique_ptr<grpc::Server> server;
};

GrpcFront::GrpcFront(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<GrpcFront>> GrpcFront::start(const GrpcOptions& options, Service& service) {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto state = std::make_unique<State>(service);
  grpc::ServerBuilder builder;
  int port = 0;
  std::unique_ptr<Door::Acceptor> acceptor;
  if (options.connection_age.count() > 0) {
    MLE_TRY_ASSIGN(state->door, Door::make(options.address));
    acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        credentials_of(options.tls));
    const std::chrono::milliseconds age = options.connection_age;
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, static_cast<int>(age.count()));
    // A tenth is gRPC's, the second for those who are told at the very end.
    state->oldest = age + age / 10 + std::chrono::seconds(1);
  } else {
    builder.AddListeningPort(options.address, credentials_of(options.tls), &port);
    // Two servers on one port would each get some of the calls, and nobody would notice.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  }
  leave_out_debugging(builder);
  // Messages stay as they came until one of our threads reads them, and answers are never packed.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.most_message_bytes));
  builder.SetMaxSendMessageSize(-1);
  // What is on its way in, before it is a message that the service's budget knows: when that is
  // used up, gRPC ends calls with RESOURCE_EXHAUSTED. Connections and small calls need some anyway.
  constexpr size_t kBeside = size_t{64} << 20;
  builder.SetResourceQuota(
      grpc::ResourceQuota("messages").Resize(service.budget().most() + kBeside));
  // Reflection is the one service that gRPC serves by threads of its own.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  builder.RegisterService(&state->inference);
  state->health.add_to(builder);
  for (size_t i = 0; i < options.threads; ++i)
    state->loops.push_back(
        std::make_unique<Loop>(builder.AddCompletionQueue(), service, options.most_message_bytes));
  state->server = builder.BuildAndStart();
  if (state->server == nullptr || (port == 0 && state->door == nullptr)) {
    state->server.reset();
    for (auto& loop : state->loops) loop->discard();
    return error(Code::Io, format::rule::S413_Listen, Status::kNoOffset,
                 "give another address; port 0 picks a free port", "gRPC cannot listen at %s",
                 options.address.c_str());
  }
  if (state->door != nullptr) {
    state->address = state->door->address();
  } else {
    const size_t colon = options.address.rfind(':');
    state->address = options.address.substr(0, colon) + ":" + std::to_string(port);
  }
  for (auto& loop : state->loops) {
    state->calls.push_back(std::make_unique<InferCalls>(*loop, state->inference));
    for (int i = 0; i < InferCalls::kArmed; ++i) state->calls.back()->arm();
    arm_rare_calls(*loop, state->inference);
    state->health.arm(*loop);
    state->streams.arm(*loop);
    loop->start();
  }
  if (state->door != nullptr) state->door->open(std::move(acceptor));
  service.when_changed([health = &state->health] { health->changed(); });
  return std::unique_ptr<GrpcFront>(new GrpcFront(std::move(state)));
}

const std::string& GrpcFront::address() const noexcept { return state_->address; }

void GrpcFront::drain(std::chrono::milliseconds patience) {
  if (state_->server == nullptr) return;
  const auto now = Door::Clock::now();
  if (state_->door != nullptr)
    std::this_thread::sleep_until(std::min(now + patience, state_->door->shut() + state_->oldest));
  patience -= std::min(
      patience, std::chrono::duration_cast<std::chrono::milliseconds>(Door::Clock::now() - now));
  state_->service.when_changed({});
  state_->health.end();
  state_->streams.end();
  state_->server->Shutdown(std::chrono::system_clock::now() + patience);
  for (auto& loop : state_->loops) loop->stop();
  state_->server->Wait();
  state_->server.reset();
}

GrpcFront::~GrpcFront() { drain(std::chrono::milliseconds(0)); }

}  // namespace mle::serve
