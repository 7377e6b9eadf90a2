// The passes, by name; what they do is said once, in passes.cpp.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "compiler/graph/graph.h"

namespace mle::compiler {

Status fold_constants(Graph& graph);
Status drop_identity(Graph& graph);
Status recognize_simple(Graph& graph);
Status recognize_sigmoid(Graph& graph);
Status recognize_activations(Graph& graph);
Status recognize_softplus(Graph& graph);
Status recognize_layer_norm(Graph& graph);
Status fold_affine(Graph& graph);
Status collapse_linear(Graph& graph);
Status merge_affine(Graph& graph);
Status fuse_activation(Graph& graph);
Status share_equal(Graph& graph);
Status drop_dead(Graph& graph);

}  // namespace mle::compiler
