// Fuzzes what reads rows: .npy, .npz, CSV and JSON lines. The first byte chooses what the rows are
// for.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/archive/zip.h"
#include "tools/cli/array_rows.h"
#include "tools/cli/array_stream.h"
#include "tools/cli/csv_source.h"
#include "tools/cli/jsonl_source.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

using namespace mle;
using namespace mle::tools;

namespace {

constexpr uint32_t kTwo[] = {2};
constexpr uint32_t kTwoByThree[] = {2, 3};
constexpr uint64_t kMostRows = 64;

void read_array(std::span<const std::byte> bytes, const TensorSpec& input) {
  auto array = archive::parse_npy(bytes);
  if (!array) return;
  auto rows = ArrayRows::make(std::move(*array), input);
  if (!rows) return;
  const uint64_t count = std::min(rows->rows(), kMostRows);
  if (count == 0) return;
  std::vector<uint64_t> out(count * rows->width() * 2);
  (void)rows->convert(0, count, out.data()).ok();
  if (const auto there = rows->direct(count - 1, 1)) {
    std::memcpy(out.data(), there->data(), there->count() * size_of(there->dtype()));
  }
}

// A member in pieces must be the member as a whole, or fail as it does.
void read_pieces(const archive::ZipMember& member,
                 const Result<std::span<const std::byte>>& whole) {
  archive::MemberReader reader(member);
  std::vector<std::byte> storage, all;
  while (all.size() < member.size) {
    const auto piece = reader.take(std::min<uint64_t>(reader.left(), 7), storage);
    if (!piece) break;
    all.insert(all.end(), piece->begin(), piece->end());
  }
  const bool same =
      whole.has_value() && std::equal(all.begin(), all.end(), whole->begin(), whole->end());
  if (whole.has_value() ? !same : member.size > 0 && all.size() == member.size) __builtin_trap();
}

void read_stream(const archive::ZipMember& member, const TensorSpec& input) {
  auto stream = ArrayStream::of_member(member, false);
  if (!stream) return;
  auto rows = ArrayRows::make(stream->array(), input);
  if (!rows || !rows->by_rows()) return;
  std::vector<uint64_t> out(3 * rows->width() * 2);
  for (uint64_t first = 0; first < rows->rows(); first += 3) {
    const uint64_t count = std::min<uint64_t>(rows->rows() - first, 3);
    const auto bytes = stream->take(count * rows->row_bytes());
    if (!bytes) return;
    rows->set_window(first, *bytes);
    if (!rows->convert(first, count, out.data()).ok()) return;
  }
}

void read_archive(std::span<const std::byte> bytes, const TensorSpec& input) {
  const auto members = archive::list_zip(bytes);
  if (!members) return;
  for (const archive::ZipMember& member : *members) {
    std::vector<std::byte> storage;
    const auto contents = archive::open_member(member, storage);
    if (contents) read_array(*contents, input);
    if (member.size < 65536) read_pieces(member, contents);
    read_stream(member, input);
  }
}

CsvReader::Source source_of(std::span<const std::byte> bytes) {
  return [rest = bytes](std::span<char> to) mutable {
    const size_t count = std::min(rest.size(), to.size());
    if (count > 0) std::memcpy(to.data(), rest.data(), count);
    rest = rest.subspan(count);
    return Result<size_t>(count);
  };
}

void read_all(Result<std::unique_ptr<RowSource>> source) {
  if (!source) return;
  std::vector<In> inputs;
  for (;;) {
    const auto rows = (*source)->next(3, inputs);
    if (!rows || *rows == 0) return;
  }
}

void read_text(std::span<const std::byte> bytes, const TensorSpec& input) {
  Console console("rows_fuzz");
  console.set_quiet();
  read_all(open_csv_rows("fuzzed", CsvReader(source_of(bytes)), {{&input, 1}, {}}, console));
  // The fuzzed input with named columns, and another beside it.
  constexpr std::string_view kNames[] = {"a", "b"};
  const TensorSpec both[] = {input, {"y", DType::I64, {}, input.per_row}};
  const RowTarget target{both, kNames};
  read_all(open_jsonl_rows("fuzzed", LineReader(source_of(bytes)), {{&input, 1}, {}}, console));
  read_all(open_jsonl_rows("fuzzed", LineReader(source_of(bytes)), target, console));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr DType kDTypes[] = {DType::F32, DType::F64, DType::F16,  DType::I8,
                               DType::U64, DType::I64, DType::Bool, DType::Str};
  const bool wide = (data[0] & 8) != 0, per_row = (data[0] & 16) != 0;
  const std::span<const uint32_t> dims =
      wide ? std::span<const uint32_t>(kTwoByThree) : std::span<const uint32_t>(kTwo);
  const TensorSpec input{"x", kDTypes[data[0] & 7], dims, per_row};
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  read_array(bytes, input);
  read_archive(bytes, input);
  read_text(bytes, input);
  return 0;
}
