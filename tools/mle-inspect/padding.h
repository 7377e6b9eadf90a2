// Bytes of the segments that no tensor and no golden row uses, and lanes of packed weights beyond
// their dims.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "format/file_view.h"

namespace mle::tools {

// Ok where they are all zero, as every writer leaves them; else Corrupt with the first that is not.
Status check_padding(const format::FileView& view);

}  // namespace mle::tools
