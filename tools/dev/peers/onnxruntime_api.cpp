// Slot numbers of ONNX Runtime's function table.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/onnxruntime_api.h"

#include <dlfcn.h>

namespace mle::peers::ort {
namespace {

// The newest slot below came with this version of the table.
constexpr uint32_t kTableVersion = 7;

struct ApiBase {
  const void* (*table)(uint32_t version);
  const char* (*version_string)();
};

template <class Function>
void take(Function& function, const void* table, size_t slot) {
  function = reinterpret_cast<Function>(static_cast<void* const*>(table)[slot]);
}

}  // namespace

Status Api::check(Status_* status) const {
  if (status == nullptr) return {};
  Status ours =
      error(Code::Internal, 0, Status::kNoOffset, "", "onnxruntime: %s", error_message(status));
  release_status(status);
  return ours;
}

Result<Api> open(const std::string& library) {
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* symbol = handle == nullptr ? nullptr : dlsym(handle, "OrtGetApiBase");
  if (symbol == nullptr) {
    return error(Code::NotFound, 0, Status::kNoOffset,
                 "name the library with --onnxruntime; script/bench peers installs one",
                 "no ONNX Runtime here: %s", dlerror());
  }
  const auto* base = reinterpret_cast<const ApiBase* (*)()>(symbol)();
  const void* table = base->table(kTableVersion);
  if (table == nullptr) {
    return error(Code::Unsupported, 0, Status::kNoOffset, "1.7 or newer is needed",
                 "%s: ONNX Runtime %s is too old", library.c_str(), base->version_string());
  }
  Api api{};
  take(api.error_message, table, 2);
  take(api.create_env, table, 3);
  take(api.create_session, table, 7);
  take(api.create_session_options, table, 10);
  take(api.set_execution_mode, table, 13);
  take(api.enable_memory_pattern, table, 16);
  take(api.enable_arena, table, 18);
  take(api.set_optimization, table, 23);
  take(api.set_intra_threads, table, 24);
  take(api.set_inter_threads, table, 25);
  take(api.create_tensor, table, 49);
  take(api.create_memory_info, table, 69);
  take(api.release_status, table, 93);
  take(api.release_memory_info, table, 94);
  take(api.release_session, table, 95);
  take(api.release_value, table, 96);
  take(api.add_config, table, 130);
  take(api.run_bound, table, 133);
  take(api.create_binding, table, 134);
  take(api.release_binding, table, 135);
  take(api.bind_input, table, 136);
  take(api.bind_output, table, 137);
  api.version = base->version_string();
  return api;
}

}  // namespace mle::peers::ort
