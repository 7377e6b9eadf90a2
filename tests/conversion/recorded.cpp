// SPDX-License-Identifier: Apache-2.0
#include "tests/conversion/recorded.h"

#include "compiler/import/archive/npy.h"
#include "compiler/import/archive/zip.h"
#include "tools/cli/input_file.h"

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

std::vector<double> read(const archive::NpyArray& array) {
  const std::string type = archive::type_text(array);
  if (type == "<f4") return as_doubles<float>(array);
  if (type == "<f8") return as_doubles<double>(array);
  if (type == "<i8") return as_doubles<int64_t>(array);
  if (type == "|b1") return as_doubles<uint8_t>(array);
  return {};
}

}  // namespace

std::map<std::string, std::vector<double>> read_recorded(const std::string& path) {
  std::map<std::string, std::vector<double>> arrays;
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
