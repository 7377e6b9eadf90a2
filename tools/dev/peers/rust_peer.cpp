// candle and tract, out of one library that cargo builds from rust/.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/peer.h"

#include <dlfcn.h>

#include <cstdlib>
#include <utility>

namespace mle::peers {
namespace {

// As rust/src/lib.rs has them.
struct RustLayer {
  size_t in, out;
  const float *weights, *bias;  // [out][in]
};
struct RustModel;

struct RustApi {
  RustModel* (*candle)(const RustLayer*, size_t, bool) = nullptr;
  RustModel* (*tract)(const char*, const RustLayer*, size_t, size_t) = nullptr;
  int (*bind)(RustModel*, size_t, const float*, float*) = nullptr;
  int (*run)(RustModel*, size_t) = nullptr;
  void (*free)(RustModel*) = nullptr;
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

Result<RustApi> open(const std::string& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  RustApi api;
  if (library != nullptr && find(library, "rust_peers_candle", api.candle) &&
      find(library, "rust_peers_tract", api.tract) && find(library, "rust_peers_bind", api.bind) &&
      find(library, "rust_peers_run", api.run) && find(library, "rust_peers_free", api.free))
    return api;
  return error(Code::NotFound, 0, Status::kNoOffset, "does cargo build it?", "%s: is not there",
               path.c_str());
}

class RustPeerModel final : public PeerModel {
 public:
  RustPeerModel(const RustApi& api, RustModel* model) : api_(api), model_(model) {}
  RustPeerModel(const RustPeerModel&) = delete;
  RustPeerModel& operator=(const RustPeerModel&) = delete;
  ~RustPeerModel() override { api_.free(model_); }

  Status bind(size_t rows, const float* in, float* out) override {
    return check(api_.bind(model_, rows, in, out));
  }
  Status run(size_t calls) override { return check(api_.run(model_, calls)); }

 private:
  static Status check(int failed) {
    if (failed == 0) return {};
    return error(Code::Internal, 0, Status::kNoOffset, "", "a peer in Rust fails: see above");
  }

  RustApi api_;
  RustModel* model_;
};

std::vector<float> turned(const Layer& layer) {
  std::vector<float> made(layer.weights.size());
  for (size_t i = 0; i < layer.in; ++i)
    for (size_t o = 0; o < layer.out; ++o)
      made[o * layer.in + i] = layer.weights[i * layer.out + o];
  return made;
}

class RustPeer final : public Peer {
 public:
  RustPeer(const RustApi& api, bool is_candle, int threads)
      : api_(api), is_candle_(is_candle), threads_(static_cast<size_t>(threads)) {}
  std::string name() const override { return is_candle_ ? "candle" : "tract"; }
  std::string version() const override { return is_candle_ ? "0.11.1, no BLAS" : "0.23.9"; }
  Result<std::unique_ptr<PeerModel>> load(const Workload& workload) override {
    std::vector<std::vector<float>> weights;
    std::vector<RustLayer> layers;
    for (const Layer& layer : workload.layers) weights.push_back(turned(layer));
    for (size_t i = 0; i < weights.size(); ++i) {
      const Layer& layer = workload.layers[i];
      layers.push_back({layer.in, layer.out, weights[i].data(), layer.bias.data()});
    }
    RustModel* const model =
        is_candle_ ? api_.candle(layers.data(), layers.size(), workload.softmax)
                   : api_.tract(workload.onnx_path.c_str(), layers.data(), layers.size(), threads_);
    if (model == nullptr)
      return error(Code::Internal, 0, Status::kNoOffset, "", "%s cannot hold %s", name().c_str(),
                   workload.name.c_str());
    return std::unique_ptr<PeerModel>(std::make_unique<RustPeerModel>(api_, model));
  }

 private:
  RustApi api_;
  bool is_candle_;
  size_t threads_;
};

}  // namespace

Result<std::unique_ptr<Peer>> make_candle_peer(const std::string& library, int threads) {
  setenv("RAYON_NUM_THREADS", std::to_string(threads).c_str(), 1);
  MLE_TRY_ASSIGN(const RustApi api, open(library));
  return std::unique_ptr<Peer>(std::make_unique<RustPeer>(api, true, threads));
}

Result<std::unique_ptr<Peer>> make_tract_peer(const std::string& library, int threads) {
  MLE_TRY_ASSIGN(const RustApi api, open(library));
  return std::unique_ptr<Peer>(std::make_unique<RustPeer>(api, false, threads));
}

}  // namespace mle::peers
