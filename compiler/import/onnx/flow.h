// Graphs inside graphs: the branch of an If whose condition is constant, and functions of the
// model.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "compiler/import/onnx/importing.h"

namespace mle::compiler::onnx {

// The branch that is taken in place of the node. It sees the names outside.
Status import_if(Importing& importing, const onnx_pb::NodeProto& node);

// A function's nodes in place of the call; they see nothing but its inputs.
Status call_function(Importing& importing, const onnx_pb::FunctionProto& function,
                     const onnx_pb::NodeProto& node);

}  // namespace mle::compiler::onnx
