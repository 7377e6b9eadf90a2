// What mle-convert says about its work, to people and to programs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/cli/console.h"
#include "tools/cli/json.h"
#include "tools/mle-convert/convert.h"

#include <string>
#include <vector>

namespace mle::tools {

// All problems of one source, or what was assumed where it has none, on stderr.
void print_problems(const Conversion& result, const Console& console);

// The short summary of a conversion that worked.
std::string summary_text(const Conversion& result);

// One line per source, then the totals.
std::string folder_text(const std::vector<Conversion>& results, size_t skipped, double seconds);

// {"schema":"mle-convert/1","models":[…]}
std::string json_text(const std::vector<Conversion>& results);

}  // namespace mle::tools
