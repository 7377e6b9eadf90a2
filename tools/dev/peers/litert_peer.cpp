// LiteRT out of the library in its Python package, which exports a C ABI and brings no headers:
// what of it is called here is declared here, as version 2.3.0 has it. XNNPACK answers, over the
// caller's memory.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/peer.h"

#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace mle::peers {
namespace {

struct Environment;
struct LiteRtModelHandle;
struct Options;
struct OpaqueOptions;
struct Compiled;
struct TensorBuffer;

// Type and dense shape of a tensor.
struct TensorType {
  int32_t element = 1;  // f32
  uint32_t rank = 2;    // no strides
  int32_t dims[8] = {};
  uint32_t strides[8] = {};
};
static_assert(sizeof(TensorType) == 72);

constexpr int kCpu = 1;

struct Api {
  int (*create_environment)(int, const void*, Environment**) = nullptr;
  int (*create_model)(Environment*, const char*, LiteRtModelHandle**) = nullptr;
  int (*create_options)(Options**) = nullptr;
  int (*set_accelerators)(Options*, int) = nullptr;
  int (*create_opaque)(const char*, void*, void (*)(void*), OpaqueOptions**) = nullptr;
  int (*add_opaque)(Options*, OpaqueOptions*) = nullptr;
  int (*compile)(Environment*, LiteRtModelHandle*, Options*, Compiled**) = nullptr;
  int (*is_accelerated)(Compiled*, bool*) = nullptr;
  int (*resize)(Compiled*, size_t, size_t, const int*, size_t) = nullptr;
  int (*output_layouts)(Compiled*, size_t, size_t, void*, bool) = nullptr;
  int (*wrap)(const TensorType*, void*, size_t, void (*)(void*), TensorBuffer**) = nullptr;
  int (*run)(Compiled*, size_t, size_t, TensorBuffer**, size_t, TensorBuffer**) = nullptr;
  void (*destroy_environment)(Environment*) = nullptr;
  void (*destroy_model)(LiteRtModelHandle*) = nullptr;
  void (*destroy_options)(Options*) = nullptr;
  void (*destroy_compiled)(Compiled*) = nullptr;
  void (*destroy_buffer)(TensorBuffer*) = nullptr;
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

Result<Api> open(const std::string& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  Api api;
  if (library != nullptr && find(library, "LiteRtCreateEnvironment", api.create_environment) &&
      find(library, "LiteRtCreateModelFromFile", api.create_model) &&
      find(library, "LiteRtCreateOptions", api.create_options) &&
      find(library, "LiteRtSetOptionsHardwareAccelerators", api.set_accelerators) &&
      find(library, "LiteRtCreateOpaqueOptions", api.create_opaque) &&
      find(library, "LiteRtAddOpaqueOptions", api.add_opaque) &&
      find(library, "LiteRtCreateCompiledModel", api.compile) &&
      find(library, "LiteRtCompiledModelIsFullyAccelerated", api.is_accelerated) &&
      find(library, "LiteRtCompiledModelResizeInputTensor", api.resize) &&
      find(library, "LiteRtGetCompiledModelOutputTensorLayouts", api.output_layouts) &&
      find(library, "LiteRtCreateTensorBufferFromHostMemory", api.wrap) &&
      find(library, "LiteRtRunCompiledModel", api.run) &&
      find(library, "LiteRtDestroyEnvironment", api.destroy_environment) &&
      find(library, "LiteRtDestroyModel", api.destroy_model) &&
      find(library, "LiteRtDestroyOptions", api.destroy_options) &&
      find(library, "LiteRtDestroyCompiledModel", api.destroy_compiled) &&
      find(library, "LiteRtDestroyTensorBuffer", api.destroy_buffer))
    return api;
  return error(Code::NotFound, 0, Status::kNoOffset, "", "%s: cannot be used: %s", path.c_str(),
               library == nullptr ? dlerror() : "functions are missing");
}

Status check(int status, const char* what) {
  if (status == 0) return {};
  return error(Code::Internal, 0, Status::kNoOffset, "", "litert: %s fails with status %d", what,
               status);
}

class LiteRtPeerModel final : public PeerModel {
 public:
  LiteRtPeerModel(const Api& api, const Workload& workload) : api_(api), workload_(workload) {}
  LiteRtPeerModel(const LiteRtPeerModel&) = delete;
  LiteRtPeerModel& operator=(const LiteRtPeerModel&) = delete;
  ~LiteRtPeerModel() override {
    release_buffers();
    if (compiled_ != nullptr) api_.destroy_compiled(compiled_);
    if (model_ != nullptr) api_.destroy_model(model_);
  }

