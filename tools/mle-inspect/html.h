// --html: a file as one page to read in a browser.
// Promise: the page is whole by itself, fetches nothing, runs no script, and no text from the file
// is ever markup.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "format/file_view.h"

#include <string>
#include <string_view>

namespace mle::tools {

std::string html_page(const std::string& path, const format::FileView& view);

// The ops and what flows between them, as SVG; "" where there are too many to draw.
std::string html_graph(const format::FileView& view);
// What the elements of each constant are like: a table with a small histogram each.
std::string html_constants(const format::FileView& view);

}  // namespace mle::tools
