// Flags of the benchmark.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/options.h"

#include <doctest/doctest.h>
#include <getopt.h>

#include <string>
#include <vector>

namespace mle::peers {
namespace {

Result<Options> parse(std::vector<std::string> words) {
  words.insert(words.begin(), "peers");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  optind = 0;  // getopt starts anew
  opterr = 0;
  return parse_options(static_cast<int>(words.size()), arguments.data());
}

TEST_CASE("peers: without flags everything is measured in fifteen rounds") {
  const auto options = parse({});
  REQUIRE(options.has_value());
  CHECK(options->rounds == 15);
  CHECK(options->batches == std::vector<size_t>{1, 8, 32, 256, 2048});
  CHECK(options->wants("W5"));
  CHECK(options->run);
  CHECK(options->load);
  CHECK(options->start);
}

TEST_CASE("peers: threads are counted, and each peer that is not there keeps its reason") {
  const auto options = parse({"--threads", "2", "--missing", "a: no", "--missing", "b: none",
                              "--mkl", "mkl.so", "--litert", "litert.so"});
  REQUIRE(options.has_value());
  CHECK(options->threads == 2);
  CHECK(options->missing == std::vector<std::string>{"a: no", "b: none"});
  CHECK(options->mkl == "mkl.so");
  CHECK(options->litert == "litert.so");
  CHECK(options->openblas.empty());
  CHECK(!parse({"--threads", "0"}).has_value());
}

TEST_CASE("peers: lists choose workloads, batches and parts") {
  const auto options = parse({"--only", "W1,W3", "--batches", "1,32", "--what", "load", "--quick"});
  REQUIRE(options.has_value());
  CHECK(options->wants("W3"));
  CHECK(!options->wants("W2"));
  CHECK(options->batches == std::vector<size_t>{1, 32});
  CHECK(!options->run);
  CHECK(options->load);
  CHECK(!options->start);
  CHECK(options->rounds == 5);
}

TEST_CASE("peers: a misused flag is named") {
  const auto message = [](std::vector<std::string> words) {
    const auto options = parse(std::move(words));
    REQUIRE(!options.has_value());
    CHECK(options.error().code() == Code::InvalidArgument);
    return std::string(options.error().message());
  };
  CHECK(message({"--rounds", "many"}) == "--rounds 'many': not a number from 1 to 1000");
  CHECK(message({"--batches", "1,4096"}) == "--batches '4096': not a number from 1 to 2048");
  CHECK(message({"--what", "fly"}) == "--what 'fly': unknown");
  CHECK(message({"--only"}) == "unknown flag, or its value is missing");
  CHECK(message({"W1"}) == "'W1': not a flag");
}

}  // namespace
}  // namespace mle::peers
