// Tensors as JSON: arrays of numbers, nested or flat, in row order.
// Promise: a value that its data type cannot hold is refused, never rounded to another.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "serve/engine/request.h"

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

namespace mle::serve {

// Fills `tensor` (its name and dtype are set) from "data"; strings are borrowed from the document.
// Floating values may be null for NaN, or the texts "NaN", "Infinity" and "-Infinity"; a string may
// be null, which is a missing one.
Status read_json_tensor(const simdjson::dom::element& data, InputTensor& tensor, Buffer& numbers,
                        std::vector<std::string_view>& strings);

// Flat. NaN and missing strings are null.
void append_json_tensor(const AnswerTensor& answer, std::string& to);

}  // namespace mle::serve
