// SPDX-License-Identifier: Apache-2.0
#include "serve/protocol/raw.h"

#include "format/rules.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace mle::serve {
namespace {

int shown(std::string_view name) { return static_cast<int>(std::min<size_t>(name.size(), 200)); }

Status bad_bytes(const InputTensor& tensor, const char* what) {
  return error(Code::InvalidArgument, format::rule::S409_RequestBytes, Status::kNoOffset,
               "raw tensors are little-endian elements, strings a 32-bit length and their bytes",
               "input '%.*s': %s", shown(tensor.name), tensor.name.data(), what);
}

}  // namespace

Status read_raw(std::span<const std::byte> bytes, InputTensor& tensor,
                std::vector<std::string_view>& strings) {
  strings.clear();
  if (tensor.dtype != DType::Str) {
    const size_t size = size_of(tensor.dtype);
    if (bytes.size() % size != 0)
      return bad_bytes(tensor, "its bytes are no whole number of elements");
    const auto is_bool = [](std::byte b) { return b <= std::byte{1}; };
    if (tensor.dtype == DType::Bool && !std::all_of(bytes.begin(), bytes.end(), is_bool))
      return bad_bytes(tensor, "a BOOL is neither 0 nor 1");
    tensor.data = bytes.data();
    tensor.count = bytes.size() / size;
    return {};
  }
  while (!bytes.empty()) {
    uint32_t length = 0;
    if (bytes.size() < sizeof length) return bad_bytes(tensor, "the length of a string is cut off");
    std::memcpy(&length, bytes.data(), sizeof length);
    bytes = bytes.subspan(sizeof length);
    if (bytes.size() < length) return bad_bytes(tensor, "a string is cut off");
    strings.emplace_back(reinterpret_cast<const char*>(bytes.data()), length);
    bytes = bytes.subspan(length);
  }
  tensor.data = strings.data();
  tensor.count = strings.size();
  return {};
}

size_t raw_bytes(const AnswerTensor& answer) noexcept {
  if (answer.spec->dtype != DType::Str) return answer.count * size_of(answer.spec->dtype);
  const auto* texts = static_cast<const std::string_view*>(answer.data);
  size_t bytes = answer.count * sizeof(uint32_t);
  for (size_t i = 0; i < answer.count; ++i) bytes += texts[i].size();
  return bytes;
}

void append_raw(const AnswerTensor& answer, std::string& to) {
  if (answer.spec->dtype != DType::Str) {
    to.append(static_cast<const char*>(answer.data), answer.count * size_of(answer.spec->dtype));
    return;
  }
  const auto* texts = static_cast<const std::string_view*>(answer.data);
  for (size_t i = 0; i < answer.count; ++i) {
    const auto length = static_cast<uint32_t>(texts[i].size());
    to.append(reinterpret_cast<const char*>(&length), sizeof length);
    to.append(texts[i]);
  }
}

}  // namespace mle::serve
