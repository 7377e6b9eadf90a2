// Reads a pickle as data. A pickle is a program for a stack machine whose dangerous opcodes call
// functions by name; here a name is looked up in a list of what models are made of, a call becomes
// a note, and nothing is ever imported, called or opened.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/pickle/object.h"
#include "compiler/problem.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace mle::compiler::pickle {

struct Rules {
  // May the file speak of module.name? What it may not is added to the problems by name.
  bool (*knows)(std::string_view module, std::string_view name) = nullptr;
  bool persistent = false;     // PyTorch keeps its storages by persistent id
  bool joblib_arrays = false;  // raw elements follow the objects that describe them
};

// The objects of the first pickle in `bytes`, which must outlive them. `used`, where given, gets
// the number of bytes it took. Refused names go to `problems`, all of them, and leave a Global
// behind that says so; a damaged pickle is an error with the byte it broke at.
Result<Pickle> unpickle(std::span<const std::byte> bytes, const Rules& rules, Problems& problems,
                        size_t* used = nullptr);

// A name from the file as it may be shown: cut short, control characters as '?'.
std::string printable(std::string_view name);

}  // namespace mle::compiler::pickle
