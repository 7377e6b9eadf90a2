// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/names.h"

#include "format/limits.h"
#include "format/utf8.h"

namespace mle::compiler {

std::string clean_name(std::string_view name) {
  const bool readable = format::is_utf8(name);
  std::string clean;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool fits = byte >= 0x20 && byte != 0x7F && (readable || byte < 0x80);
    clean += fits ? c : '?';
  }
  if (clean.size() > format::kMaxNameBytes) {
    clean.resize(format::kMaxNameBytes);
    while (!format::is_utf8(clean))
      clean.pop_back();  // a character was cut in two: 3 steps at most
  }
  return clean;
}

}  // namespace mle::compiler
