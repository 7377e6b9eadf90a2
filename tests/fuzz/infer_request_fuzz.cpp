// Any bytes as a ModelInfer message: parsed, decoded, judged, computed where it fits, encoded.
// Promise kept: no byte outside the message is read and no answer is made of what was not asked.
// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/engine.h"
#include "serve/engine/load_version.h"
#include "serve/grpc/codec.h"
#include "serve/grpc/open_inference.pb.h"
#include "tests/serve/models.h"

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

using namespace mle;

class FuzzRequest final : public serve::Request {
 public:
  void done() noexcept override { answered = true; }
  bool answered = false;
};

std::shared_ptr<const serve::Version> load(const char* name, const testing::AlignedBytes& bytes) {
  std::string path = "/tmp/mle_infer_fuzz_XXXXXX";
  const int file = ::mkstemp(path.data());
  if (file < 0 || ::write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    std::abort();
  ::close(file);
  auto version = serve::load_version({name, 1, path}, 1, std::make_shared<serve::Counters>());
  ::unlink(path.c_str());
  if (!version) std::abort();
  return *version;
}

// "a" … "n" echo the data types by their numbers, "o" is linear, "p" has two entries.
std::shared_ptr<const serve::Catalog> make_catalog() {
  auto catalog = std::make_shared<serve::Catalog>();
  const auto add = [&](char letter, const testing::AlignedBytes& bytes) {
    const std::string name(1, letter);
    catalog->models[name] = {{load(name.c_str(), bytes)}, std::make_shared<serve::Lane>()};
  };
  for (int number = 1; number <= 14; ++number)
    add(static_cast<char>('a' + number - 1), testing::echo_file(static_cast<fb::DType>(number)));
  add('o', testing::linear_file());
  add('p', testing::two_entries_file());
  return catalog;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static serve::Engine& engine = [&]() -> serve::Engine& {
    static serve::Engine made({0, 1e18, {}});
    made.publish(make_catalog());
    return made;
  }();
  static serve::Workspace workspace;
  inference::ModelInferRequest message;
  if (!message.ParseFromArray(data, static_cast<int>(size))) return 0;
  FuzzRequest request;
  serve::Scratch scratch;
  bool raw = false;
  request.arrived = serve::Clock::now();
  if (!serve::decode(message, request, scratch, raw).ok()) return 0;
  serve::Request* const one[] = {&request};
  engine.serve(one, workspace);
  if (!request.answered) std::abort();
  if (!request.status.ok()) return 0;
  inference::ModelInferResponse answer;
  serve::encode(request, message.id(), raw, answer);
  if (answer.outputs_size() == 0 || answer.ByteSizeLong() == 0) std::abort();
  return 0;
}
