// Affine: what scaling and shifting nodes do to the columns of a row, in double.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/evaluate/elements.h"
#include "compiler/passes/editor.h"

#include <optional>
#include <vector>

namespace mle::compiler {

// y[j] = scale[j] x[j] + shift[j] along the last axis.
struct Affine {
  ValueId x = kNone;
  Elements scale, shift;
  bool shifts_first = false;  // something is added before something is multiplied

  // Within what that floating dtype holds.
  bool is_finite(DType dtype) const;
  // In floating point (x - m) s keeps digits that x s - m s loses, if the shift is much larger than
  // what comes out. Up to 8 standard deviations the loss stays far below the tolerance of 1e-5.
  bool may_be_reordered() const;
};

// What a node does, if it is affine: Scale, Binary with a constant that is the same for all but the
// last axis, Neg.
std::optional<Affine> affine_of(const Editor& editor, const Node& node);

// `second` after `first`; x is that of `first`.
Affine compose(const Affine& first, const Affine& second);

// The affine nodes in a row that end with node `last` and have no other users in between, 64 at
// most; at least that node itself, or nothing if it is not affine.
std::optional<Affine> affine_chain_to(const Editor& editor, NodeId last, size_t* length = nullptr);

}  // namespace mle::compiler
