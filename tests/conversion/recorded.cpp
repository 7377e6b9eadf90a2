// SPDX-License-Identifier: Apache-2.0
#include "tests/conversion/recorded.h"

#include "compiler/import/archive/npy.h"
#include "compiler/import/archive/zip.h"
#include "tools/cli/input_file.h"
#include "tools/cli/unicode.h"

#include <cstdint>
#include <cstring>

namespace mle::testing {
namespace {

template <class T>
std::vector<double> as_doubles(const archive::NpyArray& array) {
  std::vector<double> elements(array.count);
  for (size_t i = 0; i < elements.size(); ++i) {
    T element;
    std::memcpy(&element, array.bytes.data() + i * sizeof(T), sizeof(T));
    elements[i] = static_cast<double>(element);
  }
  return elements;
}

std::vector<int64_t> as_integers(const archive::NpyArray& array) {
  std::vector<int64_t> integers(array.count);
  for (size_t i = 0; i < integers.size(); ++i)
    std::memcpy(&integers[i], array.bytes.data() + i * sizeof integers[i], sizeof integers[i]);
  return integers;
}

// NumPy keeps 32 bits per character, zeros behind the last.
std::vector<std::string> as_texts(const archive::NpyArray& array) {
  std::vector<std::string> texts(array.count);
  for (size_t i = 0; i < texts.size(); ++i) {
    for (size_t at = 0; at < array.item_bytes; at += 4) {
      uint32_t point;
      std::memcpy(&point, array.bytes.data() + i * array.item_bytes + at, sizeof point);
      if (point == 0) break;
      tools::append_utf8(texts[i], point);
    }
  }
  return texts;
}

Recorded read(const archive::NpyArray& array) {
  if (array.kind == archive::NpyKind::Unicode) return {{}, as_texts(array), {}};
  const std::string type = archive::type_text(array);
  if (type == "<f4") return {as_doubles<float>(array), {}, {}};
  if (type == "<f8") return {as_doubles<double>(array), {}, {}};
  if (type == "<i4") return {as_doubles<int32_t>(array), {}, {}};
  if (type == "<i8") return {as_doubles<int64_t>(array), {}, as_integers(array)};
  if (type == "|b1" || type == "|u1") return {as_doubles<uint8_t>(array), {}, {}};
  return {};
}

}  // namespace

std::map<std::string, Recorded> read_recorded(const std::string& path) {
  std::map<std::string, Recorded> arrays;
  const auto file = tools::InputFile::open(path);
  if (!file) return arrays;
  const auto members = archive::list_zip(file->bytes());
  if (!members) return arrays;
  for (const archive::ZipMember& member : *members) {
    std::vector<std::byte> storage;
    const auto bytes = archive::open_member(member, storage);
    if (!bytes) return {};
    const auto array = archive::parse_npy(*bytes);
    if (!array) return {};
    arrays[member.name.substr(0, member.name.rfind(".npy"))] = read(*array);
  }
  return arrays;
}

}  // namespace mle::testing
