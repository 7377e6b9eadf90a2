// The configuration of a model: sequential, or a graph of layers, with models as layers in it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/hdf5/hdf5.h"
#include "compiler/import/importer.h"
#include "compiler/import/json/fields.h"

#include <string>

namespace mle::compiler::keras {

struct Source {
  const nlohmann::json& config;  // {"class_name": "Functional", "config": …}
  // Of version 3: the root, whose layers are in "layers"; else the group of the layers by name.
  const hdf5::Node& weights;
  bool legacy = false;
  std::string version;  // of Keras
};

std::optional<Graph> read_model(const Source& model, const SourceFile& source,
                                const ImportOptions& options, Problems& problems);

}  // namespace mle::compiler::keras
