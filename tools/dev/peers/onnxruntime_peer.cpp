// ONNX Runtime through its C ABI, driven as well as we know: all graph optimisations, one thread
// and none that spins, arena and memory pattern, values bound once to the caller's buffers (the
// plain Run call with the same values took 70 ns more).
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/onnxruntime_api.h"
#include "tools/dev/peers/peer.h"

#include <array>

namespace mle::peers {
namespace {

class OnnxRuntimeModel final : public PeerModel {
 public:
  OnnxRuntimeModel(const ort::Api& api, ort::MemoryInfo* memory, ort::Session* session,
                   const Workload& workload)
      : api_(api),
        memory_(memory),
        session_(session),
        in_width_(workload.in()),
        out_width_(workload.out()) {}
  OnnxRuntimeModel(const OnnxRuntimeModel&) = delete;
  OnnxRuntimeModel& operator=(const OnnxRuntimeModel&) = delete;
  ~OnnxRuntimeModel() override {
    unbind();
    api_.release_session(session_);
  }

  Status bind(size_t rows, const float* in, float* out) override {
    unbind();
    MLE_TRY(tensor(const_cast<float*>(in), rows, in_width_, &in_));
    MLE_TRY(tensor(out, rows, out_width_, &out_));
    MLE_TRY(api_.check(api_.create_binding(session_, &binding_)));
    MLE_TRY(api_.check(api_.bind_input(binding_, "X", in_)));
    return api_.check(api_.bind_output(binding_, "Y", out_));
  }

  Status run(size_t calls) override {
    for (size_t i = 0; i < calls; ++i) {
      next_call();
      ort::Status_* failed = api_.run_bound(session_, nullptr, binding_);
      if (failed != nullptr) return api_.check(failed);
    }
    return {};
  }

 private:
  Status tensor(float* data, size_t rows, size_t width, ort::Value** value) {
    const std::array dims{static_cast<int64_t>(rows), static_cast<int64_t>(width)};
    return api_.check(api_.create_tensor(memory_, data, rows * width * sizeof(float), dims.data(),
                                         dims.size(), ort::kFloat, value));
  }
  void unbind() {
    if (binding_ != nullptr) api_.release_binding(binding_);
    if (in_ != nullptr) api_.release_value(in_);
    if (out_ != nullptr) api_.release_value(out_);
    binding_ = nullptr;
    in_ = out_ = nullptr;
  }

  const ort::Api& api_;
  ort::MemoryInfo* memory_;
  ort::Session* session_;
  size_t in_width_, out_width_;
  ort::Value* in_ = nullptr;
  ort::Value* out_ = nullptr;
  ort::IoBinding* binding_ = nullptr;
};

// Environment, options and memory description are made once and kept until the program ends.
class OnnxRuntimePeer final : public Peer {
 public:
  explicit OnnxRuntimePeer(ort::Api api) : api_(std::move(api)) {}

  Status start(int threads) {
    MLE_TRY(api_.check(api_.create_env(ort::kLogErrors, "peers", &env_)));
    MLE_TRY(
        api_.check(api_.create_memory_info(ort::kArenaAllocator, ort::kDefaultMemory, &memory_)));
    MLE_TRY(api_.check(api_.create_session_options(&options_)));
    MLE_TRY(api_.check(api_.set_optimization(options_, ort::kOptimizeAll)));
    MLE_TRY(api_.check(api_.set_execution_mode(options_, ort::kSequential)));
    MLE_TRY(api_.check(api_.set_intra_threads(options_, threads)));
    MLE_TRY(api_.check(api_.set_inter_threads(options_, 1)));
    MLE_TRY(api_.check(api_.enable_memory_pattern(options_)));
    MLE_TRY(api_.check(api_.enable_arena(options_)));
    // Spinning is what makes several threads worth it, and a core for nothing beside one.
    const char* spinning = threads > 1 ? "1" : "0";
    return api_.check(api_.add_config(options_, "session.intra_op.allow_spinning", spinning));
  }

  std::string name() const override { return "onnxruntime"; }
  std::string version() const override { return api_.version; }

  Result<std::unique_ptr<PeerModel>> load(const Workload& workload) override {
    ort::Session* session = nullptr;
    MLE_TRY(api_.check(api_.create_session(env_, workload.onnx_path.c_str(), options_, &session)));
    return std::unique_ptr<PeerModel>(
        std::make_unique<OnnxRuntimeModel>(api_, memory_, session, workload));
  }

  std::vector<Contestant> loads(const Workload& workload) override {
    auto create = [this, path = workload.onnx_path.c_str()](size_t calls) -> Status {
      for (size_t i = 0; i < calls; ++i) {
        ort::Session* session = nullptr;
        MLE_TRY(api_.check(api_.create_session(env_, path, options_, &session)));
        created_.push_back(session);
      }
      return {};
    };
    const auto release = [this] {
      for (ort::Session* session : created_) api_.release_session(session);
      created_.clear();
    };
    return {{"onnxruntime, CreateSession", create, release}};
  }

 private:
  ort::Api api_;
  ort::Env* env_ = nullptr;
  ort::MemoryInfo* memory_ = nullptr;
  ort::SessionOptions* options_ = nullptr;
  std::vector<ort::Session*> created_;  // in the block that is being timed
};

}  // namespace

Result<std::unique_ptr<Peer>> make_onnxruntime_peer(const std::string& library, int threads) {
  MLE_TRY_ASSIGN(ort::Api api, ort::open(library));
  auto peer = std::make_unique<OnnxRuntimePeer>(std::move(api));
  MLE_TRY(peer->start(threads));
  return std::unique_ptr<Peer>(std::move(peer));
}

}  // namespace mle::peers
