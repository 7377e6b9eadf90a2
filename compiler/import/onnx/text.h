// How the importer speaks: names of the source, which nobody has checked, are quoted, cut and made
// printable; a refusal says what can't be compiled, a breakage what is wrong with the source.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "format/rules.h"
#include "format/utf8.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace mle::compiler::onnx {

// 'name', at most 80 bytes of it, control characters as '?'.
inline std::string quoted(std::string_view name) {
  constexpr size_t kMost = 80;
  std::string text = "'";
  for (const char c : name.substr(0, kMost)) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  text += name.size() > kMost ? "…'" : "'";
  return text;
}

// What a file can hold: UTF-8 without zero bytes.
inline bool is_storable(std::string_view text) {
  return format::is_utf8(text) && text.find('\0') == text.npos;
}

// The source is well-formed, but mle can't compile it.
inline Status unsupported(int rule, std::string_view what, std::string_view hint = {}) {
  return Status::make(Code::Unsupported, rule, Status::kNoOffset, what, hint);
}

// The source contradicts itself or the ONNX specification.
inline Status broken(int rule, std::string_view what, std::string_view hint = {}) {
  return Status::make(Code::Corrupt, rule, Status::kNoOffset, what, hint);
}

}  // namespace mle::compiler::onnx
