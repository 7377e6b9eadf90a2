// RawService: a generated service whose questions are asked for as the bytes they came as.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>

namespace mle::serve {

// `Async` is the generated AsyncService of one.
template <class Async>
class RawService final : public Async {
 public:
  // `name`: in full, with its package.
  explicit RawService(const char* name)
      : described_(*google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name)) {
    for (int i = 0; i < described_.method_count(); ++i) this->MarkMethodRaw(i);
  }

  int number_of(const char* method) const { return described_.FindMethodByName(method)->index(); }

  // Asks for a call with one question; `stream` is what answers it.
  template <class Stream>
  void ask(int method, grpc::ServerContext& context, grpc::ByteBuffer& question, Stream& stream,
           grpc::ServerCompletionQueue& queue, void* tag) {
    this->RequestAsyncUnary(method, &context, &question, &stream, &queue, &queue, tag);
  }
  // Asks for a call with a stream of questions.
  template <class Stream>
  void ask(int method, grpc::ServerContext& context, Stream& stream,
           grpc::ServerCompletionQueue& queue, void* tag) {
    this->RequestAsyncBidiStreaming(method, &context, &stream, &queue, &queue, tag);
  }

 private:
  const google::protobuf::ServiceDescriptor& described_;
};

}  // namespace mle::serve
