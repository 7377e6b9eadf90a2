// The text form of a Graph: one line per node, used by --dump, tests and bug reports.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/graph/graph.h"

#include <string>

namespace mle::compiler {

std::string print(const Graph& graph);

// "[*, 40] f32": the star stands for any number of rows.
std::string text_of(const Fact& fact);
// "x", or "%7" for a value without a name.
std::string text_of(const Graph& graph, ValueId id);

const char* name_of(OpKind kind);  // "Dense"
const char* name_of(Act act);      // "Relu"
const char* name_of(BinaryFn fn);  // "Add"
const char* name_of(CompareFn fn);
const char* name_of(ReduceFn fn);

}  // namespace mle::compiler
