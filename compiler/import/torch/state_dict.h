// Finds the weights in what torch.save wrote: a state_dict, bare or inside a training checkpoint.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/network/weights.h"
#include "compiler/import/torch/checkpoint.h"

#include <string>
#include <vector>

namespace mle::compiler::torch {

struct StateDict {
  network::Weights weights;
  std::vector<std::string> notes;  // what was chosen and what was left out
};

// The id of a whole module, bare or inside a checkpoint; kNoObject where there is none.
pickle::Id find_module(const Checkpoint& checkpoint);

Result<StateDict> find_state_dict(const Checkpoint& checkpoint);
// The parameters and buffers of a module under the names its state_dict() would have.
Result<StateDict> state_dict_of(const Checkpoint& checkpoint, pickle::Id module);

// An OrderedDict of a module's, wherever its version of Python keeps it.
std::span<const pickle::Id> module_entries(const pickle::Pickle& objects, pickle::Id module,
                                           std::string_view which);
bool is_module(const pickle::Pickle& objects, pickle::Id id);

}  // namespace mle::compiler::torch
