// The stack machine: what it refuses, and that it does nothing else with it.
// SPDX-License-Identifier: Apache-2.0
#include "tests/pickle/support.h"

#include <doctest/doctest.h>

using namespace mle;
using namespace mle::compiler;
using namespace mle::compiler::pickle;
using namespace mle::testing;

namespace {

void check_refused(std::string_view pickle, const char* words) {
  CAPTURE(words);
  Problems problems;
  const auto read = unpickle_data(bytes_of(pickle), problems);
  std::string text = read ? "" : read.error().message();
  for (const Problem& problem : problems.kept()) text += problem.what;
  CAPTURE(text);
  CHECK(text.find(words) != std::string::npos);
}

std::string repeat(std::string_view text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("pickle: an unknown name is refused by module and name, however it is written") {
  using namespace std::string_view_literals;
  check_refused("cos\nsystem\n(S'echo'\ntR."sv, "'os.system'");
  check_refused(
      "\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x04"sv
      "echo\x94\x85R."sv,
      "'os.system'");
  check_refused(
      "\x80\x02"
      "cnumpy\nload\n."sv,
      "'numpy.load'");
  check_refused(
      "\x80\x04\x8c\x05numpy\x94\x8c\x0b"
      "load.__self\x94\x93."sv,
      "'numpy.load.__self'");
  check_refused("(S'a'\nios\nsystem\n."sv, "INST");
  check_refused("(cos\nsystem\nS'a'\no."sv, "OBJ");
}

TEST_CASE("pickle: damage is told with the byte it is at") {
  using namespace std::string_view_literals;
  check_refused(""sv, "before its STOP");
  check_refused("\x80\x63."sv, "no known protocol");
  check_refused("."sv, "STOP leaves");
  check_refused("NN."sv, "STOP leaves");
  check_refused("0."sv, "no mark");
  check_refused("Na."sv, "byte 1");
  check_refused("]NNs."sv, "takes none");
  check_refused("h\x05."sv, "never PUT");
  check_refused("Nr\xff\xff\xff\x7f."sv, "beyond the memo");
  check_refused("\x8e\xff\xff\xff\xff\xff\xff\xff\x7f"sv, "longer than the file");
  check_refused("\x8b\xff\xff\xff\xff"sv, "longer than the file");
  check_refused("X\x02\x00\x00\x00\xc3\x28."sv, "not UTF-8");
  check_refused("\x97."sv, "buffer outside");
  check_refused("NQ."sv, "persistent");
}

TEST_CASE("pickle: nesting needs no stack, sharing no room, and there is an end to objects") {
  Problems problems;
  const auto deep = unpickle_data(bytes_of("N" + repeat("\x85", 300'000) + "."), problems);
  REQUIRE(deep);
  CHECK(deep->size() == 300'001);

  std::string doubled = "]q";  // each list holds the one before twice: 2^64 leaves
  doubled += '\0';
  for (char i = 0; i < 64; ++i) {
    doubled += std::string("](h") + i + "h" + i + "eq";
    doubled += static_cast<char>(i + 1);
  }
  doubled += repeat("\x86", 64) + ".";
  const auto shared = unpickle_data(bytes_of(doubled), problems);
  REQUIRE_MESSAGE(shared, shared.error().message());
  CHECK(shared->size() < 200);

  check_refused("(" + repeat("N", 1'100'000) + "t.", "more than");
  CHECK(problems.empty());
}

TEST_CASE("pickle: gaps in the memo are no damage") {
  using namespace std::string_view_literals;
  Problems problems;
  const auto read = unpickle_data(bytes_of("]q\x07"
                                           "0h\x07."sv),
                                  problems);
  REQUIRE(read);
  CHECK(read->at(read->root).kind == Kind::List);
}

TEST_CASE("pickle: objects of protocols 0 and 1 are calls of their class") {
  Problems problems;
  const auto read = unpickle_data(bytes_of("ccopy_reg\n_reconstructor\n(ccollections\nOrderedDict\n"
                                           "c__builtin__\nobject\nNtR(S'a'\nI7\ndb."),
                                  problems);
  REQUIRE(read);
  CHECK(problems.empty());
  CHECK(read->name_of(read->root) == "collections.OrderedDict");
  const auto seven = read->attribute(read->root, "a");
  REQUIRE(seven);
  CHECK(read->at(*seven).integer == 7);
}

TEST_CASE("pickle: an array whose bytes are not those of its shape is refused") {
  // _frombuffer(bytes, dtype, shape, order)
  const auto refusal_of = [](const std::string& shape, const std::string& dtype) {
    const std::string pickle = "cnumpy.core.numeric\n_frombuffer\n(C\x08" + std::string(8, '\0') +
                               "V" + dtype + "\n" + shape + "VC\ntR.";
    Problems problems;
    const auto read = unpickle_data(bytes_of(pickle), problems);
    REQUIRE(read);
    const auto array = read_array(*read, read->root);
    return array ? std::string() : std::string(array.error().message());
  };
  CHECK(refusal_of("(I1\nt", "f8").empty());
  CHECK(refusal_of("(I2\nt", "f8").find("number of bytes") != std::string::npos);
  CHECK(refusal_of("(I-1\nt", "f8").find("no shape") != std::string::npos);
  CHECK(refusal_of("(I4611686018427387904\nI8\nt", "f8").find("beyond all") != std::string::npos);
  CHECK(refusal_of("(I1\nt", "f7").find("'f7'") != std::string::npos);
  CHECK(refusal_of("(I1\nt", "q").find("'q'") != std::string::npos);
}
