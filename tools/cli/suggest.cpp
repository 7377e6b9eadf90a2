// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/suggest.h"

#include <algorithm>
#include <vector>

namespace mle::tools {
namespace {

// Letters to insert, delete or replace to get from a to b.
size_t edits(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

constexpr size_t kLongestName = 200;  // edits() is quadratic

}  // namespace

std::string nearest_name(std::string_view typed, std::span<const std::string> known) {
  if (typed.size() > kLongestName) return {};
  std::string best;
  size_t best_edits = std::max<size_t>(1, typed.size() / 3) + 1;
  for (const std::string& name : known) {
    if (name.size() > kLongestName) continue;
    const size_t distance = edits(typed, name);
    if (distance < best_edits) {
      best_edits = distance;
      best = name;
    }
  }
  return best;
}

}  // namespace mle::tools
