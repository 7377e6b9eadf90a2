// Weights in files beside the model.
// Promise: only regular files below the model's own folder are opened, never through a link, and
// nothing is read outside the extent that was checked against the file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/graph/graph.h"
#include "compiler/import/onnx/onnx.pb.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace mle::compiler::onnx {

class ExternalData {
 public:
  // Where a tensor says its bytes are. No length: up to what the shape wants.
  struct Place {
    std::string location;
    uint64_t offset = 0;
    uint64_t length = 0;
    bool has_length = false;
  };

  // `folder` empty: nothing may be opened.
  explicit ExternalData(std::string folder) : folder_(std::move(folder)) {}

  static Result<Place> place_of(const onnx_pb::TensorProto& proto);
  // `bytes` mapped bytes; each file is mapped once and stays while somebody holds a Constant.
  Result<Constant> read(const Place& place, uint64_t bytes);

 private:
  Result<Constant> map(const std::string& location);

  std::string folder_;
  std::map<std::string, Constant> mapped_;
};

}  // namespace mle::compiler::onnx
