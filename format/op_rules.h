// The rules of each op kind: which operands and attributes it takes and which output follows (V41,
// V45, V46, and V54 for the op). The table in format/README.md in code.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "format/tensor_facts.h"
#include "format/validation.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace mle::format {

// One op, seen by its rule. Operand indices have been checked.
class OpUnderTest {
 public:
  OpUnderTest(Validation& v, size_t index, const fb::Op& op) noexcept
      : v_(v), index_(index), op_(op) {}

  size_t input_count() const noexcept { return count_of(op_.inputs()); }
  const TensorFacts& input(size_t i) const noexcept { return v_.tensors[span_of(op_.inputs())[i]]; }
  const TensorFacts& output() const noexcept { return v_.tensors[span_of(op_.outputs())[0]]; }
  Act act() const noexcept { return static_cast<Act>(op_.act()); }
  std::span<const uint32_t> iattr() const noexcept { return span_of(op_.iattr()); }
  std::span<const uint32_t> indices() const noexcept { return span_of(op_.indices()); }
  size_t fattr_count() const noexcept { return count_of(op_.fattr()); }
  double fattr(uint32_t i) const noexcept { return as_double(*op_.fattr()->Get(i)); }

  bool has_feature(uint64_t bit) const noexcept {
    return (v_.view.header().required_features & bit) != 0;
  }

  // V25: every index of the list is one of the pool.
  Status check_strings() const noexcept;
  // V46: no two of the list are the same text. Pays for its steps and its memory.
  Status check_distinct_strings() const noexcept;

  [[gnu::format(printf, 3, 4)]] Status bad(int rule, const char* format, ...) const noexcept;

 private:
  Validation& v_;
  size_t index_;
  const fb::Op& op_;
};

struct Arity {
  uint32_t fewest;
  uint32_t most;
};
// Number of inputs of a known kind; every kind has one output.
Arity arity_of(OpKind kind) noexcept;

// The kinds with an index list, which their rule checks; others have none.
bool takes_indices(OpKind kind) noexcept;

// V45, V46: operands, attributes and output fit the kind. Only for known kinds of right arity.
Status check_op_rule(OpKind kind, const OpUnderTest& op) noexcept;

}  // namespace mle::format
