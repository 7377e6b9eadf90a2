// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/version.h"

#include <algorithm>
#include <charconv>

namespace mle::serve {

const CatalogModel* Catalog::find(std::string_view model) const noexcept {
  const auto at = models.find(model);
  return at == models.end() ? nullptr : &at->second;
}

std::shared_ptr<const Version> Catalog::find(const CatalogModel& model,
                                             std::string_view version) noexcept {
  if (version.empty()) return model.versions.back();
  uint64_t number = 0;
  const char* const end = version.data() + version.size();
  const auto [stopped, failed] = std::from_chars(version.data(), end, number);
  if (failed != std::errc() || stopped != end) return nullptr;
  for (const auto& candidate : model.versions)
    if (candidate->number == number) return candidate;
  return nullptr;
}

}  // namespace mle::serve
