// Strings, keys and labels through Session::run and the C ABI.
// SPDX-License-Identifier: Apache-2.0
#include <mle/c.h>

#include "format/rules.h"
#include "tests/format/one_op.h"
#include "tests/runtime/networks.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace mle::testing {
namespace {

using std::string_view;

std::vector<int64_t> places(const TinyModel& m, const std::vector<string_view>& keys) {
  const Model model = load(m);
  Session session = Session::make(model).or_exit();
  std::vector<int64_t> to(keys.size());
  const Status status = session.run({In(keys)}, {Out(to)});
  REQUIRE_MESSAGE(status.ok(), status.message());
  return to;
}

TEST_CASE(
    "runtime: strings are found by their bytes, unknown and missing ones have their answers") {
  TinyModel m = one_map_keys();
  m.op(0).iattr = {7, 9};
  CHECK(places(m, {"red", "", "Red", string_view()}) == std::vector<int64_t>{0, 1, 7, 9});
}

TEST_CASE("runtime: a key that must be known is named with its row") {
  TinyModel m = one_map_keys();
  m.op(0).iattr = {0xFFFFFFFF, 3};
  const Model model = load(m);
  Session session = Session::make(model).or_exit();
  std::vector<string_view> keys = {"red", "", "red", "blue"};
  std::vector<int64_t> to(4);
  const Status status = session.run({In(keys)}, {Out(to)});
  REQUIRE_FALSE(status.ok());
  CHECK(status.rule() == format::rule::R117_NoAnswer);
  CHECK(string_view(status.message()).find("row 1") != string_view::npos);
  CHECK(string_view(status.message()).find("'blue'") != string_view::npos);
  keys[3] = string_view();
  CHECK(session.run({In(keys)}, {Out(to)}).ok());
  CHECK(to == std::vector<int64_t>{0, 1, 0, 3});
}

TEST_CASE("runtime: a hundred thousand keys are each found at their place") {
  constexpr size_t kKeys = 100000;
  TinyModel m = one_op({1}, {1});
  m.tensor(0).dtype = fb::DType::Str;
  m.tensor(1).dtype = fb::DType::I64;
  fb::OpT& op = m.add_op(fb::OpKind::MapKeys, {0}, 1);
  op.iattr = {1234567, 0};
  std::vector<std::string> names;
  for (size_t i = 0; i < kKeys; ++i) names.push_back("key " + std::to_string(i * 7919));
  for (const std::string& name : names) op.indices.push_back(m.strings.add(name));
  const std::vector<string_view> keys(names.begin(), names.end());
  const std::vector<int64_t> found = places(m, keys);
  size_t wrong = 0;
  for (size_t i = 0; i < kKeys; ++i) wrong += found[i] != static_cast<int64_t>(i);
  CHECK(wrong == 0);
  CHECK(places(m, {"key", "key 1", "key 7919 "}) == std::vector<int64_t>(3, 1234567));
}

TEST_CASE("runtime: numbers are found in a sorted list, NaN is a missing one") {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const Model model = load(one_map_numbers());
  Session session = Session::make(model).or_exit();
  const std::vector<float> x = {-1, -0.0f, 0.5f, 8, 7.5f, 9, -2, kNan};
  std::vector<int64_t> to(x.size());
  REQUIRE(session.run({In(x)}, {Out(to)}).ok());
  CHECK(to == std::vector<int64_t>{0, 1, 2, 3, 4, 4, 4, 5});
}

TEST_CASE("runtime: labels point into the model and outlive the session") {
  const Model model = load(one_labels());
  const std::vector<int64_t> x = {1, 0, 0, 1};
  std::vector<string_view> to(4);
  {
    Session session = Session::make(model).or_exit();
    REQUIRE(session.run({In(x)}, {Out(to)}).ok());
    const std::vector<int64_t> outside = {0, 1, 2, 0};
    std::vector<string_view> none(4);
    CHECK(session.run({In(outside)}, {Out(none)}).rule() == format::rule::R117_NoAnswer);
  }
  CHECK(to == std::vector<string_view>{"yes", "no", "no", "yes"});
}

TEST_CASE("runtime: an empty string is not missing, a string without data is") {
  const Model model = load(one_is_missing());
  Session session = Session::make(model).or_exit();
  const std::vector<string_view> x = {"", string_view(), "nan", "None"};
  bool missing[4] = {};
  REQUIRE(session.run({In(x)}, {Out(missing)}).ok());
  CHECK_FALSE(missing[0]);
  CHECK(missing[1]);
  CHECK_FALSE(missing[2]);
  CHECK_FALSE(missing[3]);
}

TEST_CASE("runtime: the C side passes strings as pointer and length, both ways") {
  TinyModel m = one_op({2}, {2});
  m.tensor(0).dtype = fb::DType::Str;
  m.tensor(1).dtype = fb::DType::Str;
  m.add_op(fb::OpKind::Reshape, {0}, 1);
  const AlignedBytes file = make_file(m);
  mle_model* model = nullptr;
  REQUIRE(mle_model_from_memory(file.data(), file.size(), nullptr, &model, nullptr) == MLE_OK);
  mle_session* session = nullptr;
  REQUIRE(mle_session_create(model, nullptr, &session, nullptr) == MLE_OK);
  mle_string in[] = {{"abc", 2}, {nullptr, 0}}, out[2] = {};
  const mle_tensor x = {MLE_STR, 0, in, 2, 0}, y = {MLE_STR, 0, out, 2, 0};
  REQUIRE(mle_session_run_tensors(session, &x, 1, &y, 1, nullptr) == MLE_OK);
  CHECK(string_view(out[0].data, out[0].size) == "ab");
  CHECK(out[1].data == nullptr);
  mle_session_destroy(session);
  mle_model_destroy(model);
}

}  // namespace
}  // namespace mle::testing
