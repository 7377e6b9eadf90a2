// HTTP/1 as it arrives: in pieces of any size, well-formed or not.
// SPDX-License-Identifier: Apache-2.0
#include "serve/http/reader.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace mle::testing {
namespace {

using serve::HttpLimits;
using serve::HttpReader;
using State = HttpReader::State;

// All requests in `bytes`, given in pieces of `piece`: "METHOD path body", or the refusal's status.
std::vector<std::string> read_all(std::string_view bytes, size_t piece, HttpLimits limits = {}) {
  HttpReader reader(limits);
  std::vector<std::string> found;
  while (!bytes.empty()) {
    std::string_view now = bytes.substr(0, piece);
    const size_t taken = reader.take(now);
    bytes.remove_prefix(taken);
    if (reader.state() == State::Done) {
      found.push_back(std::string(reader.head().method) + " " + std::string(reader.head().path) +
                      " " + reader.body());
      reader.reset();
    } else if (reader.state() == State::Refused) {
      found.push_back(std::to_string(reader.refusal().status));
      return found;
    }
  }
  if (reader.started()) found.push_back("unfinished");
  return found;
}

using Texts = std::vector<std::string>;

std::string chunked(const std::string& body) {
  return "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

int status_of(const std::string& bytes, HttpLimits limits = {}) {
  const Texts found = read_all(bytes, bytes.size(), limits);
  return found.size() == 1 && found[0].size() == 3 ? std::stoi(found[0]) : 0;
}

std::string with(const std::string& header) {
  return "GET /p HTTP/1.1\r\nHost: a\r\n" + header + "\r\n\r\n";
}

TEST_CASE("http: requests come out the same however their bytes are cut") {
  const std::string bytes =
      "GET /one?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello\r\n"
      "POST /three HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;name=value\r\nabc\r\n0A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
      "HEAD /four HTTP/1.0\r\n\r\n";
  const Texts expected = {"GET /one ", "POST /two hello", "POST /three abc0123456789",
                          "HEAD /four "};
  for (size_t piece = 1; piece <= bytes.size(); ++piece) CHECK(read_all(bytes, piece) == expected);
}

TEST_CASE("http: a request that is cut off is not one") {
  const std::string bytes = "POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  for (size_t size = 1; size < bytes.size(); ++size)
    CHECK(read_all(bytes.substr(0, size), 7) == Texts{"unfinished"});
}

TEST_CASE("http: what other servers might read differently is refused") {
  CHECK(status_of("GET /p HTTP/1.1\r\n\r\n") == 400);  // no Host
  CHECK(status_of(with("Host: b")) == 400);            // two
  CHECK(status_of(with("Content-Length: 1\r\nContent-Length: 2")) == 400);
  CHECK(status_of(with("Content-Length: +1")) == 400);
  CHECK(status_of(with("Content-Length: 1, 1")) == 400);
  CHECK(status_of(with("Content-Length: 99999999999999999999")) == 400);
  CHECK(status_of(with("Content-Length: 3\r\nTransfer-Encoding: chunked")) == 400);
  CHECK(status_of(with("Transfer-Encoding: gzip, chunked")) == 501);
  CHECK(status_of(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")) == 501);
  CHECK(status_of(with("Name : value")) == 400);
  CHECK(status_of(with(" folded")) == 400);
  CHECK(status_of(with("Bare: a\nb: c")) == 400);
  CHECK(status_of(with(std::string("Zero: a\0b", 9))) == 400);
  CHECK(status_of(with("nothing")) == 400);
  CHECK(status_of("GET  /p HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(status_of("GET /p\tq HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(status_of("GET p HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(status_of("GET /p\r\n\r\n") == 400);
  CHECK(status_of("GET /p HTTP/2.0\r\nHost: a\r\n\r\n") == 505);
  CHECK(status_of("G<T /p HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(status_of("POST /p HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
  CHECK(status_of(with("Expect: miracles")) == 417);
}

TEST_CASE("http: chunks are read to the letter") {
  CHECK(status_of(chunked("g\r\n")) == 400);
  CHECK(status_of(chunked("\r\n")) == 400);
  CHECK(status_of(chunked("-1\r\n")) == 400);
  CHECK(status_of(chunked("1\nx")) == 400);
  CHECK(status_of(chunked("1\r\nxy")) == 400);
  CHECK(status_of(chunked("1\r\nx\ny")) == 400);
  CHECK(status_of(chunked("1;a\nb\r\n")) == 400);
  CHECK(status_of(chunked("0\r\nTrailer\n\r\n")) == 400);
  CHECK(status_of(chunked("ffffffffffffffffffff\r\n")) == 413);
}

TEST_CASE("http: heads and bodies have limits") {
  const HttpLimits limits{256, 100};
  CHECK(status_of(with("Long: " + std::string(300, 'x')), limits) == 431);
  CHECK(status_of(with("Content-Length: 101"), limits) == 413);
  CHECK(status_of(chunked("40\r\n" + std::string(64, 'x') + "\r\n25\r\n"), limits) == 413);
  CHECK(status_of(chunked("0\r\n" + std::string(300, 'x')), limits) == 431);
  CHECK(status_of(chunked("1;" + std::string(300, 'x')), limits) == 431);
  std::string many;
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  CHECK(status_of(with(many + "C: d")) == 431);
  const Texts exact = read_all(with("Content-Length: 100") + std::string(100, 'x'), 50, limits);
  CHECK(exact.size() == 1);
  CHECK(exact[0].size() == 7 + 100);
}

TEST_CASE("http: headers are found in any case and say what happens to the connection") {
  const auto head_of = [](const std::string& bytes) {
    static HttpReader reader{HttpLimits{}};
    reader.reset();
    reader.take(bytes);
    return reader.head();
  };
  const auto head = head_of(with("INFERENCE-header-Content-Length:  12 \r\nExpect: 100-Continue"));
  CHECK(head["Inference-Header-Content-Length"] == "12");
  CHECK(head["missing"].empty());
  CHECK(head.expects_continue);
  CHECK(head.keep_alive);
  CHECK_FALSE(head_of(with("Connection: x, Close")).keep_alive);
  CHECK_FALSE(head_of("GET / HTTP/1.0\r\n\r\n").keep_alive);
  CHECK(head_of("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
  const auto proxied = head_of("GET http://a:1/p?q HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(proxied.path == "/p");
  CHECK(proxied.query == "q");
}

TEST_CASE("http: bodies are bounded together, and what they took is given back") {
  serve::ByteBudget budget(10);
  const std::string five = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  const std::string chunk = chunked("5\r\nhello\r\n0\r\n\r\n");
  std::string kept;
  serve::ByteCharge charge;
  {
    HttpReader first({}, &budget), second({}, &budget), third({}, &budget);
    CHECK(first.take(five) == five.size());
    CHECK(second.take(chunk) == chunk.size());
    CHECK(budget.used() == 10);
    third.take(five);
    REQUIRE(third.state() == State::Refused);
    CHECK(third.refusal().status == 503);
    CHECK(budget.used() == 10);
    first.swap_body(kept, charge);
    first.reset();
    CHECK(budget.used() == 10);
    second.reset();
    CHECK(budget.used() == 5);
    third.reset();
    CHECK(third.take(chunk) == chunk.size());
    CHECK(third.state() == State::Done);
  }
  CHECK(kept == "hello");
  CHECK(budget.used() == 5);
  charge.clear();
  CHECK(budget.used() == 0);
}

}  // namespace
}  // namespace mle::testing
