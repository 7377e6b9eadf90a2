// The models that the tests of the server serve.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/tiny_models.h"

namespace mle::testing {

// y[2] = the first two of x[3], plus bias; entry "predict" with golden rows, which are right where
// `recorded` is `bias`.
AlignedBytes linear_file(float bias, float recorded);
inline AlignedBytes linear_file(float bias = 0.5f) { return linear_file(bias, bias); }
// As linear_file(), and training saw 0 to 10 of each feature.
AlignedBytes ranged_file();
// As linear_file(), and its source takes other shapes of x, too.
AlignedBytes linear_file_of_axes(fb::Axes axes);
// Entries "first" (x -> y) and "second" (x -> z, ten more than the last of x).
AlignedBytes two_entries_file();
// y = x, of any type: [2, 1] becomes [1, 2]. Entry "predict", no golden rows.
AlignedBytes echo_file(fb::DType dtype);

}  // namespace mle::testing
