// Fuzzes what reads rows: .npy, .npz and CSV. The first byte chooses what the rows are for.
// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/array_rows.h"
#include "tools/cli/csv_source.h"
#include "tools/cli/zip.h"

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
  auto array = parse_npy(bytes);
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

void read_archive(std::span<const std::byte> bytes, const TensorSpec& input) {
  const auto members = list_zip(bytes);
  if (!members) return;
  for (const ZipMember& member : *members) {
    std::vector<std::byte> storage;
    if (const auto contents = open_member(member, storage)) read_array(*contents, input);
  }
}

void read_csv(std::span<const std::byte> bytes, const TensorSpec& input) {
  CsvReader reader([rest = bytes](std::span<char> to) mutable {
    const size_t count = std::min(rest.size(), to.size());
    if (count > 0) std::memcpy(to.data(), rest.data(), count);
    rest = rest.subspan(count);
    return Result<size_t>(count);
  });
  const Console console("rows_fuzz");
  auto source = open_csv_rows("fuzzed", std::move(reader), {{&input, 1}, {}}, console);
  if (!source) return;
  std::vector<In> inputs;
  for (;;) {
    const auto rows = (*source)->next(3, inputs);
    if (!rows || *rows == 0) return;
  }
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
  read_csv(bytes, input);
  return 0;
}
