// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/row_source.h"

#include "compiler/import/archive/npy.h"
#include "compiler/import/archive/zip.h"
#include "tools/cli/array_source.h"
#include "tools/cli/csv_source.h"
#include "tools/cli/input_file.h"
#include "tools/cli/jsonl_source.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace mle::tools {
namespace {

// A text whose beginning can be looked at before it is read.
struct Peeked {
  CsvReader::Source source;
  std::string begin;
};

Result<Peeked> peek(CsvReader::Source source) {
  Peeked peeked{std::move(source), std::string(4096, '\0')};
  MLE_TRY_ASSIGN(const size_t got, peeked.source(peeked.begin));
  peeked.begin.resize(got);
  return peeked;
}

bool looks_like_json(const std::string& path, std::string_view begin) {
  if (path.ends_with(".jsonl") || path.ends_with(".ndjson")) return true;
  if (path.ends_with(".csv")) return false;
  if (begin.starts_with("\xEF\xBB\xBF")) begin.remove_prefix(3);
  const size_t first = begin.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (begin[first] == '{' || begin[first] == '[');
}

CsvReader::Source all_of(Peeked peeked) {
  return [peeked = std::move(peeked), at = size_t{0}](std::span<char> to) mutable {
    const size_t count = std::min(to.size(), peeked.begin.size() - at);
    if (count == 0) return peeked.source(to);
    std::memcpy(to.data(), peeked.begin.data() + at, count);
    at += count;
    return Result<size_t>(count);
  };
}

}  // namespace

Result<std::unique_ptr<RowSource>> open_rows(const std::string& path, const RowTarget& target,
                                             const Console& console) {
  MLE_TRY_ASSIGN(InputFile file, InputFile::open(path));
  if (archive::is_npy(file.bytes())) return open_npy_rows(std::move(file), target, console);
  if (archive::is_zip(file.bytes())) return open_npz_rows(std::move(file), target, console);
  MLE_TRY_ASSIGN(Peeked text, peek(file.source()));
  const bool json = looks_like_json(path, text.begin);
  CsvReader::Source source = all_of(std::move(text));
  if (json) return open_jsonl_rows(path, LineReader(std::move(source)), target, console);
  return open_csv_rows(path, CsvReader(std::move(source)), target, console);
}

}  // namespace mle::tools
