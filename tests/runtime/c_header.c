/* That <mle/c.h> alone is C99, and that a C program can name everything in it.
 * SPDX-License-Identifier: Apache-2.0 */
#include <mle/c.h>

mle_code (*const kFromMemory)(const void*, size_t, const mle_load_options*, mle_model**,
                              mle_error*) = mle_model_from_memory;
const mle_tensor kTensor = {MLE_F32, 0, NULL, 0, 0};
const mle_string kMissing = {NULL, 0};
const mle_session_options kDefaults = {sizeof(mle_session_options), NULL, NULL, 0, 0, 0, 0};
