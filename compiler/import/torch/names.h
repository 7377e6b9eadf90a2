// The names a PyTorch file may speak of: plain data, storages, how tensors are put together, and
// the modules of torch.nn.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include <optional>
#include <string_view>

namespace mle::compiler::torch {

// Of a checkpoint or a pickled module: exact names, never a prefix.
bool is_checkpoint_name(std::string_view module, std::string_view name);
// Of a TorchScript archive: beside those its own classes, which say nothing by themselves.
bool is_script_name(std::string_view module, std::string_view name);

// "FloatStorage" → F32; nothing for storages that are not read.
std::optional<DType> storage_dtype(std::string_view storage);

}  // namespace mle::compiler::torch
