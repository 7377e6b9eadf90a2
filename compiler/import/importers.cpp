// The importers, in order of trial. Nothing registers itself: what is not here is not read.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/coefficients/coefficients.h"
#include "compiler/import/exported/exported.h"
#include "compiler/import/importer.h"
#include "compiler/import/keras/keras.h"
#include "compiler/import/npz/npz.h"
#include "compiler/import/onnx/onnx.h"
#include "compiler/import/safetensors/safetensors.h"
#include "compiler/import/script/script.h"
#include "compiler/import/sklearn/sklearn.h"
#include "compiler/import/torch/torch.h"

#include <array>

namespace mle::compiler {

std::span<const Importer> importers() {
  static constexpr std::array kImporters = {
      Importer{"onnx", "ONNX (opsets 7 to 28)", onnx::can_read, onnx::read},
      Importer{"safetensors", "safetensors (with --arch)", safetensors::can_read, safetensors::read,
               true},
      Importer{"pt2", "PyTorch exports (.pt2)", exported::can_read, exported::read},
      Importer{"torchscript", "TorchScript archives", script::can_read, script::read},
      Importer{"pytorch", "PyTorch checkpoints (with --arch) and modules", torch::can_read,
               torch::read, true},
      Importer{"keras", "Keras (.keras, .h5)", keras::can_read, keras::read},
      Importer{"keras-weights", "Keras weights (.weights.h5 with --arch config.json)",
               keras::can_read_weights, keras::read_weights, true},
      Importer{"npz_coef", "coefficients in NPZ", coefficients::can_read_npz,
               coefficients::read_npz},
      Importer{"npz", "NPZ (with --arch)", npz::can_read, npz::read, true},
      Importer{"sklearn", "scikit-learn (pickle, joblib)", sklearn::can_read, sklearn::read},
      Importer{"json_coef", "coefficients in JSON", coefficients::can_read_json,
               coefficients::read_json},
      Importer{"csv_coef", "coefficients in CSV", coefficients::can_read_csv,
               coefficients::read_csv},
      Importer{"xgboost", "XGBoost's gblinear (JSON, UBJSON)", coefficients::can_read_gblinear,
               coefficients::read_gblinear},
  };
  return kImporters;
}

}  // namespace mle::compiler
