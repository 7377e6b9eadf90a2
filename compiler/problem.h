// Problems: everything that is wrong with one source model, found in one go.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "format/rules.h"

#include <string>
#include <utility>
#include <vector>

namespace mle::compiler {

// One reason why a model can't be compiled. Reads "where: what" and "hint: hint".
struct Problem {
  Code code = Code::Unsupported;
  int rule = 0;
  std::string where;  // "node 'Gemm_3'", "initializer 'w'", "" for the file as a whole
  std::string what;
  std::string hint;
};

// Collects; the first kMaxKept are kept, the rest counted. Importers go on after a problem where
// that makes sense, so that the user sees all of them at once.
class Problems {
 public:
  static constexpr size_t kMaxKept = 50;

  void add(Code code, int rule, std::string where, std::string what, std::string hint = {}) {
    ++count_;
    if (kept_.size() < kMaxKept)
      kept_.push_back({code, rule, std::move(where), std::move(what), std::move(hint)});
  }
  void add(const Status& status, std::string where) {
    add(status.code(), status.rule(), std::move(where), status.message(), status.hint());
  }
  bool empty() const { return count_ == 0; }
  size_t count() const { return count_; }
  const std::vector<Problem>& kept() const { return kept_; }

 private:
  std::vector<Problem> kept_;
  size_t count_ = 0;
};

}  // namespace mle::compiler
