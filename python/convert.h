// mle.convert: a source model to a proved LoadedModel, without leaving the process.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "python/loaded_model.h"

#include <nanobind/nanobind.h>

#include <string>

namespace mle::python {

// `source` is a path, or the bytes of a pickle. `options` has the flags of mle-convert by name;
// `rows` is None, or an object that speaks for the user's rows and the live model (mle._convert
// has it). (model, what was made as a dict). The interpreter's lock is held only where `rows` is
// asked.
nanobind::tuple convert(nanobind::handle source, const nanobind::dict& options,
                        nanobind::handle rows);

// Atomically, as mle-convert writes.
void write_file(const std::string& path, nanobind::bytes bytes);

}  // namespace mle::python
