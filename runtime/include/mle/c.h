/* The runtime as a C ABI (C99): load a model, make a session, run it.
 *
 * Thread safety: a model may be used by any thread at any time; a session by one thread at a time.
 * Ownership: what mle_*_load/create gives, mle_*_destroy takes back; everything passed in is
 * borrowed until the call returns. A session keeps its model alive: destroy them in any order.
 * Errors: every function that can fail returns an mle_code and, where `error` is not NULL, fills
 * it. Nothing throws, prints or exits. NULL where a model, a session or a place for the result is
 * wanted is MLE_INVALID_ARGUMENT; functions that return no code answer NULL or 0 then.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MLE_C_H_
#define MLE_C_H_

#include "mle/export.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers never change. */
typedef enum mle_code {
  MLE_OK = 0,
  MLE_INVALID_ARGUMENT = 1,
  MLE_NOT_FOUND = 2,
  MLE_CORRUPT = 3,
  MLE_UNSUPPORTED = 4,
  MLE_OUT_OF_MEMORY = 5,
  MLE_IO = 6,
  MLE_INTERNAL = 7
} mle_code;

typedef enum mle_dtype {
  MLE_F32 = 1,
  MLE_F64 = 2,
  MLE_F16 = 3,
  MLE_BF16 = 4,
  MLE_I8 = 5,
  MLE_U8 = 6,
  MLE_I16 = 7,
  MLE_U16 = 8,
  MLE_I32 = 9,
  MLE_U32 = 10,
  MLE_I64 = 11,
  MLE_U64 = 12,
  MLE_BOOL = 13,
  MLE_STR = 14
} mle_dtype;

/* Filled by a failing call. Frozen: 512 bytes, nothing to free. Texts are cut to fit and always
 * zero-terminated. offset is UINT64_MAX where the error is about no byte of a file. */
typedef struct mle_error {
  int32_t code;
  int32_t rule;
  uint64_t offset;
  char message[240];
  char hint[256];
} mle_error;

/* One string of a string tensor; data NULL is "missing". Frozen. */
typedef struct mle_string {
  const char* data;
  size_t size;
} mle_string;

/* The caller's memory for one input or output. Rows lie row_bytes apart; 0 means densely packed,
 * negative is refused. A whole tensor (fixed shape) is always densely packed: row_bytes is 0 or its
 * size in bytes. reserved must be 0. Frozen. */
typedef struct mle_tensor {
  int32_t dtype;
  uint32_t reserved;
  void* data;
  size_t count; /* elements in all */
  ptrdiff_t row_bytes;
} mle_tensor;

typedef struct mle_model mle_model;
typedef struct mle_session mle_session;

/* Set struct_size to sizeof(mle_load_options), the rest to 0 for the defaults. */
typedef struct mle_load_options {
  size_t struct_size;
  int32_t verify;   /* 0 automatic, 1 everything */
  int32_t populate; /* 0 automatic, 1 never, 2 always */
  int32_t copy;     /* mle_model_from_memory: 1 copies the bytes */
  int32_t reserved; /* 0 */
  const char* isa;  /* NULL or "": what MLE_ISA in the environment names, else the best there is */
} mle_load_options;

typedef struct mle_session_options {
  size_t struct_size;
  const char* entry;          /* NULL: the model's first */
  const char* const* outputs; /* NULL: all of the entry */
  size_t output_count;
  size_t tile_rows; /* 0: chosen for this machine; lowered where memory would not do */
  int32_t threads;  /* 0 or 1: the calling thread alone */
  int32_t reserved; /* 0 */
} mle_session_options;

/* "0.1.0". Since 0.1. */
MLE_API const char* mle_version(void);

/* Loads a file. On success *model is the model, else NULL. options may be NULL. Since 0.1. */
MLE_API mle_code mle_model_load(const char* path, mle_model** model, mle_error* error);
MLE_API mle_code mle_model_load_with(const char* path, const mle_load_options* options,
                                     mle_model** model, mle_error* error);

/* Loads from memory, which must outlive the model and every session made from it, and be 64-byte
 * aligned, unless options->copy is set. options may be NULL. Since 0.1. */
MLE_API mle_code mle_model_from_memory(const void* data, size_t size,
                                       const mle_load_options* options, mle_model** model,
                                       mle_error* error);

/* NULL is allowed. Since 0.1. */
MLE_API void mle_model_destroy(mle_model* model);

/* The kernel table in use: "sse2", "avx2", "avx512", "neon"; NULL for NULL. Since 0.1. */
MLE_API const char* mle_model_isa(const mle_model* model);

/* 1 where an answer may depend on all rows of its call: then rows that do not belong together must
 * not be asked together. Else 0, and for NULL. Since 0.1. */
MLE_API int mle_model_rows_mix(const mle_model* model);

/* Inputs and outputs of the default entry. A name is zero-terminated and lives as long as the
 * model; it is NULL for an index out of range. Since 0.1. */
MLE_API size_t mle_model_input_count(const mle_model* model);
MLE_API size_t mle_model_output_count(const mle_model* model);
MLE_API const char* mle_model_input_name(const mle_model* model, size_t index);
MLE_API const char* mle_model_output_name(const mle_model* model, size_t index);
/* Elements of one row, 0 for an index out of range. Since 0.1. */
MLE_API size_t mle_model_input_width(const mle_model* model, size_t index);
MLE_API size_t mle_model_output_width(const mle_model* model, size_t index);

/* options may be NULL. Since 0.1. */
MLE_API mle_code mle_session_create(const mle_model* model, const mle_session_options* options,
                                    mle_session** session, mle_error* error);

/* One f32 input, one f32 output; counts are elements in all. Since 0.1. */
MLE_API mle_code mle_session_run(mle_session* session, const float* in, size_t in_count, float* out,
                                 size_t out_count, mle_error* error);

/* The general case: one mle_tensor per input and output, in order. Since 0.1. */
MLE_API mle_code mle_session_run_tensors(mle_session* session, const mle_tensor* in, size_t n_in,
                                         const mle_tensor* out, size_t n_out, mle_error* error);

/* NULL is allowed. Since 0.1. */
MLE_API void mle_session_destroy(mle_session* session);

#ifdef __cplusplus
}
#endif

#endif /* MLE_C_H_ */
