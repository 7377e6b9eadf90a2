// joblib's way with arrays: an object that describes one, and its elements behind it in the stream.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/pickle/cursor.h"
#include "compiler/import/pickle/object.h"

namespace mle::compiler::pickle {

bool is_joblib_array(const Pickle& pickle, Id call);

// Takes the elements from the stream, unless they are objects: then a pickle of them follows.
Result<RawArray> read_joblib_array(const Pickle& pickle, Id call, Cursor& cursor);
bool has_objects(const Pickle& pickle, const RawArray& array);

}  // namespace mle::compiler::pickle
