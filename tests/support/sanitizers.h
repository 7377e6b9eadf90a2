// MLE_SANITIZED: whether a sanitizer keeps freed memory and makes system calls of its own. g++ and
// clang say so in different ways.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MLE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MLE_SANITIZED 1
#endif
#endif
#ifndef MLE_SANITIZED
#define MLE_SANITIZED 0
#endif
