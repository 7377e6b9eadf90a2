// Rows from JSON lines: each line an object by the names of inputs or columns, or the one input's
// row as an array.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/cli/lines.h"
#include "tools/cli/row_source.h"

#include <memory>
#include <string>

namespace mle::tools {

Result<std::unique_ptr<RowSource>> open_jsonl_rows(std::string path, LineReader reader,
                                                   const RowTarget& target, const Console& console);

}  // namespace mle::tools
