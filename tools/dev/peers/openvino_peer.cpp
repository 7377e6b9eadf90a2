// OpenVINO through its C ABI: a fixed batch, one stream, f32 as written, tensors over the caller's
// memory.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/peer.h"

#include <openvino/c/openvino.h>

#include <string>
#include <utility>

namespace mle::peers {
namespace {

Status check(ov_status_e status) {
  if (status == OK) return {};
  return error(Code::Internal, 0, Status::kNoOffset, "", "openvino: %s", ov_get_last_err_msg());
}

// Given back when it is bound anew or goes.
struct Bound {
  ov_model_t* model = nullptr;
  ov_compiled_model_t* compiled = nullptr;
  ov_infer_request_t* request = nullptr;
  ov_tensor_t *in = nullptr, *out = nullptr;

  Bound() = default;
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;
  ~Bound() { release(); }

  void release() {
    if (request != nullptr) ov_infer_request_free(request);
    if (in != nullptr) ov_tensor_free(in);
    if (out != nullptr) ov_tensor_free(out);
    if (compiled != nullptr) ov_compiled_model_free(compiled);
    if (model != nullptr) ov_model_free(model);
    model = nullptr, compiled = nullptr, request = nullptr, in = nullptr, out = nullptr;
  }
};

class OpenVinoModel final : public PeerModel {
 public:
  OpenVinoModel(const ov_core_t* core, int threads, const Workload& workload)
      : core_(core), threads_(std::to_string(threads)), workload_(workload) {}

  Status bind(size_t rows, const float* in, float* out) override {
    bound_.release();
    const auto batch = static_cast<int64_t>(rows);
    MLE_TRY(compile(batch));
    MLE_TRY(wrap(batch, workload_.in(), const_cast<float*>(in), bound_.in));
    MLE_TRY(wrap(batch, workload_.out(), out, bound_.out));
    MLE_TRY(check(ov_infer_request_set_input_tensor(bound_.request, bound_.in)));
    return check(ov_infer_request_set_output_tensor(bound_.request, bound_.out));
  }

  Status run(size_t calls) override {
    for (size_t i = 0; i < calls; ++i) {
      next_call();
      if (ov_infer_request_infer(bound_.request) != OK) return check(GENERAL_ERROR);
    }
    return {};
  }

 private:
  Status compile(int64_t batch) {
    MLE_TRY(check(ov_core_read_model(core_, workload_.onnx_path.c_str(), nullptr, &bound_.model)));
    const int64_t dims[] = {batch, static_cast<int64_t>(workload_.in())};
    ov_partial_shape_t shape{};
    MLE_TRY(check(ov_partial_shape_create_static(2, dims, &shape)));
    const ov_status_e reshaped = ov_model_reshape_single_input(bound_.model, shape);
    ov_partial_shape_free(&shape);
    MLE_TRY(check(reshaped));
    // Its own choice would be bf16 where the machine has it.
    MLE_TRY(check(ov_core_compile_model(
        core_, bound_.model, "CPU", 10, &bound_.compiled, ov_property_key_hint_inference_precision,
        "f32", ov_property_key_num_streams, "1", ov_property_key_inference_num_threads,
        threads_.c_str(), ov_property_key_hint_performance_mode, "LATENCY",
        ov_property_key_hint_enable_cpu_pinning, "NO")));
    return check(ov_compiled_model_create_infer_request(bound_.compiled, &bound_.request));
  }

  static Status wrap(int64_t rows, size_t width, float* memory, ov_tensor_t*& tensor) {
    const int64_t dims[] = {rows, static_cast<int64_t>(width)};
    ov_shape_t shape{};
    MLE_TRY(check(ov_shape_create(2, dims, &shape)));
    const ov_status_e made = ov_tensor_create_from_host_ptr(F32, shape, memory, &tensor);
    ov_shape_free(&shape);
    return check(made);
  }

  const ov_core_t* core_;
  std::string threads_;
  const Workload& workload_;
  Bound bound_;
};

class OpenVinoPeer final : public Peer {
 public:
  OpenVinoPeer(ov_core_t* core, int threads) : core_(core), threads_(threads) {}
  ~OpenVinoPeer() override { ov_core_free(core_); }
  std::string name() const override { return "openvino"; }
  std::string version() const override {
    ov_version_t version{};
    if (ov_get_openvino_version(&version) != OK) return "";
    std::string text = version.buildNumber;
    ov_version_free(&version);
    return text + ", f32";
  }
  Result<std::unique_ptr<PeerModel>> load(const Workload& workload) override {
    return std::unique_ptr<PeerModel>(std::make_unique<OpenVinoModel>(core_, threads_, workload));
  }

 private:
  ov_core_t* core_;
  int threads_;
};

}  // namespace

Result<std::unique_ptr<Peer>> make_openvino_peer(int threads) {
  ov_core_t* core = nullptr;
  MLE_TRY(check(ov_core_create(&core)));
  return std::unique_ptr<Peer>(std::make_unique<OpenVinoPeer>(core, threads));
}

}  // namespace mle::peers
