// SPDX-License-Identifier: Apache-2.0
#include "format/refuse.h"

#include "format/rules.h"

#include <cstdio>

namespace mle::format {

Status refuse_list(Code code, int rule, uint64_t offset, const char* format,
                   va_list arguments) noexcept {
  char text[1024];
  std::vsnprintf(text, sizeof text, format, arguments);
  const RuleText* entry = find_rule(rule);
  return Status::make(code, rule, offset, text, entry == nullptr ? "" : entry->way_out);
}

Status refuse(Code code, int rule, uint64_t offset, const char* format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  Status status = refuse_list(code, rule, offset, format, arguments);
  va_end(arguments);
  return status;
}

}  // namespace mle::format
