// Rows from CSV: by column name where file and model both have names, else by position.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/cli/csv.h"
#include "tools/cli/row_source.h"

#include <memory>
#include <string>

namespace mle::tools {

Result<std::unique_ptr<RowSource>> open_csv_rows(std::string path, CsvReader reader,
                                                 const RowTarget& target, const Console& console);

}  // namespace mle::tools
