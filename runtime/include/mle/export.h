// MLE_API marks what the shared library exports; all else is hidden.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(__GNUC__)
#define MLE_API __attribute__((visibility("default")))
#else
#define MLE_API
#endif
