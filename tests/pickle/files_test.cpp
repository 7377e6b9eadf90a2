// The same objects in every protocol of pickle and every wrapping of joblib (make_files.py).
// SPDX-License-Identifier: Apache-2.0
#include "tests/pickle/support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace mle;
using namespace mle::compiler;
using namespace mle::compiler::pickle;
using namespace mle::testing;

namespace {

constexpr const char* kFiles[] = {"protocol0.pkl", "protocol1.pkl", "protocol2.pkl",
                                  "protocol3.pkl", "protocol4.pkl", "protocol5.pkl",
                                  "plain.joblib",  "zlib.joblib",   "gzip.joblib",
                                  "bz2.joblib",    "xz.joblib",     "lzma.joblib"};

// The pickle inside a file, and what its texts point into.
struct Read {
  std::vector<std::byte> bytes;
  Pickle pickle;

  Array array(std::string_view key) const {
    const auto id = pickle.find(pickle.root, key);
    REQUIRE(id);
    auto array = read_array(pickle, *id);
    REQUIRE_MESSAGE(array, array.error().message());
    return *std::move(array);
  }
  Id at(std::string_view key) const {
    const auto id = pickle.find(pickle.root, key);
    REQUIRE(id);
    return *id;
  }
};

Read read(const std::string& raw) {
  Read made;
  auto bytes = decompress(bytes_of(raw), detect_compression(bytes_of(raw)));
  REQUIRE_MESSAGE(bytes, bytes.error().message());
  made.bytes = *std::move(bytes);
  Problems problems;
  auto pickle = unpickle_data(made.bytes, problems);
  REQUIRE_MESSAGE(pickle, pickle.error().message());
  CHECK(problems.empty());
  made.pickle = *std::move(pickle);
  return made;
}

std::string file(const std::string& name) {
  return read_file(std::string(MLE_PICKLE_FILES) + "/" + name);
}

}  // namespace

TEST_CASE("pickle: arrays are the same in every protocol and every wrapping") {
  for (const std::string name : kFiles) {
    CAPTURE(name);
    const Read it = read(file(name));
    const Array matrix = it.array("matrix");
    CHECK(matrix.shape() == std::vector<uint64_t>{2, 3});
    CHECK(matrix.reals() == std::vector<double>{0, 0.5, 1, 1.5, 2, 2.5});

    const Array fortran = it.array("fortran");
    CHECK(fortran.shape() == std::vector<uint64_t>{2, 3, 4});
    for (size_t i = 0; i < 24; ++i) CHECK(fortran.real(i) == static_cast<double>(i));

    const Array big = it.array("big_endian");
    CHECK(big.integer(1) == -2);
    CHECK(big.integer(2) == int64_t{1} << 40);

    const Array halves = it.array("halves");
    CHECK(halves.real(0) == 0.5);
    CHECK(std::signbit(halves.real(1)));
    CHECK(halves.real(2) == std::numeric_limits<double>::infinity());

    CHECK(it.array("bytes_u1").integer(1) == 255);
    CHECK(it.array("flags").integer(0) == 1);
    CHECK(it.array("words").text(2) == "zwölf");
    CHECK(it.array("words").text(1).empty());
    CHECK(it.array("empty").size() == 0);
    CHECK(it.array("scalar").real(0) == 0.1);
    CHECK(it.array("count").integer(0) == -7);
  }
}

TEST_CASE("pickle: arrays of objects, records and times are read as far as anybody looks") {
  for (const std::string name : kFiles) {
    CAPTURE(name);
    const Read it = read(file(name));
    const Array objects = it.array("objects");
    REQUIRE(objects.is_objects());
    CHECK(it.pickle.text(objects.object(0)) == "a");
    CHECK(it.pickle.is_none(objects.object(1)));
    CHECK(it.pickle.at(objects.object(2)).integer == 3);
    CHECK(std::isnan(it.pickle.at(objects.object(3)).real));
    CHECK(it.array("records").type().kind == Element::Record);
    CHECK(it.array("records").size() == 2);
    CHECK(it.array("times").type().kind == Element::Other);
  }
}

TEST_CASE("pickle: numbers, texts and containers are the same in every protocol") {
  for (const std::string name : kFiles) {
    CAPTURE(name);
    const Read it = read(file(name));
    const auto numbers = it.pickle.items(it.at("numbers"));
    REQUIRE(numbers.size() == 10);
    constexpr int64_t kIntegers[] = {0, -1, 255, 65536, -(int64_t{1} << 40)};
    for (size_t i = 0; i < 5; ++i) CHECK(it.pickle.at(numbers[i]).integer == kIntegers[i]);
    CHECK(it.pickle.at(numbers[5]).kind == Kind::Huge);
    CHECK(it.pickle.at(numbers[6]).real == 0.1);
    CHECK(it.pickle.at(numbers[7]).kind == Kind::Bool);
    CHECK(it.pickle.at(numbers[7]).integer == 1);
    CHECK(it.pickle.is_none(numbers[9]));
    CHECK(it.pickle.text(it.at("text")) == "zürich 😀 \\ \n");
    const auto inner = it.pickle.find(it.at("nested"), "a");
    REQUIRE(inner);
    CHECK(it.pickle.find(*inner, "b").has_value());
  }
}

TEST_CASE("pickle: what numpy 1 wrote reads like what numpy 2 writes") {
  std::string old = file("protocol2.pkl");
  for (size_t at; (at = old.find("numpy._core")) != std::string::npos;)
    old.replace(at, 11, "numpy.core");
  const Read it = read(old);
  CHECK(it.array("matrix").real(5) == 2.5);
  CHECK(it.array("scalar").real(0) == 0.1);
}

TEST_CASE("pickle: every beginning of a file is refused and none is read beyond its end") {
  for (const char* name : {"protocol0.pkl", "protocol2.pkl", "protocol5.pkl", "plain.joblib"}) {
    const std::string whole = file(name);
    for (size_t length = 0; length < whole.size(); ++length) {
      const std::vector<char> part(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
      Problems problems;
      CHECK_FALSE(unpickle_data(bytes_of({part.data(), part.size()}), problems));
    }
  }
}
