// Rows from .npy and .npz files. An .npz names its arrays as the model names its inputs. One array
// is the rows of the one input, or a table of columns for inputs called by their places, x0, x1 …
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/cli/input_file.h"
#include "tools/cli/row_source.h"

#include <memory>

namespace mle::tools {

Result<std::unique_ptr<RowSource>> open_npy_rows(InputFile file, const RowTarget& target,
                                                 const Console& console);
Result<std::unique_ptr<RowSource>> open_npz_rows(InputFile file, const RowTarget& target,
                                                 const Console& console);

}  // namespace mle::tools
