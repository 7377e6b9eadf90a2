// The loader: the bytes of a file in, a Model bound to its kernels out.
// Promise: O(program) time and memory beyond the file itself; weights are pointed at, and read only
// where their segment is small or Verify::Everything asks for its sum.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/options.h>
#include <mle/result.h>

#include "runtime/load/mapped_file.h"
#include "runtime/model_state.h"

namespace mle::load {

// Whether the options make sense at all; asked before a file is touched.
Status check_options(const LoadOptions& options) noexcept;

// `front` is a copy of the file's first bytes, or empty. The state has one owner. Fails as FileView
// does, with Unsupported for a kernel table this machine does not have, and with OutOfMemory.
Result<detail::ModelState*> load(MappedFile file, std::span<const std::byte> front,
                                 const LoadOptions& options) noexcept;

}  // namespace mle::load
