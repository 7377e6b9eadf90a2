// The part of ONNX Runtime's C ABI that the benchmark calls. Its library comes without a header;
// the ABI is one table of function pointers, only ever appended to, so a slot number is a fact.
//
// Slots and enumerators as published in onnxruntime_c_api.h (struct OrtApi, versions 1.7 to 1.31).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace mle::peers::ort {

// Opaque things of the library.
struct Status_;
struct Env;
struct Session;
struct SessionOptions;
struct RunOptions;
struct MemoryInfo;
struct Value;
struct IoBinding;

// From the published enumerations.
inline constexpr int kLogErrors = 3, kOptimizeAll = 99, kSequential = 0;
inline constexpr int kArenaAllocator = 1, kDefaultMemory = 0, kFloat = 1;

// A null Status_* is success; others are freed by release_status.
struct Api {
  const char* (*error_message)(const Status_*);
  Status_* (*create_env)(int log_level, const char* id, Env**);
  Status_* (*create_session)(const Env*, const char* path, const SessionOptions*, Session**);
  Status_* (*create_session_options)(SessionOptions**);
  Status_* (*set_execution_mode)(SessionOptions*, int mode);
  Status_* (*enable_memory_pattern)(SessionOptions*);
  Status_* (*enable_arena)(SessionOptions*);
  Status_* (*set_optimization)(SessionOptions*, int level);
  Status_* (*set_intra_threads)(SessionOptions*, int threads);
  Status_* (*set_inter_threads)(SessionOptions*, int threads);
  Status_* (*create_tensor)(const MemoryInfo*, void* data, size_t bytes, const int64_t* dims,
                            size_t rank, int type, Value**);
  Status_* (*create_memory_info)(int allocator, int memory, MemoryInfo**);
  void (*release_status)(Status_*);
  void (*release_memory_info)(MemoryInfo*);
  void (*release_session)(Session*);
  void (*release_value)(Value*);
  Status_* (*add_config)(SessionOptions*, const char* key, const char* value);
  Status_* (*run_bound)(Session*, const RunOptions*, const IoBinding*);
  Status_* (*create_binding)(Session*, IoBinding**);
  void (*release_binding)(IoBinding*);
  Status_* (*bind_input)(IoBinding*, const char* name, const Value*);
  Status_* (*bind_output)(IoBinding*, const char* name, const Value*);

  std::string version;  // of the library, "1.31.1"

  // Turns what the library returned into ours, and frees it.
  Status check(Status_* status) const;
};

// Loads the shared library, which stays loaded, and reads the table. Fails with NotFound where
// there is no such library, Unsupported where it is too old for the slots above.
Result<Api> open(const std::string& library);

}  // namespace mle::peers::ort