  Status make(Environment* environment, int threads) {
    MLE_TRY(check(api_.create_model(environment, workload_.litert_path.c_str(), &model_),
                  "reading a model"));
    Options* options = nullptr;
    MLE_TRY(check(api_.create_options(&options), "making options"));
    Status made = compile(environment, options, threads);
    api_.destroy_options(options);
    return made;
  }

  Status bind(size_t rows, const float* in, float* out) override {
    release_buffers();
    const int dims[] = {static_cast<int>(rows), static_cast<int>(workload_.in())};
    MLE_TRY(check(api_.resize(compiled_, 0, 0, dims, 2), "setting the batch"));
    TensorType layout;  // larger than a layout, whose values do not matter here
    MLE_TRY(check(api_.output_layouts(compiled_, 0, 1, &layout, true), "planning memory"));
    MLE_TRY(wrap(rows, workload_.in(), const_cast<float*>(in), in_));
    return wrap(rows, workload_.out(), out, out_);
  }

  Status run(size_t calls) override {
    for (size_t i = 0; i < calls; ++i) {
      next_call();
      if (const int status = api_.run(compiled_, 0, 1, &in_, 1, &out_); status != 0)
        return check(status, "a run");
    }
    return {};
  }

 private:
  Status compile(Environment* environment, Options* options, int threads) {
    MLE_TRY(check(api_.set_accelerators(options, kCpu), "choosing the processor"));
    const std::string text = "num_threads = " + std::to_string(threads) + "\n";
    OpaqueOptions* opaque = nullptr;
    MLE_TRY(check(api_.create_opaque("xnnpack", strdup(text.c_str()), std::free, &opaque),
                  "options of XNNPACK"));
    MLE_TRY(check(api_.add_opaque(options, opaque), "options of XNNPACK"));
    MLE_TRY(check(api_.compile(environment, model_, options, &compiled_), "compiling"));
    bool accelerated = false;
    MLE_TRY(check(api_.is_accelerated(compiled_, &accelerated), "asking"));
    if (accelerated) return {};
    return error(Code::Internal, 0, Status::kNoOffset, "",
                 "litert: XNNPACK does not take all of %s", workload_.name.c_str());
  }

  Status wrap(size_t rows, size_t width, float* memory, TensorBuffer*& buffer) const {
    TensorType type;
    type.dims[0] = static_cast<int32_t>(rows);
    type.dims[1] = static_cast<int32_t>(width);
    return check(api_.wrap(&type, memory, rows * width * sizeof(float), nullptr, &buffer),
                 "binding");
  }

  void release_buffers() {
    if (in_ != nullptr) api_.destroy_buffer(in_);
    if (out_ != nullptr) api_.destroy_buffer(out_);
    in_ = out_ = nullptr;
  }

  Api api_;
  const Workload& workload_;
  LiteRtModelHandle* model_ = nullptr;
  Compiled* compiled_ = nullptr;
  TensorBuffer *in_ = nullptr, *out_ = nullptr;
};

class LiteRtPeer final : public Peer {
 public:
  LiteRtPeer(const Api& api, Environment* environment, int threads)
      : api_(api), environment_(environment), threads_(threads) {}
  LiteRtPeer(const LiteRtPeer&) = delete;
  LiteRtPeer& operator=(const LiteRtPeer&) = delete;
  ~LiteRtPeer() override { api_.destroy_environment(environment_); }
  std::string name() const override { return "litert"; }
  std::string version() const override { return "2.3.0, XNNPACK"; }
  Result<std::unique_ptr<PeerModel>> load(const Workload& workload) override {
    auto model = std::make_unique<LiteRtPeerModel>(api_, workload);
    MLE_TRY(model->make(environment_, threads_));
    return std::unique_ptr<PeerModel>(std::move(model));
  }

 private:
  Api api_;
  Environment* environment_;
  int threads_;
};

}  // namespace

Result<std::unique_ptr<Peer>> make_litert_peer(const std::string& library, int threads) {
  MLE_TRY_ASSIGN(const Api api, open(library));
  Environment* environment = nullptr;
  MLE_TRY(check(api.create_environment(0, nullptr, &environment), "making an environment"));
  return std::unique_ptr<Peer>(std::make_unique<LiteRtPeer>(api, environment, threads));
}

}  // namespace mle::peers
