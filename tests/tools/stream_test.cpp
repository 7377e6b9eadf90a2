// A million rows through mle-run in every form there is, in memory that does not grow with them.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/archive/zip.h"
#include "tests/support/sanitizers.h"
#include "tests/tools/support.h"
#include "tools/cli/npz_writer.h"
#include "tools/cli/text.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <fstream>

using namespace mle;
using namespace mle::tools;
using namespace mle::tools::testing;

namespace {

constexpr uint64_t kRows = 1000000, kColumns = 4;
constexpr uint64_t kMostBytes = uint64_t{36}
                                << 20;  // every file below is larger or unpacks to more

double value(uint64_t row, uint64_t column) {
  uint64_t bits = (row * kColumns + column + 1) * 0x9E3779B97F4A7C15u;
  bits ^= bits >> 29;
  return static_cast<double>(bits % 80000) / 10000;
}

std::string text_rows(const TempFolder& folder, bool json) {
  const std::string path = folder.path(json ? "x.jsonl" : "x.csv");
  std::ofstream file(path, std::ios::binary);
  std::string line;
  for (uint64_t row = 0; row < kRows; ++row) {
    line = json ? "[" : "";
    for (uint64_t column = 0; column < kColumns; ++column) {
      if (column > 0) line += ',';
      append_number(line, value(row, column));
    }
    line += json ? "]\n" : "\n";
    file << line;
  }
  return path;
}

// One deflated member, packed as it is made.
class DeflatedNpz {
 public:
  explicit DeflatedNpz(const std::string& path) : file_(path, std::ios::binary) {
    deflateInit2(&stream_, 1, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    put({{0x04034b50, 4},
         {20, 2},
         {0, 2},
         {8, 2},
         {0, 2},
         {33, 2},
         {0, 4},
         {0, 4},
         {0, 4},
         {5, 2},
         {0, 2}});
    file_ << "X.npy";
  }
  void add(const void* data, size_t bytes) {
    size_ += bytes;
    crc_ = crc32(crc_, static_cast<const Bytef*>(data), static_cast<uInt>(bytes));
    feed(data, bytes, Z_NO_FLUSH);
  }
  void finish() {
    feed(nullptr, 0, Z_FINISH);
    deflateEnd(&stream_);
    const uint64_t directory = 35 + packed_;
    put({{0x02014b50, 4},
         {20, 2},
         {20, 2},
         {0, 2},
         {8, 2},
         {0, 2},
         {33, 2},
         {crc_, 4},
         {packed_, 4},
         {size_, 4},
         {5, 2},
         {0, 2},
         {0, 2},
         {0, 2},
         {0, 2},
         {0, 4},
         {0, 4}});
    file_ << "X.npy";
    put({{0x06054b50, 4}, {0, 4}, {1, 2}, {1, 2}, {51, 4}, {directory, 4}, {0, 2}});
  }

 private:
  struct Field {
    uint64_t value;
    int bytes;
  };
  void put(std::initializer_list<Field> fields) {
    for (const Field& field : fields)
      for (int i = 0; i < field.bytes; ++i)
        file_.put(static_cast<char>(field.value >> (8 * i) & 0xFF));
  }

  void feed(const void* data, size_t bytes, int flush) {
    stream_.next_in = static_cast<Bytef*>(const_cast<void*>(data));
    stream_.avail_in = static_cast<uInt>(bytes);
    do {
      char out[65536];
      stream_.next_out = reinterpret_cast<Bytef*>(out);
      stream_.avail_out = sizeof out;
      deflate(&stream_, flush);
      const size_t got = sizeof out - stream_.avail_out;
      file_.write(out, static_cast<std::streamsize>(got));
      packed_ += got;
    } while (stream_.avail_out == 0);
  }

  std::ofstream file_;
  z_stream stream_{};
  uint64_t packed_ = 0, size_ = 0;
  uLong crc_ = 0;
};

std::string deflated_rows(const TempFolder& folder, bool by_column) {
  const std::string path = folder.path(by_column ? "columns.npz" : "rows.npz");
  DeflatedNpz archive(path);
  std::string head = archive::npy_header("<f8", std::vector<uint64_t>{kRows, kColumns});
  if (by_column) head = fortran(head);
  archive.add(head.data(), head.size());
  for (uint64_t i = 0; i < kRows * kColumns; ++i) {
    const double x = by_column ? value(i % kRows, i / kRows) : value(i / kColumns, i % kColumns);
    archive.add(&x, sizeof x);
  }
  archive.finish();
  return path;
}

std::string stored_rows(const TempFolder& folder) {
  const std::string path = folder.path("stored.npz");
  auto out = OutputStream::open(path);
  REQUIRE(out.has_value());
  Spool elements(folder.path(""));
  bool good = true;
  for (uint64_t i = 0; i < kRows * kColumns; ++i) {
    const double x = value(i / kColumns, i % kColumns);
    good = elements.append(std::as_bytes(std::span(&x, 1))).ok() && good;
  }
  REQUIRE(good);
  NpzWriter writer(*out);
  const uint64_t shape[] = {kRows, kColumns};
  REQUIRE(writer.add("X", "<f8", shape, elements).ok());
  REQUIRE(writer.finish().ok());
  REQUIRE(out->commit().ok());
  return path;
}

uint32_t sum_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> piece(1 << 16);
  uLong sum = 0;
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())), file.gcount() > 0)
    sum =
        crc32(sum, reinterpret_cast<const Bytef*>(piece.data()), static_cast<uInt>(file.gcount()));
  return static_cast<uint32_t>(sum);
}

}  // namespace

TEST_CASE("streams: a million rows of any form give the same answers in the same memory") {
  const TempFolder folder;
  const std::string model = folder.path("iris.mle");
  REQUIRE(
      run("mle-convert", {std::string(MLE_EXAMPLE_MODELS) + "/iris.onnx", "-o", model}).status ==
      0);
  std::vector<uint32_t> sums;
  const auto answer = [&](const std::string& rows, const std::string& out) {
    CAPTURE(rows);
    CAPTURE(out);
    const Finished done = run("mle-run", {model, "--input", rows, "-o", folder.path(out)});
    REQUIRE_MESSAGE(done.status == 0, done.err);
    if (!MLE_SANITIZED) CHECK(done.peak_bytes < kMostBytes);  // a sanitizer keeps what is freed
    sums.push_back(sum_of(folder.path(out)));
  };
  answer(stored_rows(folder), "y.npz");
  for (const std::string& rows : {text_rows(folder, false), text_rows(folder, true),
                                  deflated_rows(folder, false), deflated_rows(folder, true)})
    answer(rows, "y.npz");
  for (const uint32_t sum : sums) CHECK(sum == sums[0]);
  answer(folder.path("stored.npz"), "y.csv");
  answer(folder.path("stored.npz"), "y.jsonl");
}
