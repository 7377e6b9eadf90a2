// The version of this library and of the file format it reads. The two count apart.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#define MLE_VERSION_MAJOR 0
#define MLE_VERSION_MINOR 1
#define MLE_VERSION_PATCH 0
#define MLE_VERSION_STRING "0.1.0"

namespace mle {
inline constexpr int kFormatMajor = 1;  // a file of another major version is refused
inline constexpr int kFormatMinor = 0;  // a newer minor loads if it needs no feature unknown here
}  // namespace mle
