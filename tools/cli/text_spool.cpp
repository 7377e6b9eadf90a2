// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/text_spool.h"

#include "tools/cli/unicode.h"

#include <algorithm>
#include <cstring>

namespace mle::tools {

Status TextSpool::append(std::span<const std::string_view> texts) {
  for (const std::string_view text : texts) {
    const std::byte missing{static_cast<uint8_t>(text.data() == nullptr)};
    any_missing_ = any_missing_ || missing != std::byte{0};
    MLE_TRY(missing_.append({&missing, 1}));
    characters_.assign(1, 0);
    for (std::string_view rest = text; !rest.empty();) characters_.push_back(take_utf8(rest));
    characters_[0] = static_cast<uint32_t>(characters_.size() - 1);
    longest_ = std::max(longest_, characters_[0]);
    MLE_TRY(texts_.append(std::as_bytes(std::span(characters_))));
  }
  return {};
}

Status TextSpool::write(NpzWriter& writer, const std::string& name,
                        std::span<const uint64_t> shape) {
  MLE_TRY_ASSIGN(std::span<const std::byte> rest, texts_.map());
  Spool padded(folder_);
  std::vector<uint32_t> element(longest_);
  while (!rest.empty()) {
    uint32_t count = 0;
    std::memcpy(&count, rest.data(), sizeof count);
    std::fill(element.begin(), element.end(), 0u);
    std::memcpy(element.data(), rest.data() + sizeof count, count * sizeof count);
    rest = rest.subspan((1 + size_t{count}) * sizeof count);
    MLE_TRY(padded.append(std::as_bytes(std::span(element))));
  }
  MLE_TRY(writer.add(name, "<U" + std::to_string(longest_), shape, padded));
  if (!any_missing_) return {};
  return writer.add("missing." + name, "|b1", shape, missing_);
}

}  // namespace mle::tools
