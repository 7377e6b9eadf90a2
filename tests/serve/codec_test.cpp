// Messages to requests and back, without a network.
// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/codec.h"

#include "format/rules.h"
#include "serve/grpc/open_inference.pb.h"
#include "tests/serve/support.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

namespace mle::testing {
namespace {

using inference::ModelInferRequest;
using inference::ModelInferResponse;

ModelInferRequest question(const char* datatype) {
  ModelInferRequest message;
  message.set_model_name("m");
  auto& input = *message.add_inputs();
  input.set_name("x");
  input.set_datatype(datatype);
  return message;
}

struct Decoded {
  explicit Decoded(const ModelInferRequest& message) : request("") {
    request.inputs.clear();
    status = serve::decode(message, serve::Regions(), request, scratch, raw);
  }
  serve::Scratch scratch;
  bool raw = false;
  TestRequest request;
  Status status;
};

TEST_CASE("codec: typed contents are borrowed where they fit and narrowed where they do not") {
  auto floats = question("FP32");
  floats.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1.5f);
  const Decoded borrowed(floats);
  REQUIRE(borrowed.status.ok());
  CHECK(borrowed.request.inputs[0].data == floats.inputs(0).contents().fp32_contents().data());
  CHECK_FALSE(borrowed.raw);

  auto bytes = question("INT8");
  for (const int value : {-128, 127})
    bytes.mutable_inputs(0)->mutable_contents()->add_int_contents(value);
  const Decoded narrowed(bytes);
  REQUIRE(narrowed.status.ok());
  const auto* values = static_cast<const int8_t*>(narrowed.request.inputs[0].data);
  CHECK(values[0] == -128);
  CHECK(values[1] == 127);
  bytes.mutable_inputs(0)->mutable_contents()->add_int_contents(128);
  CHECK(Decoded(bytes).status.rule() == format::rule::S409_RequestBytes);
}

TEST_CASE("codec: raw strings are read to the byte and no further") {
  auto message = question("BYTES");
  const std::string raw("\2\0\0\0hi\0\0\0\0", 10);
  message.add_raw_input_contents(raw);
  const Decoded good(message);
  REQUIRE(good.status.ok());
  REQUIRE(good.request.inputs[0].count == 2);
  const auto* texts = static_cast<const std::string_view*>(good.request.inputs[0].data);
  CHECK(texts[0] == "hi");
  CHECK(texts[1].empty());
  for (const size_t cut : {1u, 3u, 4u, 5u, 7u, 9u}) {
    message.set_raw_input_contents(0, raw.substr(0, cut));
    CHECK(Decoded(message).status.rule() == format::rule::S409_RequestBytes);
  }
}

TEST_CASE("codec: what the protocol forbids is refused") {
  auto both = question("FP32");
  both.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
  both.add_raw_input_contents("abcd");
  CHECK(Decoded(both).status.rule() == format::rule::S414_Protocol);
  auto more = question("FP32");
  more.add_raw_input_contents("abcd");
  more.add_raw_input_contents("abcd");
  CHECK(Decoded(more).status.rule() == format::rule::S414_Protocol);
  auto odd = question("FP32");
  odd.add_raw_input_contents("abc");
  CHECK(Decoded(odd).status.rule() == format::rule::S409_RequestBytes);
  auto half = question("FP16");
  half.mutable_inputs(0)->mutable_contents();
  CHECK(Decoded(half).status.rule() == format::rule::S414_Protocol);
  CHECK(Decoded(question("FP8")).status.rule() == format::rule::S406_RequestInput);
  auto boolean = question("BOOL");
  boolean.add_raw_input_contents("\2");
  CHECK(Decoded(boolean).status.rule() == format::rule::S409_RequestBytes);
}

TEST_CASE("codec: timeout and priority are taken from the parameters") {
  auto message = question("FP32");
  (*message.mutable_parameters())["timeout"].set_int64_param(1000);
  (*message.mutable_parameters())["priority"].set_uint64_param(1);
  const Decoded decoded(message);
  REQUIRE(decoded.status.ok());
  CHECK(decoded.request.urgent);
  CHECK(decoded.request.deadline == decoded.request.arrived + std::chrono::microseconds(1000));
  (*message.mutable_parameters())["timeout"].set_string_param("soon");
  CHECK(Decoded(message).status.rule() == format::rule::S414_Protocol);
  (*message.mutable_parameters())["timeout"].set_uint64_param(~uint64_t{0});
  CHECK(Decoded(message).status.ok());
}

TEST_CASE("codec: an answer goes as the question came") {
  ModelFolder folder;
  folder.put("m.mle", linear_file());
  serve::Engine engine({0, 1e12, {}});
  engine.publish(catalog_of("m", folder.path("m.mle")));
  serve::Workspace workspace;
  TestRequest request("m");
  serve::Request* const one[] = {&request};
  engine.serve(one, workspace);
  REQUIRE(request.status.ok());
  ModelInferResponse typed, raw;
  ModelInferRequest question;
  question.set_id("id");
  CHECK(serve::encode(question, request, false, serve::Regions(), typed).ok());
  CHECK(serve::encode(question, request, true, serve::Regions(), raw).ok());
  CHECK(typed.outputs(0).contents().fp32_contents(1) == 2.5f);
  CHECK(typed.raw_output_contents_size() == 0);
  CHECK(raw.raw_output_contents(0).size() == 8);
  CHECK_FALSE(raw.outputs(0).has_contents());
  CHECK(typed.id() == "id");
  CHECK(typed.model_version() == "1");
  CHECK(typed.outputs(0).shape(0) == 1);
  CHECK(typed.outputs(0).shape(1) == 2);
}

}  // namespace
}  // namespace mle::testing
