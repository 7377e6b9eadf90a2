// A folder of models, converted side by side.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/mle-convert/convert.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mle::tools {

struct FolderResult {
  std::vector<Conversion> conversions;  // in the order of the sources' names
  size_t skipped = 0;                   // files that no importer knows
};

// Every model under `source`, at any depth, to the same place under `output` with suffix .mle. One
// that fails does not stop the others. Fails only where the folders themselves can't be used.
Result<FolderResult> convert_folder(const std::string& source, const std::string& output,
                                    const ConvertOptions& options, uint64_t jobs,
                                    const Console& console);

}  // namespace mle::tools
