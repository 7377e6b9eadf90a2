// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/machine.h"

#include "tools/cli/input_file.h"
#include "tools/cli/text.h"

#include <unistd.h>

namespace mle::tools {
namespace {
constexpr size_t kMaxProcFile = size_t{4} << 20;
}

std::string cpu_model() {
  const auto text = read_text_file("/proc/cpuinfo", kMaxProcFile);
  if (!text) return "unknown";
  for (const std::string& line : split_list(*text, '\n')) {
    const size_t colon = line.find(':');
    if (colon != std::string::npos && line.rfind("model name", 0) == 0)
      return std::string(trim(std::string_view(line).substr(colon + 1)));
  }
  return "unknown";
}

uint64_t resident_bytes() {
  const auto text = read_text_file("/proc/self/statm", kMaxProcFile);
  if (!text) return 0;
  const auto fields = split_list(*text, ' ');
  const auto pages = fields.size() > 1 ? to_u64(fields[1]) : std::nullopt;
  return pages.value_or(0) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string build_commit() { return MLE_COMMIT; }

}  // namespace mle::tools
