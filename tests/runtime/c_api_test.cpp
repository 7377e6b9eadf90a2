// The C ABI: the same answers, the same errors, and NULL wherever a caller may slip.
// SPDX-License-Identifier: Apache-2.0
#include <mle/c.h>

#include "format/rules.h"
#include "tests/runtime/networks.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

namespace mle::testing {
namespace {

namespace rule = format::rule;

struct Fixture {
  AlignedBytes bytes = make_file(tiny_mlp());
  mle_model* model = nullptr;
  mle_session* session = nullptr;
  mle_error error = {};

  Fixture() {
    REQUIRE(mle_model_from_memory(bytes.data(), bytes.size(), nullptr, &model, &error) == MLE_OK);
    REQUIRE(mle_session_create(model, nullptr, &session, &error) == MLE_OK);
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;
  ~Fixture() {
    mle_model_destroy(model);  // before its session: any order will do
    mle_session_destroy(session);
  }
};

TEST_CASE_FIXTURE(Fixture, "c: gives the answers of the C++ API") {
  const std::vector<float> rows = random_rows(3 * 7, 1);
  Session expected = Session::make(load(tiny_mlp())).or_exit();
  std::vector<float> out(2 * 7);
  CHECK(mle_session_run(session, rows.data(), rows.size(), out.data(), out.size(), &error) ==
        MLE_OK);
  CHECK(same_bits(out, answers(expected, rows)));
  std::vector<float> again(2 * 7);
  mle_tensor in = {MLE_F32, 0, const_cast<float*>(rows.data()), rows.size(), 0};
  mle_tensor to = {MLE_F32, 0, again.data(), again.size(), 8};
  CHECK(mle_session_run_tensors(session, &in, 1, &to, 1, nullptr) == MLE_OK);
  CHECK(same_bits(out, again));
}

TEST_CASE_FIXTURE(Fixture, "c: says what the model takes and gives") {
  CHECK(std::string(mle_version()) == MLE_VERSION_STRING);
  CHECK(mle_model_input_count(model) == 1);
  CHECK(mle_model_output_count(model) == 1);
  CHECK(std::string(mle_model_input_name(model, 0)) == "x");
  CHECK(std::string(mle_model_output_name(model, 0)) == "probabilities");
  CHECK(mle_model_input_width(model, 0) == 3);
  CHECK(mle_model_output_width(model, 0) == 2);
  CHECK(mle_model_input_name(model, 1) == nullptr);
  CHECK(mle_model_output_width(model, 1) == 0);
  CHECK(std::string(mle_model_isa(model)) == load(tiny_mlp()).isa());
}

TEST_CASE_FIXTURE(Fixture, "c: NULL is an error or nothing, never a crash") {
  mle_model_destroy(nullptr);
  mle_session_destroy(nullptr);
  CHECK(mle_model_isa(nullptr) == nullptr);
  CHECK(mle_model_input_count(nullptr) == 0);
  CHECK(mle_model_output_count(nullptr) == 0);
  CHECK(mle_model_input_name(nullptr, 0) == nullptr);
  CHECK(mle_model_output_name(nullptr, 0) == nullptr);
  CHECK(mle_model_input_width(nullptr, 0) == 0);
  CHECK(mle_model_output_width(nullptr, 0) == 0);
  mle_model* none = model;
  CHECK(mle_model_load(nullptr, &none, nullptr) == MLE_INVALID_ARGUMENT);
  CHECK(none == nullptr);
  CHECK(mle_model_load("x", nullptr, &error) == MLE_INVALID_ARGUMENT);
  CHECK(std::string(error.message) == "mle_model_load: model is NULL");
  CHECK(mle_model_load_with("x", nullptr, nullptr, &error) == MLE_INVALID_ARGUMENT);
  CHECK(std::string(error.message) == "mle_model_load_with: model is NULL");
  CHECK(mle_model_from_memory(nullptr, 100, nullptr, &none, &error) == MLE_INVALID_ARGUMENT);
  CHECK(mle_model_from_memory(nullptr, 0, nullptr, &none, &error) == MLE_CORRUPT);
  CHECK(mle_model_from_memory(bytes.data(), bytes.size(), nullptr, nullptr, &error) ==
        MLE_INVALID_ARGUMENT);
  mle_session* no_session = session;
  CHECK(mle_session_create(nullptr, nullptr, &no_session, &error) == MLE_INVALID_ARGUMENT);
  CHECK(no_session == nullptr);
  CHECK(mle_session_create(model, nullptr, nullptr, &error) == MLE_INVALID_ARGUMENT);
  CHECK(mle_session_run(nullptr, nullptr, 0, nullptr, 0, &error) == MLE_INVALID_ARGUMENT);
  CHECK(mle_session_run(session, nullptr, 3, nullptr, 2, &error) == MLE_INVALID_ARGUMENT);
  CHECK(error.rule == rule::R114_NullData);
  CHECK(mle_session_run(session, nullptr, 0, nullptr, 0, &error) == MLE_OK);
  CHECK(mle_session_run_tensors(session, nullptr, 1, nullptr, 1, &error) == MLE_INVALID_ARGUMENT);
  CHECK(mle_session_run_tensors(nullptr, nullptr, 0, nullptr, 0, &error) == MLE_INVALID_ARGUMENT);
}

TEST_CASE_FIXTURE(Fixture, "c: an error carries code, rule, offset, message and hint") {
  bytes[200] ^= std::byte{1};
  mle_model* broken = nullptr;
  CHECK(mle_model_from_memory(bytes.data(), bytes.size(), nullptr, &broken, &error) == MLE_CORRUPT);
  CHECK(error.code == MLE_CORRUPT);
  CHECK(error.rule == rule::V09_HeaderSum);
  bytes[200] ^= std::byte{1};
  float out[2];
  CHECK(mle_session_run(session, out, 2, out, 2, &error) == MLE_INVALID_ARGUMENT);
  CHECK(error.rule == rule::R112_ArgumentSize);
  CHECK(error.offset == UINT64_MAX);
  CHECK(std::strlen(error.hint) > 0);
}

TEST_CASE("c: texts too long for an error are cut between characters and still end") {
  mle_error error;
  std::memset(&error, 'x', sizeof error);
  std::string path = "/no/such/";
  while (path.size() < 300) path += "\xC3\xA4";  // two bytes each
  for (size_t shift = 0; shift < 2; ++shift) {
    mle_model* model = nullptr;
    CHECK(mle_model_load((std::string(shift, '/') + path).c_str(), &model, &error) ==
          MLE_NOT_FOUND);
    const size_t length = std::strlen(error.message);
    CHECK(length >= sizeof error.message - 2);
    CHECK(length < sizeof error.message);
    CHECK(error.message[length - 1] == '\xA4');  // a whole character
  }
}

TEST_CASE_FIXTURE(Fixture, "c: a shorter struct of options is an older caller's and works") {
  mle_load_options options = {};
  options.struct_size = offsetof(mle_load_options, populate);
  options.verify = 1;
  options.populate = 99;  // beyond struct_size: not looked at
  mle_model* other = nullptr;
  CHECK(mle_model_from_memory(bytes.data(), bytes.size(), &options, &other, &error) == MLE_OK);
  mle_model_destroy(other);
  for (const size_t size : {size_t{0}, size_t{7}}) {
    options.struct_size = size;
    CHECK(mle_model_from_memory(bytes.data(), bytes.size(), &options, &other, &error) ==
          MLE_INVALID_ARGUMENT);
  }
}

TEST_CASE_FIXTURE(Fixture, "c: a longer struct of options works only while the rest is zero") {
  struct {
    mle_session_options known;
    char newer[16];
  } options = {};
  options.known.struct_size = sizeof options;
  mle_session* other = nullptr;
  CHECK(mle_session_create(model, &options.known, &other, &error) == MLE_OK);
  mle_session_destroy(other);
  options.newer[15] = 1;
  CHECK(mle_session_create(model, &options.known, &other, &error) == MLE_INVALID_ARGUMENT);
  CHECK(error.rule == rule::R103_Option);
}

TEST_CASE_FIXTURE(Fixture, "c: options do what they do in C++, and wrong ones are refused") {
  const auto load_with = [&](auto&& change) {
    mle_load_options options = {};
    options.struct_size = sizeof options;
    change(options);
    mle_model* other = nullptr;
    const mle_code code =
        mle_model_from_memory(bytes.data(), bytes.size(), &options, &other, &error);
    CHECK((other != nullptr) == (code == MLE_OK));
    mle_model_destroy(other);
    return code;
  };
  CHECK(load_with([](mle_load_options& o) { o.copy = 1; }) == MLE_OK);
  CHECK(load_with([](mle_load_options& o) { o.verify = 2; }) == MLE_INVALID_ARGUMENT);
  CHECK(load_with([](mle_load_options& o) { o.populate = -1; }) == MLE_INVALID_ARGUMENT);
  CHECK(load_with([](mle_load_options& o) { o.copy = 2; }) == MLE_INVALID_ARGUMENT);
  CHECK(load_with([](mle_load_options& o) { o.reserved = 1; }) == MLE_INVALID_ARGUMENT);
  CHECK(load_with([](mle_load_options& o) { o.isa = "mmx"; }) == MLE_UNSUPPORTED);
  CHECK(load_with([](mle_load_options& o) { o.isa = kPlainIsa; }) == MLE_OK);

  const auto create_with = [&](auto&& change) {
    mle_session_options options = {};
    options.struct_size = sizeof options;
    change(options);
    mle_session* other = nullptr;
    const mle_code code = mle_session_create(model, &options, &other, &error);
    mle_session_destroy(other);
    return code;
  };
  const char* names[] = {"probabilities", nullptr};
  CHECK(create_with([&](auto& o) { o.outputs = names, o.output_count = 1; }) == MLE_OK);
  CHECK(create_with([&](auto& o) { o.outputs = names, o.output_count = 2; }) ==
        MLE_INVALID_ARGUMENT);
  CHECK(create_with([&](auto& o) { o.output_count = 1; }) == MLE_INVALID_ARGUMENT);
  CHECK(create_with([](auto& o) { o.entry = "predict_proba"; }) == MLE_OK);
  CHECK(create_with([](auto& o) { o.entry = "predict"; }) == MLE_NOT_FOUND);
  CHECK(create_with([](auto& o) { o.threads = 2, o.tile_rows = 5; }) == MLE_OK);
  CHECK(create_with([](auto& o) { o.threads = -2; }) == MLE_INVALID_ARGUMENT);
  CHECK(create_with([](auto& o) { o.reserved = 7; }) == MLE_INVALID_ARGUMENT);
}

TEST_CASE_FIXTURE(Fixture, "c: a file loads with the options given, and an error names its path") {
  char path[] = "/tmp/mle-c-test-XXXXXX";
  const int file = ::mkstemp(path);
  REQUIRE(file >= 0);
  REQUIRE(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  ::close(file);
  mle_load_options options = {};
  options.struct_size = sizeof options;
  options.verify = 1;
  options.isa = kPlainIsa;
  mle_model* loaded = nullptr;
  CHECK(mle_model_load_with(path, &options, &loaded, &error) == MLE_OK);
  REQUIRE(loaded != nullptr);
  CHECK(std::string(mle_model_isa(loaded)) == kPlainIsa);
  mle_model_destroy(loaded);
  CHECK(mle_model_load_with(path, nullptr, &loaded, &error) == MLE_OK);
  mle_model_destroy(loaded);
  options.populate = 3;
  CHECK(mle_model_load_with(path, &options, &loaded, &error) == MLE_INVALID_ARGUMENT);
  CHECK(loaded == nullptr);
  ::unlink(path);
  CHECK(mle_model_load_with(path, nullptr, &loaded, &error) == MLE_NOT_FOUND);
  CHECK(std::strstr(error.message, path) != nullptr);
}

TEST_CASE_FIXTURE(Fixture, "c: tensors of unknown type or with reserved bits are refused") {
  std::array<float, 3> in = {};
  std::array<float, 2> out = {-9, -9};
  mle_tensor x = {MLE_F32, 0, in.data(), in.size(), 0};
  mle_tensor y = {MLE_F32, 0, out.data(), out.size(), 0};
  for (const int32_t dtype : {0, 15, -1, 1 << 20}) {
    x.dtype = dtype;
    CHECK(mle_session_run_tensors(session, &x, 1, &y, 1, &error) == MLE_INVALID_ARGUMENT);
  }
  x.dtype = MLE_F32;
  y.reserved = 1;
  CHECK(mle_session_run_tensors(session, &x, 1, &y, 1, &error) == MLE_INVALID_ARGUMENT);
  CHECK(out[0] == -9);
  const std::vector<mle_tensor> many(100, x);
  CHECK(mle_session_run_tensors(session, many.data(), many.size(), &y, 1, &error) ==
        MLE_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace mle::testing
