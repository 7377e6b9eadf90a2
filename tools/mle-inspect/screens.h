// The pages of mle-inspect as text and JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/mle-inspect/file_facts.h"
#include "tools/mle-inspect/map.h"
#include "tools/mle-inspect/verify.h"

#include <optional>
#include <string>
#include <string_view>

namespace mle::tools {

// "2023-11-14T22:13:20Z".
std::string date_text(uint64_t seconds_since_1970);
std::string info_text(const std::string& path, const FileFacts& facts);
std::string steps_text(const FileFacts& facts);
std::string verify_text(const VerifyReport& report);
std::string limits_text();

// Every rule as a page of Markdown, docs/errors.md.
std::string errors_page();

// Rule V31 and the like in words, or all of them; nothing where there is no such rule.
std::optional<std::string> explain_text(std::string_view code);

// {"schema":"mle-inspect/1", …}: everything of the info page and the steps; `map` and `report`
// where they were asked for.
std::string json_text(const std::string& path, const FileFacts& facts,
                      const std::vector<MapRange>& map, const VerifyReport* report);
std::string limits_json();

}  // namespace mle::tools
