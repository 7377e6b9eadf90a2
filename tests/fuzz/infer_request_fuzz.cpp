// Any bytes as a ModelInfer message: parsed, decoded, judged, computed where it fits, encoded.
// Promise kept: no byte outside the message is read and no answer is made of what was not asked.
// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/codec.h"
#include "serve/grpc/open_inference.pb.h"
#include "tests/fuzz/serve_catalog.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mle;
  static serve::Workspace workspace;
  inference::ModelInferRequest message;
  if (!message.ParseFromArray(data, static_cast<int>(size))) return 0;
  testing::FuzzRequest request;
  serve::Scratch scratch;
  bool raw = false;
  const serve::Regions none;
  request.arrived = serve::Clock::now();
  if (!serve::decode(message, none, request, scratch, raw).ok()) return 0;
  serve::Request* const one[] = {&request};
  testing::fuzz_engine().serve(one, workspace);
  if (!request.answered) std::abort();
  if (!request.status.ok()) return 0;
  inference::ModelInferResponse answer;
  if (!serve::encode(message, request, raw, none, answer).ok()) return 0;
  if (answer.outputs_size() == 0 || answer.ByteSizeLong() == 0) std::abort();
  return 0;
}
