// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/refusal.h"

#include "format/rules.h"

namespace mle::compiler::sklearn {

using enum format::rule::Rule;

void refuse(const std::string& what, const std::string& hint) {
  throw Refusal{Status::make(Code::Unsupported, C205_UnsupportedOp, Status::kNoOffset, what, hint)};
}

void refuse_damaged(const std::string& what) {
  throw Refusal{
      Status::make(Code::Corrupt, C204_Damaged, Status::kNoOffset, what, "save or fit it again")};
}

}  // namespace mle::compiler::sklearn
