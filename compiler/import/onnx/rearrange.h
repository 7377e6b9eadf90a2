// Moving the elements of constants around, whatever their dtype, with the marks of Shape on them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/onnx/importing.h"
#include "compiler/import/onnx/tensor.h"

#include <vector>

namespace mle::compiler::onnx {

// The axes in the order of `perm`, which is a permutation.
Result<Tensor> transpose(const Tensor& tensor, const std::vector<uint32_t>& perm,
                         FoldBudget& budget);
// Along `axis` the elements at `picks`, each in range; that axis' length becomes their number.
Result<Tensor> pick(const Tensor& tensor, uint32_t axis, const std::vector<uint32_t>& picks,
                    FoldBudget& budget);
// Along `axis`, of one dtype and equal other axes. At least one.
Result<Tensor> concat(const std::vector<const Tensor*>& tensors, uint32_t axis, FoldBudget& budget);

}  // namespace mle::compiler::onnx
