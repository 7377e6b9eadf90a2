// oneDNN 2.x: inner products with weights arranged once, ReLU fused, softmax of its own.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/peer.h"

#include <dnnl.hpp>
#include <omp.h>

#include <unordered_map>
#include <utility>

namespace mle::peers {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

constexpr auto kF32 = memory::data_type::f32;

Status failed(const dnnl::error& error_) {
  return error(Code::Internal, 0, Status::kNoOffset, "", "onednn: %s", error_.what());
}

class OneDnnModel final : public PeerModel {
 public:
  OneDnnModel(const dnnl::engine& engine, const Workload& workload)
      : engine_(engine), stream_(engine), workload_(workload) {}

  Status bind(size_t rows, const float* in, float* out) override {
    try {
      make(static_cast<memory::dim>(rows), in, out);
      return {};
    } catch (const dnnl::error& error_) {
      return failed(error_);
    }
  }

  Status run(size_t calls) override {
    try {
      for (size_t i = 0; i < calls; ++i) {
        next_call();
        for (const Step& step : steps_) step.primitive.execute(stream_, step.arguments);
        stream_.wait();
      }
      return {};
    } catch (const dnnl::error& error_) {
      return failed(error_);
    }
  }

 private:
  struct Step {
    dnnl::primitive primitive;
    std::unordered_map<int, memory> arguments;
  };

  void make(memory::dim rows, const float* in, float* out) {
    steps_.clear();
    memory from({{rows, static_cast<memory::dim>(workload_.in())}, kF32, Tag::nc}, engine_,
                const_cast<float*>(in));
    for (size_t l = 0; l < workload_.layers.size(); ++l) {
      const bool last = l + 1 == workload_.layers.size();
      from = add_layer(workload_.layers[l], rows, from, last ? out : nullptr);
    }
    if (!workload_.softmax) return;
    const dnnl::softmax_forward::desc wanted(dnnl::prop_kind::forward_inference, from.get_desc(),
                                             1);
    steps_.push_back(
        {dnnl::softmax_forward({wanted, engine_}), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, from}}});
  }

  // Its output, in `out` where that is given.
  memory add_layer(const Layer& layer, memory::dim rows, const memory& from, float* out) {
    const auto k = static_cast<memory::dim>(layer.in), n = static_cast<memory::dim>(layer.out);
    dnnl::primitive_attr attributes;
    if (out == nullptr) {
      dnnl::post_ops after;
      after.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
      attributes.set_post_ops(after);
    }
    const memory::desc result({rows, n}, kF32, Tag::nc);
    const dnnl::inner_product_forward::desc wanted(
        dnnl::prop_kind::forward_inference, from.get_desc(), memory::desc({n, k}, kF32, Tag::any),
        memory::desc({n}, kF32, Tag::a), result);
    const dnnl::inner_product_forward::primitive_desc chosen(wanted, attributes, engine_);

    memory plain({{n, k}, kF32, Tag::io}, engine_, const_cast<float*>(layer.weights.data()));
    memory weights(chosen.weights_desc(), engine_);
    dnnl::reorder(plain, weights).execute(stream_, plain, weights);
    stream_.wait();
    const memory bias({{n}, kF32, Tag::a}, engine_, const_cast<float*>(layer.bias.data()));
    memory to = out != nullptr ? memory(result, engine_, out) : memory(result, engine_);
    steps_.push_back({dnnl::inner_product_forward(chosen),
                      {{DNNL_ARG_SRC, from},
                       {DNNL_ARG_WEIGHTS, weights},
                       {DNNL_ARG_BIAS, bias},
                       {DNNL_ARG_DST, to}}});
    return to;
  }

  dnnl::engine engine_;
  dnnl::stream stream_;
  const Workload& workload_;
  std::vector<Step> steps_;
};

class OneDnnPeer final : public Peer {
 public:
  explicit OneDnnPeer(int threads) : engine_(dnnl::engine::kind::cpu, 0) {
    omp_set_num_threads(threads);
  }
  std::string name() const override { return "onednn"; }
  std::string version() const override {
    const dnnl_version_t* version = dnnl_version();
    return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
           std::to_string(version->patch);
  }
  Result<std::unique_ptr<PeerModel>> load(const Workload& workload) override {
    return std::unique_ptr<PeerModel>(std::make_unique<OneDnnModel>(engine_, workload));
  }

 private:
  dnnl::engine engine_;
};

}  // namespace

Result<std::unique_ptr<Peer>> make_onednn_peer(int threads) {
  try {
    return std::unique_ptr<Peer>(std::make_unique<OneDnnPeer>(threads));
  } catch (const dnnl::error& error_) {
    return failed(error_);
  }
}

}  // namespace mle::peers
