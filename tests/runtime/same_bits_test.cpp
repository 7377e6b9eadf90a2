// The answer for a row depends on the row and the model, and on nothing else.
// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/networks.h"
#include "tests/support/effort.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace mle::testing {
namespace {

// Batches of every kind: none, one, around block sizes, more than a tile.
const std::vector<size_t> kBatches = effort<std::vector<size_t>>(
    {0, 1, 2, 3, 5, 6, 7, 8, 13, 14, 15, 16, 29, 57, 113, 300}, {0, 1, 2, 6, 7, 15});

const size_t kRows = effort<size_t>(300, 20);

struct Setting {
  std::string_view isa;
  size_t tile_rows;
  int threads;
};

// All answers must equal, to the bit, those of single rows with the first table.
void check_everywhere(const TinyModel& network, std::span<const float> rows, size_t width) {
  const std::vector<std::string_view> tables = fused_tables();
  if (tables.empty()) return;
  const size_t count = rows.size() / width;

  const Model judge = load(network, tables.front());
  Session one = Session::make(judge).or_exit();
  const size_t out = one.outputs()[0].width();
  std::vector<float> expected;
  for (size_t r = 0; r < count; ++r) {
    const std::vector<float> answer = answers(one, rows.subspan(r * width, width));
    expected.insert(expected.end(), answer.begin(), answer.end());
  }

  for (const std::string_view isa : tables) {
    const Model model = load(network, isa);
    for (const Setting& setting :
         {Setting{isa, 0, 1}, Setting{isa, 1, 1}, Setting{isa, 13, 1}, Setting{isa, 64, 3}}) {
      SessionOptions options;
      options.tile_rows = setting.tile_rows;
      options.threads = setting.threads;
      Session session = Session::make(model, options).or_exit();
      for (const size_t batch : kBatches) {
        const size_t begin = (count - std::min(batch, count)) / 2;
        const size_t n = std::min(batch, count - begin);
        const std::vector<float> got = answers(session, rows.subspan(begin * width, n * width));
        CAPTURE(isa);
        CAPTURE(setting.tile_rows);
        CAPTURE(setting.threads);
        CAPTURE(batch);
        CHECK(same_bits(got, std::span(expected).subspan(begin * out, n * out)));
      }
    }
  }
}

TEST_CASE(
    "session: random networks answer a row alike in every batch, place, tile, thread and table") {
  std::mt19937 random(7);
  std::uniform_int_distribution<uint32_t> width(1, 130);
  for (uint32_t seed = 0; seed < effort(24u, 4u); ++seed) {
    std::vector<uint32_t> widths;
    for (uint32_t layers = 0; layers < 2 + seed % 4; ++layers) widths.push_back(width(random));
    if (seed % 6 == 0) widths.back() = 1;
    if (seed % 6 == 1) widths.front() = 300;  // a narrow layer over many inputs
    CAPTURE(seed);
    check_everywhere(random_mlp(widths, seed), random_rows(kRows * widths[0], seed), widths[0]);
  }
}

TEST_CASE("session: a network of every op answers a row alike in every batch, tile and table") {
  for (const uint32_t width : {1u, 2u, 16u, 37u, 130u}) {
    CAPTURE(width);
    check_everywhere(every_op(width, width), random_rows(kRows * width, width), width);
  }
}

TEST_CASE("session: NaN, infinity, zeros and denormals get the same bits everywhere too") {
  const std::vector<uint32_t> widths = {21, 33, 5};
  check_everywhere(random_mlp(widths, 3), odd_rows(kRows * widths[0], 3), widths[0]);
  check_everywhere(every_op(19, 4), odd_rows(kRows * 19, 4), 19);
}

TEST_CASE("session: work big enough to be shared among threads gives the same bits") {
  const std::vector<uint32_t> widths = {64, 256, 128, 3};
  const TinyModel network = random_mlp(widths, 11);
  const std::vector<float> rows = random_rows(effort(size_t{2000}, size_t{100}) * 64, 11);
  const Model model = load(network);
  Session alone = Session::make(model).or_exit();
  const std::vector<float> expected = answers(alone, rows);
  for (const int threads : {2, 3, 8}) {
    SessionOptions options;
    options.threads = threads;
    Session shared = Session::make(model, options).or_exit();
    for (int round = 0; round < effort(20, 2); ++round) {
      CAPTURE(threads);
      CHECK(same_bits(answers(shared, rows), expected));
    }
  }
}

}  // namespace
}  // namespace mle::testing
