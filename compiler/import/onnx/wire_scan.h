// The form of an ONNX file, judged before protobuf sees a byte.
// Promise: one pass, no recursion, no allocation; what passes can be parsed in bounded memory and
// depth.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include <cstddef>
#include <span>

namespace mle::compiler::onnx {

// Ok if the bytes are one well-formed ModelProto as far as the wire format goes: every length
// inside its parent, varints of at most ten bytes that end, no groups, strings in UTF-8, nothing
// after the end, and counts and depth within limits.h. Else Corrupt or Unsupported with the byte
// offset.
Status scan_wire_format(std::span<const std::byte> bytes);

// True if the first fields could be those of a ModelProto: cheap, for telling formats apart.
bool looks_like_model(std::span<const std::byte> bytes);

}  // namespace mle::compiler::onnx
