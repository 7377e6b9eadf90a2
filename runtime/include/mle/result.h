// Result<T>: a T, or the Status that says why there is none. Member names are those of
// std::expected. Promise: exactly one of the two is there, and nothing here throws.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mle/status.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

namespace mle {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) noexcept : value_(std::move(value)) {}       // NOLINT: implicit on purpose
  Result(Status error) noexcept : error_(std::move(error)) {}  // NOLINT: must not be ok

  bool has_value() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }

  // Only when has_value().
  T& value() & noexcept { return *value_; }
  const T& value() const& noexcept { return *value_; }
  T&& value() && noexcept { return std::move(*value_); }
  T& operator*() & noexcept { return *value_; }
  const T& operator*() const& noexcept { return *value_; }
  T&& operator*() && noexcept { return std::move(*value_); }
  T* operator->() noexcept { return &*value_; }
  const T* operator->() const noexcept { return &*value_; }

  // Only when !has_value().
  const Status& error() const& noexcept { return error_; }
  Status&& error() && noexcept { return std::move(error_); }

  // For examples and scripts: the value, or message and hint on stderr and exit status 1.
  // Compiled into the caller; the library itself never prints and never exits.
  T or_exit() && noexcept {
    if (!value_.has_value()) {
      std::fprintf(stderr, "error: %s\n", error_.message());
      if (error_.hint()[0] != '\0') std::fprintf(stderr, "hint: %s\n", error_.hint());
      std::exit(1);
    }
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
  Status error_;
};

}  // namespace mle

#define MLE_CONCAT_INNER_(a, b) a##b
#define MLE_CONCAT_(a, b) MLE_CONCAT_INNER_(a, b)

// MLE_TRY_ASSIGN(auto x, make_x()): x gets the value, or the enclosing function returns the error.
#define MLE_TRY_ASSIGN(declaration, expression) \
  MLE_TRY_ASSIGN_INNER_(MLE_CONCAT_(mle_result_, __LINE__), declaration, expression)
#define MLE_TRY_ASSIGN_INNER_(result, declaration, expression) \
  auto result = (expression);                                  \
  if (!result.has_value()) return std::move(result).error();   \
  declaration = std::move(result).value()
