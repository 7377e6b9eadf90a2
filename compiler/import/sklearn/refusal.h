// How this importer gives up: a model is a tree of objects, and a wrong one at its far end ends the
// reading of all. Caught in sklearn.cpp, nothing leaves this folder.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <string>
#include <utility>

namespace mle::compiler::sklearn {

struct Refusal {
  Status status;
};

// Not the file's fault: what it says is not supported.
[[noreturn]] void refuse(const std::string& what, const std::string& hint = {});
// What it says can't be.
[[noreturn]] void refuse_damaged(const std::string& what);

template <class T>
T or_refuse(Result<T> result) {
  if (!result) throw Refusal{std::move(result).error()};
  return *std::move(result);
}

}  // namespace mle::compiler::sklearn
