// Rows near the places where a model's answers turn. There the terms of a sum cancel, and what f32
// loses of them is seen; rows drawn at random may all lie on one side.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/precision.h"

#include <optional>

namespace mle::compiler {

// Some of the rows, each moved as little as possible to where one of the dense layers that read
// the inputs comes out small: a class that just wins, a unit that just wakes up. The scores of a
// regression have no such place; there the rows are moved where the layer's bias is cancelled, and
// only where nothing says what its columns usually are. Nothing where no layer can be asked.
std::optional<TrialRows> make_turning_rows(const Graph& graph, const TrialRows& rows);

}  // namespace mle::compiler
