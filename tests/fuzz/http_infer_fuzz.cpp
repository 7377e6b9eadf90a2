// Any bytes as the body of an inference request over HTTP: which model (first byte), how much of it
// is JSON (the next two), and the body: decoded, judged, computed where it fits, answered.
// Promise kept: no byte outside the body is read, and bytes follow an answer only where it says so.
// SPDX-License-Identifier: Apache-2.0
#include "serve/http/infer_body.h"
#include "tests/fuzz/serve_catalog.h"

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mle;
  static serve::Workspace workspace;
  static serve::InferBody body;
  if (size < 3) return 0;
  const std::string model(1, static_cast<char>('a' + data[0] % 16));
  const auto stated = static_cast<uint64_t>(data[1] * 256 + data[2]);
  const auto json_bytes = stated == 0xFFFF ? std::nullopt : std::optional<uint64_t>(stated);
  std::string bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  bytes.shrink_to_fit();
  testing::FuzzRequest request;
  request.model = model;
  request.arrived = serve::Clock::now();
  if (!body.decode(bytes, json_bytes, *testing::fuzz_catalog(), request).ok()) return 0;
  serve::Request* const one[] = {&request};
  testing::fuzz_engine().serve(one, workspace);
  if (!request.answered) std::abort();
  if (!request.status.ok()) return 0;
  std::string answer;
  const size_t json = body.encode(request, answer);
  if (json == 0 || json > answer.size() || (json < answer.size() && !body.has_bytes()))
    std::abort();
  return 0;
}
