// TensorProto → Tensor, in all the places ONNX lets numbers lie.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/onnx/external_data.h"
#include "compiler/import/onnx/onnx.pb.h"
#include "compiler/import/onnx/tensor.h"

#include <memory>
#include <optional>
#include <string>

namespace mle::compiler::onnx {

// The DType of an ONNX element type, or nothing where mle has none (strings, 8-bit floats, …).
std::optional<DType> dtype_of(int32_t onnx_type);
// What numbers of that element type are computed in: dtype_of(), but f32 for the 16-bit floats.
// They are exact in it, and rounded again where the model gives them out.
std::optional<DType> computed_dtype_of(int32_t onnx_type);
// "float16", "string" …; the number where it is none.
std::string onnx_type_name(int32_t onnx_type);

// Every dim checked, their product limited, the length of the data exactly what they say. Large
// data is borrowed from `model`, which owns `proto`, or from the mapped external file, never
// copied; but 16-bit floats become f32.
Result<Tensor> read_tensor(const onnx_pb::TensorProto& proto, std::string name,
                           const std::shared_ptr<const onnx_pb::ModelProto>& model,
                           ExternalData& external);

}  // namespace mle::compiler::onnx
