// A gRPC service that does nothing but answer: one completion queue, one thread, 128 armed calls,
// the messages of mle-serve, and for every ModelInfer one output of one number. What a server on
// gRPC costs before it serves anything.
// usage: empty_grpc ADDRESS:PORT WIDTH
// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/open_inference.grpc.pb.h"

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

namespace {

using Service = inference::GRPCInferenceService::AsyncService;

struct Tag {
  virtual ~Tag() = default;
  virtual void hear(bool ok) = 0;
};

void answer(const inference::ModelInferRequest& question, inference::ModelInferResponse& to) {
  to.set_model_name(question.model_name());
  to.set_model_version("1");
  auto& output = *to.add_outputs();
  output.set_name("Y");
  output.set_datatype("FP32");
  output.add_shape(1);
  output.add_shape(1);
  to.add_raw_output_contents()->append(sizeof(float), '\0');
}

int64_t width = 1;

void answer(const inference::ModelMetadataRequest& question, inference::ModelMetadataResponse& to) {
  to.set_name(question.name());
  to.add_versions("1");
  auto& input = *to.add_inputs();
  input.set_name("X");
  input.set_datatype("FP32");
  input.add_shape(-1);
  input.add_shape(width);
}

// One call after the other in the same place.
template <class Question, class Answer, auto kRequest>
class Call final : public Tag {
 public:
  Call(Service& service, grpc::ServerCompletionQueue& queue) : service_(service), queue_(queue) {
    arm();
  }

  void hear(bool ok) override {
    if (finishing_) {
      arm();
    } else if (ok) {
      finishing_ = true;
      answer(question_, answer_);
      writer_->Finish(answer_, grpc::Status::OK, this);
    }
  }

 private:
  void arm() {
    finishing_ = false;
    writer_.reset();
    context_.emplace();
    question_.Clear();
    answer_.Clear();
    writer_.emplace(&*context_);
    (service_.*kRequest)(&*context_, &question_, &*writer_, &queue_, &queue_, this);
  }

  Service& service_;
  grpc::ServerCompletionQueue& queue_;
  bool finishing_ = false;
  std::optional<grpc::ServerContext> context_;
  Question question_;
  Answer answer_;
  std::optional<grpc::ServerAsyncResponseWriter<Answer>> writer_;
};

using Infer =
    Call<inference::ModelInferRequest, inference::ModelInferResponse, &Service::RequestModelInfer>;
using Metadata = Call<inference::ModelMetadataRequest, inference::ModelMetadataResponse,
                      &Service::RequestModelMetadata>;

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: empty_grpc ADDRESS:PORT WIDTH\n", stderr);
    return 2;
  }
  width = std::strtoll(argv[2], nullptr, 10);
  constexpr int kArmed = 128;
  Service service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const auto queue = builder.AddCompletionQueue();
  const auto server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fprintf(stderr, "empty_grpc: cannot listen at %s\n", argv[1]);
    return 1;
  }
  std::vector<std::unique_ptr<Tag>> calls;
  for (int i = 0; i < kArmed; ++i) calls.push_back(std::make_unique<Infer>(service, *queue));
  calls.push_back(std::make_unique<Metadata>(service, *queue));
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) static_cast<Tag*>(tag)->hear(ok);
}
