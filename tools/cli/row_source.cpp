// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/row_source.h"

#include "tools/cli/array_source.h"
#include "tools/cli/csv_source.h"
#include "tools/cli/input_file.h"
#include "tools/cli/npy.h"
#include "tools/cli/zip.h"

namespace mle::tools {

Result<std::unique_ptr<RowSource>> open_rows(const std::string& path, const RowTarget& target,
                                             const Console& console) {
  MLE_TRY_ASSIGN(InputFile file, InputFile::open(path));
  if (is_npy(file.bytes())) return open_npy_rows(std::move(file), target);
  if (is_zip(file.bytes())) return open_npz_rows(std::move(file), target, console);
  return open_csv_rows(path, CsvReader(file.source()), target, console);
}

}  // namespace mle::tools
