// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/archive/zip.h"

#include "tests/tools/support.h"
#include "tools/cli/npz_writer.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <cstring>

using namespace mle;
using namespace mle::tools;
using namespace mle::tools::testing;

namespace {

// The contents of all members, or the first error.
Result<std::vector<std::string>> contents(std::string_view archive) {
  MLE_TRY_ASSIGN(const auto members, archive::list_zip(bytes_of(archive)));
  std::vector<std::string> all;
  for (const archive::ZipMember& member : members) {
    std::vector<std::byte> storage;
    MLE_TRY_ASSIGN(const auto bytes, archive::open_member(member, storage));
    all.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return all;
}

void poke(std::string& file, size_t at, uint32_t value, size_t count) {
  for (size_t i = 0; i < count; ++i) file[at + i] = static_cast<char>(value >> (8 * i) & 0xFF);
}

std::string deflated(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// An archive with one deflated member "a": a stored one, with method, sum and size put right.
std::string deflated_archive(std::string_view text, uint32_t claimed) {
  std::string file = npz_file({{"a", deflated(text)}});
  const auto crc = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
  const size_t central = file.find("PK\x01\x02");
  for (const size_t at : {size_t{0}, central + 2}) {
    poke(file, at + 8, 8, 2);
    poke(file, at + 14, crc, 4);
    poke(file, at + 22, claimed, 4);
  }
  return file;
}

}  // namespace

TEST_CASE("tools: stored and deflated members come back as they were") {
  const std::string archive = npz_file({{"a.npy", "first"}, {"b.npy", ""}});
  CHECK(*contents(archive) == std::vector<std::string>{"first", ""});
  const std::string text(100000, 'z');
  CHECK(*contents(deflated_archive(text, 100000)) == std::vector<std::string>{text});
}

TEST_CASE("tools: a member that claims another size than it unpacks to is refused") {
  const std::string text(1000, 'z');
  CHECK(!contents(deflated_archive(text, 999)).has_value());
  CHECK(!contents(deflated_archive(text, 1001)).has_value());
  const auto bomb = contents(deflated_archive(text, 0xF0000000));
  REQUIRE(!bomb.has_value());
  CHECK(std::string(bomb.error().message()).find("claims to unpack") != std::string::npos);
}

TEST_CASE("tools: every cut and every flipped bit of an archive is refused or changes nothing") {
  const std::string archive = npz_file({{"a.npy", "some bytes"}, {"b.npy", "others"}});
  const std::vector<std::string> whole = *contents(archive);
  for (size_t length = 0; length < archive.size(); ++length)
    CHECK(!contents(std::string_view(archive).substr(0, length)).has_value());
  for (size_t bit = 0; bit < archive.size() * 8; ++bit) {
    std::string changed = archive;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const auto read = contents(changed);
    if (read.has_value() && *read != whole) FAIL("bit " << bit);
  }
}

TEST_CASE("tools: members that share bytes, share a name or are encrypted are refused") {
  std::string overlapping = npz_file({{"a", "xyz"}, {"b", "xyz"}});
  const size_t second = overlapping.find("PK\x01\x02", overlapping.find("PK\x01\x02") + 1);
  poke(overlapping, second + 42, 0, 4);
  CHECK(!contents(overlapping).has_value());
  CHECK(!contents(npz_file({{"a", "x"}, {"a", "y"}})).has_value());
  std::string encrypted = npz_file({{"a", "x"}});
  poke(encrypted, encrypted.find("PK\x01\x02") + 8, 1, 2);
  CHECK(!contents(encrypted).has_value());
}

TEST_CASE("tools: what the npz writer writes is read back, name and shape included") {
  const TempFolder folder;
  {
    auto out = OutputStream::open(folder.path("x.npz"));
    REQUIRE(out.has_value());
    NpzWriter writer(*out);
    Spool spool(folder.path(""));
    const std::vector<float> values(3000000, 1.5f);  // more than a spool keeps in memory
    REQUIRE(spool.append(std::as_bytes(std::span(values))).ok());
    const uint64_t shape[] = {1000000, 3};
    REQUIRE(writer.add("answers/1", "<f4", shape, spool).ok());
    Spool empty(folder.path(""));
    const uint64_t none[] = {0};
    REQUIRE(writer.add("none", "<i8", none, empty).ok());
    REQUIRE(writer.finish().ok());
    REQUIRE(out->commit().ok());
  }
  const std::string file = read_file(folder.path("x.npz"));
  const auto members = archive::list_zip(bytes_of(file));
  REQUIRE(members.has_value());
  REQUIRE(members->size() == 2);
  CHECK((*members)[0].name == "answers/1.npy");
  std::vector<std::byte> storage;
  const auto bytes = archive::open_member((*members)[0], storage);
  REQUIRE(bytes.has_value());
  const auto array = archive::parse_npy(*bytes);
  REQUIRE(array.has_value());
  CHECK(array->shape == std::vector<uint64_t>{1000000, 3});
  float last = 0;
  std::memcpy(&last, array->bytes.data() + array->bytes.size() - 4, 4);
  CHECK(last == 1.5f);
  CHECK(folder.count() == 1);
}

TEST_CASE("tools: an output that is not committed leaves nothing and spares what was there") {
  const TempFolder folder;
  folder.file("out.csv", "old");
  {
    auto out = OutputStream::open(folder.path("out.csv"));
    REQUIRE(out.has_value());
    REQUIRE(out->write("new").ok());
  }
  CHECK(read_file(folder.path("out.csv")) == "old");
  CHECK(folder.count() == 1);
}
