// --export: a program in other formats.
// Promise: what can't be said there is refused by name, all of it at once; no partial file is left.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "format/file_view.h"

#include <cstdint>
#include <string>

namespace mle::tools {

// Writes to `path`; its suffix says what: .npz (all constants, unpacked, by tensor name), .json
// (the whole program but weights), .onnx (a model that computes the same).
Status export_program(const format::FileView& view, const std::string& path, uint64_t& written);
// True where export_program() knows the suffix.
bool can_export(const std::string& path);

std::string program_json(const format::FileView& view);
Result<std::string> program_onnx(const format::FileView& view);

}  // namespace mle::tools
