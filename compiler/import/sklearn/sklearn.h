// scikit-learn estimators from pickles and joblib files.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/importer.h"

namespace mle::compiler::sklearn {

// A pickle, or a file that is compressed as a whole as joblib does it.
bool can_read(const SourceFile& source);
std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems);

}  // namespace mle::compiler::sklearn
