// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/columns.h"

#include "tools/cli/text.h"

namespace mle::tools {
namespace {

bool features_name(const RowTarget& target, size_t input) {
  return input == 0 && !target.features.empty() &&
         target.features.size() == target.inputs[0].width();
}

}  // namespace

std::vector<std::string> column_names(const RowTarget& target) {
  for (size_t i = 0; i < target.inputs.size(); ++i)
    if (!features_name(target, i) && target.inputs[i].width() != 1) return {};
  return element_names(target);
}

std::vector<std::string> element_names(const RowTarget& target) {
  std::vector<std::string> names;
  for (size_t i = 0; i < target.inputs.size(); ++i) {
    const TensorSpec& input = target.inputs[i];
    if (features_name(target, i))
      names.insert(names.end(), target.features.begin(), target.features.end());
    else if (input.width() == 1)
      names.emplace_back(input.name);
    else
      for (size_t j = 0; j < input.width(); ++j)
        names.push_back(std::string(input.name) + "[" + std::to_string(j) + "]");
  }
  return names;
}

std::vector<uint64_t> column_places(std::span<const TensorSpec> inputs) {
  std::vector<uint64_t> places;
  for (const TensorSpec& input : inputs) {
    const auto place = input.name.starts_with('x') ? to_u64(input.name.substr(1)) : std::nullopt;
    if (!place || !input.per_row || input.width() != 1) return {};
    places.push_back(*place);
  }
  return places;
}

std::string quoted_names(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < 10; ++i)
    text += (i == 0 ? "'" : ", '") + printable(names[i]) + "'";
  return text + (names.size() > 10 ? " …" : "");
}

}  // namespace mle::tools
