// A zip archive of stored members, written without the code under test.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::testing {

inline uint32_t zip_sum(std::string_view bytes) {
  uint32_t sum = ~uint32_t{0};
  for (const char c : bytes) {
    sum ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum % 2 != 0 ? 0xEDB88320 : 0);
  }
  return ~sum;
}

// Names and contents, in this order.
inline std::string zip_file(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string file, directory;
  const auto put = [](std::string& to, uint64_t value, int count) {
    for (int i = 0; i < count; ++i) to += static_cast<char>(value >> (8 * i) & 0xFF);
  };
  for (const auto& [name, contents] : members) {
    const uint64_t offset = file.size();
    std::string common;
    for (const unsigned field : {20u, 0u, 0u, 0u, 33u}) put(common, field, 2);
    put(common, zip_sum(contents), 4);
    put(common, contents.size(), 4);
    put(common, contents.size(), 4);
    put(common, name.size(), 2);
    put(common, 0, 2);
    put(file, 0x04034b50, 4);
    file += common + name + contents;
    put(directory, 0x02014b50, 4);
    put(directory, 20, 2);
    directory += common;
    put(directory, 0, 6);
    put(directory, 0, 4);
    put(directory, offset, 4);
    directory += name;
  }
  const uint64_t begin = file.size(), size = directory.size();
  file += directory;
  put(file, 0x06054b50, 4);
  put(file, 0, 4);
  put(file, members.size(), 2);
  put(file, members.size(), 2);
  put(file, size, 4);
  put(file, begin, 4);
  put(file, 0, 2);
  return file;
}

}  // namespace mle::testing
