// From named tensors and an architecture to a graph.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/import/importer.h"
#include "compiler/import/network/architecture.h"
#include "compiler/import/network/weights.h"
#include "compiler/problem.h"

#include <optional>

namespace mle::compiler::network {

// The chain that names and shapes leave no doubt about: a single linear layer, or linear layers and
// normalisations numbered without a gap. Where there may be an activation between them they are
// refused with the architecture file to fill in.
std::optional<Architecture> infer_architecture(const Weights& weights, Problems& problems);

// One input, one output, in the order of the layers. Every layer whose tensors are missing or of
// another shape is a problem of its own.
std::optional<Graph> build_network(const Weights& weights, const Architecture& architecture,
                                   Problems& problems);

// What importers of weights alone do: the architecture the user gave, or else the inferred one,
// with these weights.
std::optional<Graph> read_network(const Weights& weights, const char* format,
                                  const SourceFile& source, const ImportOptions& options,
                                  Problems& problems);

}  // namespace mle::compiler::network
