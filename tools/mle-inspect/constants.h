// The constants of a program as plain arrays, and what its parts are called.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>
#include <mle/result.h>

#include "format/file_view.h"
#include "format/mle_generated.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mle::tools {

DType dtype_of(const fb::Tensor& tensor);
std::vector<uint64_t> dims_of(const fb::Tensor& tensor);
uint64_t elements_of(const fb::Tensor& tensor);
bool is_constant(const fb::Tensor& tensor);
double double_of(const fb::Bits64& bits);

// One name per tensor, no two alike: its own, else "t7"; the later of two gets "_2" and the like.
std::vector<std::string> tensor_names(const format::FileView& view);
// "Dense 'fc1'", "Dense 3" where it has no name.
std::string op_title(const format::FileView& view, size_t op);

// The elements of a constant, row-major, whatever its layout. Fails where the layout is none that
// is known here.
Result<std::vector<std::byte>> unpack(const format::FileView& view, const fb::Tensor& tensor);

}  // namespace mle::tools
