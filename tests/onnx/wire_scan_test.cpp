// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/wire_scan.h"

#include "tests/onnx/support.h"

#include <doctest/doctest.h>

#include <string>

using namespace mle;
using namespace mle::onnx_test;

namespace {

Model small_model() {
  Model model;
  model.input("x", "N,2").weights("w", {2, 1}, {1, 2}).output("y");
  model.node("MatMul", {"x", "w"});
  return model;
}

Status scan(const std::string& bytes) {
  return compiler::onnx::scan_wire_format(std::as_bytes(std::span<const char>(bytes)));
}

// A length-delimited field.
std::string field(int number, const std::string& content) {
  std::string bytes(1, static_cast<char>(number << 3 | 2));
  for (size_t left = content.size(); true; left >>= 7) {
    if (left < 128) return bytes + static_cast<char>(left) + content;
    bytes += static_cast<char>((left & 127) | 128);
  }
}

}  // namespace

TEST_CASE("onnx: a model passes the scan") { CHECK(scan(small_model().bytes()).ok()); }

TEST_CASE("onnx: every truncation of a model gives problems or a smaller model, never a crash") {
  const std::string bytes = small_model().bytes();
  for (size_t length = 0; length < bytes.size(); ++length) {
    Problems problems;
    const bool is_graph = import_bytes(bytes.substr(0, length), problems).has_value();
    CHECK(is_graph == problems.empty());
  }
}

TEST_CASE("onnx: every single-bit flip of a model gives problems or a graph, never a crash") {
  const std::string bytes = small_model().bytes();
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    Problems problems;
    const bool is_graph = import_bytes(flipped, problems).has_value();
    CHECK(is_graph == problems.empty());
  }
}

TEST_CASE("onnx: bytes behind the model are refused") {
  const std::string bytes = small_model().bytes();
  CHECK(scan(bytes + std::string(1, '\0')).rule() == 204);
  CHECK(scan(bytes + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").rule() == 204);
  CHECK(scan(bytes + "\xa2\x06\x01x").rule() == 204);
}

TEST_CASE("onnx: groups, over-long numbers and cut-off fields are refused") {
  CHECK(scan("\x3b").rule() == 204);
  CHECK(scan("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").rule() == 204);
  CHECK(scan("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02").rule() == 204);
  CHECK(scan("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").ok());
  CHECK(scan("\x08").rule() == 204);
  CHECK(scan("\x3a\x05xx").rule() == 204);
  CHECK(scan(field(7, "\x0a\x7f")).rule() == 204);  // a node longer than its graph
}

TEST_CASE("onnx: nesting beyond the limit is refused without recursion") {
  std::string bytes;
  for (int i = 0; i < 200; ++i)
    bytes = field(1, field(5, field(6, bytes)));  // node, attribute, graph
  CHECK(scan(field(7, bytes)).rule() == 216);
}

TEST_CASE("onnx: names that are no UTF-8 are refused, whatever the fault") {
  for (const char* bad :
       {"\xff", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"})
    CHECK(scan(field(2, bad)).rule() == 204);
  for (const char* good : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"})
    CHECK(scan(field(2, good)).ok());
}

TEST_CASE("onnx: a name of five thousand bytes is refused") {
  CHECK(scan(field(2, std::string(5000, 'a'))).rule() == 216);
}

TEST_CASE("onnx: only files that begin like a model are claimed") {
  const auto claims = [](const std::string& bytes) {
    return compiler::onnx::looks_like_model(std::as_bytes(std::span<const char>(bytes)));
  };
  CHECK(claims(small_model().bytes()));
  CHECK_FALSE(claims(""));
  CHECK_FALSE(claims("PK\x03\x04 a zip archive"));
  CHECK_FALSE(claims("<html></html>"));
  CHECK_FALSE(claims("{\"layers\": []}"));
  CHECK_FALSE(claims("\x80\x04\x95 a pickle"));
  CHECK_FALSE(claims("\x93NUMPY"));
}
