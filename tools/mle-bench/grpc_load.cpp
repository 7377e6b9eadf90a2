// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/grpc_load.h"

#include "format/rules.h"
#include "serve/grpc/open_inference.grpc.pb.h"
#include "tools/mle-bench/clock.h"

#include <grpc/support/time.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::tools {
namespace {

constexpr uint64_t kCallsPerConnection = 10;
constexpr auto kPatience = std::chrono::seconds(10);

Status failed(const std::string& address, const grpc::Status& status) {
  return Status::make(Code::Io, format::rule::T302_ReadRows, Status::kNoOffset,
                      address + ": " + status.error_message(),
                      "is the server there? mle-serve says where it listens");
}

std::shared_ptr<grpc::Channel> connect_to(const std::string& address, int number) {
  grpc::ChannelArguments arguments;
  // Channels that are alike would share one connection.
  arguments.SetInt("mle.connection", number);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

class GrpcLoad {
 public:
  explicit GrpcLoad(const Load& load) : load_(load), calls_(load.in_flight) {
    const grpc::Slice slice(load.request);
    question_ = grpc::ByteBuffer(&slice, 1);
    const uint64_t connections = (load.in_flight + kCallsPerConnection - 1) / kCallsPerConnection;
    // Connecting is not what is timed; where it fails, the calls say so.
    const auto patience = std::chrono::system_clock::now() + kPatience;
    for (uint64_t i = 0; i < connections; ++i) {
      const auto channel = connect_to(load.address, static_cast<int>(i));
      channel->WaitForConnected(patience);
      stubs_.push_back(std::make_unique<grpc::GenericStub>(channel));
    }
    for (size_t i = 0; i < calls_.size(); ++i) calls_[i].stub = stubs_[i % stubs_.size()].get();
  }

  LoadOutcome run() {
    const uint64_t begin = now_ns();
    const auto end = begin + static_cast<uint64_t>(load_.seconds * 1e9);
    if (load_.rate > 0) arrivals_.emplace(load_, begin);
    for (Call& call : calls_)
      if (arrivals_)
        free_.push_back(&call);
      else
        ask(call, now_ns());
    for (uint64_t now = now_ns(); now < end; now = now_ns()) {
      arrive(now);
      hear(now, arrivals_ ? std::min(end, arrivals_->next()) : end);
    }
    outcome_.seconds = static_cast<double>(now_ns() - begin) / 1e9;
    finish();
    return std::move(outcome_);
  }

 private:
  struct Call {
    grpc::GenericStub* stub = nullptr;
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
    grpc::ByteBuffer answer;
    grpc::Status status;
    uint64_t meant = 0;  // when it was to be sent
  };

  void ask(Call& call, uint64_t meant) {
    call.meant = meant;
    call.context.emplace();
    call.context->set_deadline(std::chrono::system_clock::now() + kPatience);
    call.reader = call.stub->PrepareUnaryCall(
        &*call.context, "/inference.GRPCInferenceService/ModelInfer", question_, &queue_);
    call.reader->StartCall();
    call.reader->Finish(&call.answer, &call.status, &call);
  }

  // Open loop: what is due by now is asked, as far as calls are free.
  void arrive(uint64_t now) {
    if (!arrivals_) return;
    auto& due = arrivals_->due(now);
    while (!due.empty() && !free_.empty()) {
      Call* const call = free_.back();
      free_.pop_back();
      ask(*call, due.front());
      due.pop_front();
    }
  }

  void hear(uint64_t now, uint64_t until) {
    // The queue wakes by the millisecond: what is due sooner is waited for by looking.
    const uint64_t pause = until > now + 2'000'000 ? until - now - 1'000'000 : 0;
    gpr_timespec deadline =
        pause > 0 ? gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                 gpr_time_from_nanos(static_cast<int64_t>(pause), GPR_TIMESPAN))
                  : gpr_inf_past(GPR_CLOCK_MONOTONIC);
    void* tag = nullptr;
    bool ok = false;
    while (queue_.AsyncNext(&tag, &ok, deadline) == grpc::CompletionQueue::GOT_EVENT) {
      take(*static_cast<Call*>(tag));
      deadline = gpr_inf_past(GPR_CLOCK_MONOTONIC);
      if (now_ns() >= until) break;
    }
  }

  void take(Call& call) {
    if (call.status.ok())
      outcome_.durations.push_back(static_cast<double>(now_ns() - call.meant));
    else
      ++outcome_.errors;
    if (arrivals_)
      free_.push_back(&call);
    else
      ask(call, now_ns());
  }

  void finish() {
    for (Call& call : calls_)
      if (call.context) call.context->TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  const Load& load_;
  grpc::ByteBuffer question_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  std::vector<Call> calls_;
  std::vector<Call*> free_;
  std::optional<Arrivals> arrivals_;  // of an open loop
  LoadOutcome outcome_;
};

template <class T>
void append_as(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// One element of that type, little-endian as it travels.
void append_element(const std::string& type, double value, std::string& to) {
  if (type == "FP32") return append_as(to, static_cast<float>(value));
  if (type == "FP64") return append_as(to, value);
  if (type == "BYTES") return append_as(to, uint32_t{1}), void(to += 'a');
  // Ones of any integer, zero of what is left: a half is one as good as another.
  const bool eight = type.ends_with("INT64"), four = type.ends_with("INT32");
  const bool one = type == "BOOL" || type.ends_with("INT8");
  if (eight) return append_as(to, uint64_t{1});
  if (four) return append_as(to, uint32_t{1});
  if (one) return append_as(to, static_cast<uint8_t>(type == "BOOL" ? 0 : 1));
  append_as(to, static_cast<uint16_t>(type.ends_with("INT16") ? 1 : 0));
}

std::string question_of(const inference::ModelMetadataResponse& metadata, uint64_t rows) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(-1, 1);
  inference::ModelInferRequest question;
  question.set_model_name(metadata.name());
  for (const auto& input : metadata.inputs()) {
    auto& to = *question.add_inputs();
    to.set_name(input.name());
    to.set_datatype(input.datatype());
    uint64_t count = 1;
    for (const int64_t dim : input.shape()) {
      const uint64_t size = dim < 0 ? rows : static_cast<uint64_t>(dim);
      to.add_shape(static_cast<int64_t>(size));
      count *= size;
    }
    std::string& bytes = *question.add_raw_input_contents();
    for (uint64_t i = 0; i < count; ++i) append_element(input.datatype(), uniform(random), bytes);
  }
  return question.SerializeAsString();
}

}  // namespace

Result<LoadOutcome> run_grpc_load(const Load& load) { return GrpcLoad(load).run(); }

Result<std::string> grpc_question(const std::string& address, std::string& model, uint64_t rows) {
  const auto stub = inference::GRPCInferenceService::NewStub(connect_to(address, 0));
  const auto deadline = std::chrono::system_clock::now() + kPatience;
  if (model.empty()) {
    grpc::ClientContext context;
    context.set_deadline(deadline);
    inference::RepositoryIndexRequest question;
    inference::RepositoryIndexResponse index;
    question.set_ready(true);
    if (const grpc::Status status = stub->RepositoryIndex(&context, question, &index); !status.ok())
      return failed(address, status);
    if (index.models().empty())
      return Status::make(Code::NotFound, format::rule::T301_Usage, Status::kNoOffset,
                          address + ": serves no model", "name one by --model");
    model = index.models(0).name();
  }
  grpc::ClientContext context;
  context.set_deadline(deadline);
  inference::ModelMetadataRequest question;
  inference::ModelMetadataResponse metadata;
  question.set_name(model);
  if (const grpc::Status status = stub->ModelMetadata(&context, question, &metadata); !status.ok())
    return failed(address, status);
  return question_of(metadata, rows);
}

}  // namespace mle::tools
