// Networks of numpy arrays: names, orders and types, and what is no such archive.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/npz/npz.h"

#include "compiler/import/archive/npy.h"
#include "tests/support/zip_file.h"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <vector>

using namespace mle;
using namespace mle::compiler;

namespace {

template <class T>
std::string array(const char* type, std::vector<uint64_t> shape, const std::vector<T>& elements) {
  std::string file = archive::npy_header(type, shape);
  return file.append(reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(T));
}

std::string fortran(std::string file) { return file.replace(file.find("False"), 5, "True "); }

SourceFile source_of(const std::vector<std::pair<std::string, std::string>>& members) {
  const std::string file = mle::testing::zip_file(members);
  return SourceFile::from_bytes("w.npz", std::as_bytes(std::span(file.data(), file.size())));
}

}  // namespace

TEST_CASE("npz: arrays become tensors by name, in the order of C whatever theirs is") {
  const std::vector<float> by_columns = {1, 4, 2, 5, 3, 6};
  const std::vector<uint8_t> big_endian = {0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0};
  const SourceFile source = source_of({{"0.weight.npy", fortran(array("<f4", {2, 3}, by_columns))},
                                       {"0.bias.npy", array(">f4", {2}, big_endian)},
                                       {"steps.npy", array<int64_t>("<i8", {}, {7})}});
  CHECK(npz::can_read(source));
  const auto weights = npz::read_weights(source);
  REQUIRE(weights);
  CHECK(*network::read_floats(weights->at("0.weight")) == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(weights->at("0.weight").shape == std::vector<uint64_t>{2, 3});
  CHECK(*network::read_floats(weights->at("0.bias")) == std::vector<float>{1, -2});
  CHECK(weights->at("steps").dtype == DType::I64);
  CHECK(weights->at("steps").shape.empty());
}

TEST_CASE("npz: an archive of other things is not taken for one, strings are refused") {
  CHECK_FALSE(npz::can_read(source_of({{"data.pkl", "x"}, {"w.npy", "x"}})));
  CHECK_FALSE(npz::can_read(source_of({})));
  const auto texts = npz::read_weights(source_of({{"w.npy", array<char32_t>("<U1", {1}, {U'a'})}}));
  REQUIRE_FALSE(texts);
  CHECK(std::string(texts.error().message()).find("'w.npy' holds strings") != std::string::npos);
  const auto cut = npz::read_weights(source_of({{"w.npy", array<float>("<f4", {2}, {1})}}));
  REQUIRE_FALSE(cut);
  CHECK(std::string(cut.error().message()).find("needs 8 bytes, there are 4") != std::string::npos);
}
