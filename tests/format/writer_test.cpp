// The writer: what it promises about bytes.
// SPDX-License-Identifier: Apache-2.0
#include "format/file_view.h"
#include "format/file_writer.h"
#include "format/limits.h"
#include "format/rules.h"
#include "tests/support/tiny_models.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

using namespace mle;
using namespace mle::format;
using mle::testing::AlignedBytes;
using mle::testing::TinyModel;

namespace {

Header header_of(const AlignedBytes& file) {
  Header header;
  std::memcpy(&header, file.data(), sizeof header);
  return header;
}

bool same_bytes(const AlignedBytes& a, const AlignedBytes& b) {
  return std::ranges::equal(a.span(), b.span());
}

SegmentSpec filled(uint32_t kind, uint64_t bytes, std::byte value) {
  SegmentSpec segment(kind);
  segment.add({bytes, [value](std::span<std::byte> out) { std::ranges::fill(out, value); }});
  return segment;
}

// As make_file(), with segments of the test's own.
AlignedBytes write(const TinyModel& model, std::vector<SegmentSpec> segments) {
  fb::ProgramT program(model.program);
  model.strings.store(program);
  auto writer = FileWriter::plan(program, std::move(segments), model.required_features).or_exit();
  AlignedBytes file(writer.size());
  CHECK(writer.write(file.span()).ok());
  return file;
}

}  // namespace

TEST_CASE("writer: the same model gives the same bytes, whatever locale and time zone") {
  const AlignedBytes first = make_file(testing::tiny_mlp());
  const char* before = std::setlocale(LC_ALL, nullptr);
  const std::string locale = before == nullptr ? "C" : before;
  for (const char* other : {"de_DE.UTF-8", "C.UTF-8", "tr_TR.UTF-8"}) {
    std::setlocale(LC_ALL, other);
    setenv("TZ", "Pacific/Kiritimati", 1);
    tzset();
    CHECK(same_bytes(first, make_file(testing::tiny_mlp())));
  }
  std::setlocale(LC_ALL, locale.c_str());
  unsetenv("TZ");
  tzset();
}

TEST_CASE("writer: writing twice from one plan gives the same bytes") {
  fb::ProgramT program(testing::tiny_linear().program);
  StringPool strings;
  strings.store(program);
  auto writer = FileWriter::plan(program, {}, 0).or_exit();
  AlignedBytes first(writer.size()), second(writer.size());
  CHECK(writer.write(first.span()).ok());
  CHECK(writer.write(second.span()).ok());
  CHECK(same_bytes(first, second));
}

TEST_CASE("writer: a linear model of three columns stays below two kilobytes") {
  CHECK(make_file(testing::tiny_linear()).size() < 2048);
}

TEST_CASE("writer: the program lies at a multiple of 64 and the file ends with its last segment") {
  const AlignedBytes file = make_file(testing::tiny_mlp());
  const Header header = header_of(file);
  CHECK(header.program_offset % 64 == 0);
  CHECK(header.file_size == file.size());
  const auto view = FileView::open(file.span());
  REQUIRE(view);
  const SegmentEntry& last = view->segments().back();
  CHECK(last.offset + last.size == file.size());
}

TEST_CASE("writer: segments from 64 KiB on begin at a page, smaller ones at a cache line") {
  const AlignedBytes file =
      write(testing::tiny_whole(),
            {filled(kWeights, 65536 - 64, std::byte{1}), filled(kWeights, 65536, std::byte{2})});
  const auto view = FileView::open(file.span());
  REQUIRE_MESSAGE(view, view.error().message());
  CHECK(view->segments()[0].align == 64);
  CHECK(view->segments()[1].align == 4096);
  CHECK(view->segments()[1].offset % 4096 == 0);
}

TEST_CASE("writer: blobs lie at multiples of 64 and are padded with zeros") {
  SegmentSpec segment(kWeights);
  const auto ones = [](std::span<std::byte> out) { std::ranges::fill(out, std::byte{1}); };
  CHECK(segment.add({5, ones}) == 0);
  CHECK(segment.add({64, ones}) == 64);
  CHECK(segment.add({1, ones}) == 128);
  CHECK(segment.bytes() == 192);
  std::vector<SegmentSpec> segments;
  segments.push_back(std::move(segment));
  const AlignedBytes file = write(testing::tiny_whole(), std::move(segments));
  const auto view = FileView::open(file.span());
  REQUIRE(view);
  const auto bytes = view->segment(0);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const bool filled_byte = i < 5 || (i >= 64 && i < 129);
    CHECK(bytes[i] == std::byte{filled_byte ? uint8_t{1} : uint8_t{0}});
  }
}

TEST_CASE("writer: empty segments at the end are left out, one before another is refused") {
  const AlignedBytes file =
      write(testing::tiny_whole(), {SegmentSpec(kWeights), SegmentSpec(kGolden)});
  CHECK(header_of(file).segment_count == 0);
  CHECK(FileView::open(file.span()));

  fb::ProgramT program(testing::tiny_whole().program);
  StringPool().store(program);
  std::vector<SegmentSpec> segments;
  segments.emplace_back(kWeights);
  segments.push_back(filled(kGolden, 64, std::byte{0}));
  const auto writer = FileWriter::plan(program, std::move(segments), 0);
  REQUIRE_FALSE(writer);
  CHECK(writer.error().code() == Code::Internal);
}

TEST_CASE("writer: more than 64 segments are refused") {
  fb::ProgramT program(testing::tiny_whole().program);
  StringPool().store(program);
  const std::vector<SegmentSpec> segments(65, filled(kCard, 1, std::byte{0}));
  const auto writer = FileWriter::plan(program, segments, 0);
  REQUIRE_FALSE(writer);
  CHECK(writer.error().rule() == rule::V08_Directory);
}

TEST_CASE("writer: a destination of the wrong size is refused") {
  fb::ProgramT program(testing::tiny_whole().program);
  StringPool().store(program);
  const auto writer = FileWriter::plan(program, {}, 0).or_exit();
  AlignedBytes file(writer.size() + 1);
  CHECK_FALSE(writer.write(file.span()).ok());
}

TEST_CASE("writer: the pool keeps each string once and string 0 empty") {
  StringPool pool;
  CHECK(pool.add("") == 0);
  CHECK(pool.add("a") == 1);
  CHECK(pool.add("bc") == 2);
  CHECK(pool.add("a") == 1);
  fb::ProgramT program;
  pool.store(program);
  CHECK(program.strings_at == std::vector<uint32_t>{0, 0, 1, 3});
  CHECK(program.strings == std::vector<uint8_t>{'a', 'b', 'c'});
}
