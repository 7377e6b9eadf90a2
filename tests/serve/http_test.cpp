// The parts of the HTTP front by themselves: paths, packed bodies, tensors as JSON.
// SPDX-License-Identifier: Apache-2.0
#include "serve/http/encoding.h"
#include "serve/http/infer_body.h"
#include "serve/http/route.h"
#include "serve/protocol/json_text.h"
#include "tests/serve/support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>

namespace mle::testing {
namespace {

using namespace serve;

Route route_of(std::string_view method, std::string_view path) {
  Route route;
  find_route(method, path, route);
  return route;
}

TEST_CASE("http: a path is one of the listed ones, and a name in it is decoded once") {
  CHECK(route_of("POST", "/v2/models/a%20%2541/infer").model == "a %41");
  CHECK(route_of("POST", "/v2/models/a/versions/3/infer").version == "3");
  CHECK(route_of("HEAD", "/v2/health/live").ask == Ask::Live);
  CHECK(route_of("GET", "/v2/models/stats").ask == Ask::Statistics);
  CHECK(route_of("GET", "/").ask == Ask::Page);
  for (const char* path : {"/v2/models//infer", "/v2/models/a/infer/x", "/v2/models/%/infer",
                           "/v2/models/%0g/infer", "/v3", "*", "", "/a/b/c/d/e/f/g/h/i/j"}) {
    CHECK(route_of("POST", path).ask == Ask::Nothing);
    CHECK(std::string(route_of("POST", path).allow).empty());
  }
  CHECK(std::string(route_of("PUT", "/v2/logging").allow) == "GET, HEAD, POST");
  CHECK(std::string(route_of("GET", "/v2/models/a/infer").allow) == "POST");
}

TEST_CASE("http: what was packed comes out again, and no more than allowed") {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += std::to_string(i);
  for (const Encoding encoding : {Encoding::Gzip, Encoding::Deflate}) {
    std::string packed = "before", out;
    REQUIRE(zip(encoding, text, packed));
    packed = packed.substr(6);
    CHECK(packed.size() < text.size());
    CHECK(unzip(encoding, packed, text.size(), out) == Unzipped::Good);
    CHECK(out == text);
    CHECK(unzip(encoding, packed, text.size() - 1, out) == Unzipped::TooLarge);
    CHECK(unzip(encoding, packed + "x", text.size(), out) == Unzipped::Damaged);
    for (size_t size = 0; size < packed.size(); size += 97)
      CHECK(unzip(encoding, packed.substr(0, size), text.size(), out) == Unzipped::Damaged);
  }
}

TEST_CASE("http: the encoding of an answer is one that is accepted") {
  CHECK(accepted_encoding("gzip, deflate, br") == Encoding::Gzip);
  CHECK(accepted_encoding("br, Deflate;q=0.5") == Encoding::Deflate);
  CHECK(accepted_encoding("gzip;q=0, deflate") == Encoding::Deflate);
  CHECK(accepted_encoding("gzip;q=0.000") == Encoding::None);
  CHECK(accepted_encoding("") == Encoding::None);
  CHECK(encoding_of("br") == Encoding::Unknown);
  CHECK(encoding_of("X-GZIP") == Encoding::Gzip);
}

TEST_CASE("json: any bytes become a text that is valid") {
  const auto text_of = [](std::string_view bytes) {
    std::string to;
    append_json_text(to, bytes);
    return to;
  };
  CHECK(text_of("a\"\\\n\x01é€😀") == "\"a\\\"\\\\\\n\\u0001é€😀\"");
  CHECK(text_of(std::string_view("\0", 1)) == "\"\\u0000\"");
  for (const char* bad : {"\xFF", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"})
    CHECK(text_of(bad).substr(0, 4) == "\"\xEF\xBF\xBD");
  CHECK(text_of("\xE2\x82") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST_CASE("json: numbers read back as they were") {
  const auto text_of = [](auto value) {
    std::string to;
    append_json(to, value);
    return to;
  };
  CHECK(text_of(0.1f) == "0.1");
  CHECK(text_of(-0.0) == "-0");
  CHECK(text_of(std::numeric_limits<uint64_t>::max()) == "18446744073709551615");
  CHECK(text_of(std::numeric_limits<int64_t>::min()) == "-9223372036854775808");
  CHECK(text_of(std::nan("")) == "null");
  CHECK(text_of(-INFINITY) == "-1e999");
  CHECK(text_of(true) == "true");
}

struct Body {
  explicit Body(const char* model = "m") { request.model = model; }
  Status decode(std::string text, std::optional<uint64_t> json = {}) {
    bytes = std::move(text);
    request.inputs.clear();
    request.wanted.clear();
    return body.decode(bytes, json, *catalog, request);
  }
  ModelFolder folder;
  std::shared_ptr<const Catalog> catalog = [this] {
    folder.put("m.mle", linear_file());
    return catalog_of("m", folder.path("m.mle"));
  }();
  std::string bytes;
  TestRequest request{"m"};
  InferBody body;
};

TEST_CASE("http: members of a body come in any order, and unknown ones are ignored") {
  Body b;
  CHECK(b.decode(R"({"more": {"a": [1]}, "inputs": [{"data": [[1, 2.5], [-3]], "shape": [1, 3],
        "datatype": "FP32", "name": "x", "parameters": {}}], "outputs": [{"name": "y"}]})")
            .ok());
  REQUIRE(b.request.inputs.size() == 1);
  CHECK(b.request.inputs[0].count == 3);
  CHECK(static_cast<const float*>(b.request.inputs[0].data)[1] == 2.5f);
  CHECK(b.request.wanted == std::vector<std::string_view>{"y"});
}

TEST_CASE("http: every cut of a body is refused, and no byte behind it is read") {
  Body b;
  const std::string json =
      R"({"inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 4]}]})";
  for (size_t size = 0; size < json.size(); ++size)
    CHECK_FALSE(b.decode(json.substr(0, size)).ok());
  CHECK(b.decode(json).ok());
  const std::string announced =
      R"({"inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP32", "parameters": {"binary_data_size": 12}}]})";
  for (size_t size = 0; size < 12; ++size)
    CHECK_FALSE(b.decode(announced + std::string(size, '\0'), announced.size()).ok());
  CHECK(b.decode(announced + std::string(12, '\0'), announced.size()).ok());
  CHECK_FALSE(b.decode(announced + std::string(13, '\0'), announced.size()).ok());
}

TEST_CASE("http: nesting is bounded") {
  Body b;
  const std::string head =
      R"({"inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP32", "data": )";
  CHECK(b.decode(head + std::string(8, '[') + "1" + std::string(8, ']') + "}]}").ok());
  CHECK_FALSE(b.decode(head + std::string(100, '[') + "1" + std::string(100, ']') + "}]}").ok());
}

}  // namespace
}  // namespace mle::testing
