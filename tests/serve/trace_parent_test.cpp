// What W3C's Trace Context allows in `traceparent`, and what it does not.
// SPDX-License-Identifier: Apache-2.0
#include "serve/protocol/trace_parent.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace mle::testing {
namespace {

const std::string kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string taken(const std::string& text) {
  serve::TraceParent trace;
  trace.take(kGood);
  trace.take(text);
  return std::string(trace.text());
}

TEST_CASE("trace: what is well-formed is kept, with its id") {
  serve::TraceParent trace;
  CHECK(trace.trace_id().empty());
  trace.take(kGood);
  CHECK(trace.text() == kGood);
  CHECK(trace.trace_id() == "4bf92f3577b34da6a3ce929d0e0e4736");
  trace.clear();
  CHECK(trace.empty());
  // Of a version to come, what this one knows.
  CHECK(taken("cc" + kGood.substr(2)) == "cc" + kGood.substr(2));
  CHECK(taken("cc" + kGood.substr(2) + "-more") == "cc" + kGood.substr(2));
}

TEST_CASE("trace: anything else is as if nothing had been said") {
  CHECK(taken("").empty());
  CHECK(taken(kGood + "-more").empty());
  CHECK(taken(kGood.substr(1)).empty());
  CHECK(taken("ff" + kGood.substr(2)).empty());
  CHECK(taken("cc" + kGood.substr(2) + "more").empty());
  CHECK(taken("00-00000000000000000000000000000000-00f067aa0ba902b7-01").empty());
  CHECK(taken("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01").empty());
  for (size_t i = 0; i < kGood.size(); ++i) {
    std::string wrong = kGood;
    wrong[i] = wrong[i] == '-' ? '0' : 'A';
    CHECK(taken(wrong).empty());
  }
}

}  // namespace
}  // namespace mle::testing
