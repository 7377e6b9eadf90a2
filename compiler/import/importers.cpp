// The importers, in order of trial. Nothing registers itself: what is not here is not read.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/importer.h"
#include "compiler/import/onnx/onnx.h"

#include <array>

namespace mle::compiler {

std::span<const Importer> importers() {
  static constexpr std::array kImporters = {
      Importer{"onnx", "ONNX (opsets 7 to 28)", onnx::can_read, onnx::read},
  };
  return kImporters;
}

}  // namespace mle::compiler
