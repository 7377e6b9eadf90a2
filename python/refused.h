// Errors on their way from Status to Python: mle.Error and its kinds, with code, rule and hint.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/problem.h"

#include <nanobind/nanobind.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace mle::python {

// Thrown by the bindings, turned into an mle.Error where Python is entered. May be thrown without
// the interpreter's lock.
class Refused : public std::exception {
 public:
  explicit Refused(const Status& status);
  Refused(Code code, int rule, std::string message, std::string hint);
  explicit Refused(const compiler::Problems& problems);
  const char* what() const noexcept override { return message_.c_str(); }
  // mle.Error in Python; the lock is held.
  void set_python_error() const;

 private:
  Code code_;
  int rule_;
  uint64_t offset_ = Status::kNoOffset;
  std::string message_, hint_;
  std::vector<compiler::Problem> problems_;  // of a source model; empty for other errors
};

inline void check(const Status& status) {
  if (!status.ok()) throw Refused(status);
}

template <class T>
T take(Result<T> result) {
  if (!result) throw Refused(result.error());
  return *std::move(result);
}

// Once, when the module is made.
void translate_refused();

}  // namespace mle::python
