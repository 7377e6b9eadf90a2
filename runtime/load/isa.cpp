// The order of preference: the caller, the environment, the machine.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/load/isa.h"

#include "format/rules.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace mle::load {
namespace {

// secure_getenv: who runs a set-user-id program must not choose its code path.
std::string_view environment_name() noexcept {
  static const char* const value = ::secure_getenv("MLE_ISA");
  return value == nullptr ? std::string_view() : std::string_view(value);
}

Status no_such_table(std::string_view name, const char* asked_by) noexcept {
  char available[128] = "";
  size_t used = 0;
  const kernels::Tables tables = kernels::available_tables();
  for (size_t i = 0; i < tables.count; ++i) {
    const int wrote = std::snprintf(available + used, sizeof available - used, "%s%s",
                                    i == 0 ? "" : ", ", tables.begin[i]->isa);
    used = std::min(used + static_cast<size_t>(wrote), sizeof available - 1);
  }
  return error(Code::Unsupported, format::rule::R102_Isa, Status::kNoOffset,
               "leave it empty to get the best one",
               "%s: no kernel table '%.*s' in this build or for this machine (available: %s)",
               asked_by, static_cast<int>(std::min<size_t>(name.size(), 64)), name.data(),
               available);
}

}  // namespace

Result<const kernels::Table*> choose_table(std::string_view name) noexcept {
  const char* asked_by = "LoadOptions::isa";
  if (name.empty()) {
    name = environment_name();
    asked_by = "MLE_ISA";
  }
  const kernels::Table* table = kernels::find_table(name.data(), name.size());
  if (table == nullptr) return no_such_table(name, asked_by);
  return table;
}

}  // namespace mle::load
