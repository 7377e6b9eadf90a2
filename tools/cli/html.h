// Pages to read in a browser: whole by themselves, without a script, and nothing of a stranger's
// text is ever markup.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mle::tools {

// Text as text: escaped, control characters made visible, bytes that are no UTF-8 replaced.
std::string html_text(std::string_view text);

extern const char* const kHtmlStyle;

// A figure and what it is, for a <div class="cards">.
std::string html_tile(std::string_view value, std::string_view what);

// From the doctype to the opened <main>, and what closes it. `title` and `footer` are text.
std::string html_head(std::string_view title);
std::string html_foot(std::string_view footer);

}  // namespace mle::tools
