// OpenBLAS and MKL called by hand: products with a matrix or a vector, whichever order of the
// weights is the faster one kept per batch size, packed beforehand where the library can, and one
// plain pass for bias and ReLU. Each library in a namespace of its own: they share their names.
//
// Compiled for this very machine and with fast mathematics, unlike anything of ours.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/peer.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace mle::peers {
namespace {

// Interface facts of CBLAS.
constexpr int kRowMajor = 101, kNoTrans = 111, kTrans = 112;
constexpr int kPackedMatrix = 151, kMatrixB = 162;  // of MKL

struct Blas {
  void (*gemm)(int, int, int, int, int, int, float, const float*, int, const float*, int, float,
               float*, int) = nullptr;
  void (*gemv)(int, int, int, int, float, const float*, int, const float*, int, float, float*,
               int) = nullptr;
  // MKL's; null elsewhere.
  size_t (*pack_size)(int, int, int, int) = nullptr;
  void (*pack)(int, int, int, int, int, int, float, const float*, int, float*) = nullptr;
  void (*compute)(int, int, int, int, int, int, const float*, int, const float*, int, float, float*,
                  int) = nullptr;
};

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
}

struct BlasLayer {
  int in = 0, out = 0;
  std::vector<float> by_input, by_output, bias;  // [in][out] and [out][in]
  std::vector<float> packed;                     // for the rows bound
};

enum class Way { ByInput, ByOutput, Packed };

void add_bias(float* y, const float* bias, size_t rows, size_t out, bool relu) {
  for (size_t row = 0; row < rows; ++row, y += out) {
    if (relu)
      for (size_t i = 0; i < out; ++i) y[i] = y[i] + bias[i] > 0 ? y[i] + bias[i] : 0;
    else
      for (size_t i = 0; i < out; ++i) y[i] += bias[i];
  }
}

// In three passes, so that exp() runs over all values at once.
void softmax(float* y, size_t rows, size_t out) {
  for (size_t row = 0; row < rows; ++row) {
    float* line = y + row * out;
    float largest = line[0];
    for (size_t i = 1; i < out; ++i) largest = line[i] > largest ? line[i] : largest;
    for (size_t i = 0; i < out; ++i) line[i] -= largest;
  }
  for (size_t i = 0; i < rows * out; ++i) y[i] = std::exp(y[i]);
  for (size_t row = 0; row < rows; ++row) {
    float* line = y + row * out;
    float sum = 0;
    for (size_t i = 0; i < out; ++i) sum += line[i];
    const float scale = 1 / sum;
    for (size_t i = 0; i < out; ++i) line[i] *= scale;
  }
}

class BlasModel final : public PeerModel {
 public:
  BlasModel(const Blas& blas, const Workload& workload) : blas_(blas), softmax_(workload.softmax) {
    for (const Layer& layer : workload.layers) {
      BlasLayer& made = layers_.emplace_back();
      made.in = static_cast<int>(layer.in);
      made.out = static_cast<int>(layer.out);
      made.by_input = layer.weights;
      made.bias = layer.bias;
      made.by_output.resize(layer.weights.size());
      for (size_t i = 0; i < layer.in; ++i)
        for (size_t o = 0; o < layer.out; ++o)
          made.by_output[o * layer.in + i] = layer.weights[i * layer.out + o];
    }
  }

  Status bind(size_t rows, const float* in, float* out) override {
    rows_ = static_cast<int>(rows);
    in_ = in;
    out_ = out;
    size_t widest = 0;
    for (const BlasLayer& layer : layers_) widest = std::max(widest, layer.bias.size());
    for (auto& buffer : buffers_) buffer.resize(rows * widest);
    if (blas_.compute != nullptr && rows > 1) pack();
    return choose();
  }

  Status run(size_t calls) override {
    for (size_t i = 0; i < calls; ++i) {
      next_call();
      answer();
    }
    return {};
  }

 private:
  void pack() {
    for (BlasLayer& layer : layers_) {
      layer.packed.assign(blas_.pack_size(kMatrixB, rows_, layer.out, layer.in) / sizeof(float) + 1,
                          0);
      blas_.pack(kRowMajor, kMatrixB, kNoTrans, rows_, layer.out, layer.in, 1,
                 layer.by_input.data(), layer.out, layer.packed.data());
    }
  }

  Status choose() {
    Way best = Way::ByInput;
    double least = 0;
    for (const Way way : {Way::ByInput, Way::ByOutput, Way::Packed}) {
      if (way == Way::Packed && (blas_.compute == nullptr || rows_ == 1)) continue;
      way_ = way;
      MLE_TRY_ASSIGN(const double taken,
                     quick_time({"blas", [this](size_t calls) { return run(calls); }}));
      if (way != Way::ByInput && taken >= least) continue;
      best = way;
      least = taken;
    }
    way_ = best;
    return {};
  }

  void answer() {
    const float* from = in_;
    for (size_t l = 0; l < layers_.size(); ++l) {
      const BlasLayer& layer = layers_[l];
      const bool last = l + 1 == layers_.size();
      float* to = last ? out_ : buffers_[l % 2].data();
      multiply(layer, from, to);
      add_bias(to, layer.bias.data(), static_cast<size_t>(rows_), layer.bias.size(), !last);
      from = to;
    }
    if (softmax_) softmax(out_, static_cast<size_t>(rows_), layers_.back().bias.size());
  }

  void multiply(const BlasLayer& layer, const float* from, float* to) {
    const bool by_input = way_ == Way::ByInput;
    const float* weights = by_input ? layer.by_input.data() : layer.by_output.data();
    if (rows_ == 1) {
      if (by_input)
        blas_.gemv(kRowMajor, kTrans, layer.in, layer.out, 1, weights, layer.out, from, 1, 0, to,
                   1);
      else
        blas_.gemv(kRowMajor, kNoTrans, layer.out, layer.in, 1, weights, layer.in, from, 1, 0, to,
                   1);
    } else if (layer.out == 1) {
      blas_.gemv(kRowMajor, kNoTrans, rows_, layer.in, 1, from, layer.in, weights, 1, 0, to, 1);
    } else if (way_ == Way::Packed) {
      blas_.compute(kRowMajor, kNoTrans, kPackedMatrix, rows_, layer.out, layer.in, from, layer.in,
                    layer.packed.data(), layer.out, 0, to, layer.out);
    } else {
      blas_.gemm(kRowMajor, kNoTrans, by_input ? kNoTrans : kTrans, rows_, layer.out, layer.in, 1,
                 from, layer.in, weights, by_input ? layer.out : layer.in, 0, to, layer.out);
    }
  }

  const Blas& blas_;
  std::vector<BlasLayer> layers_;
  bool softmax_;
  Way way_ = Way::ByInput;
  int rows_ = 0;
  const float* in_ = nullptr;
  float* out_ = nullptr;
  std::array<std::vector<float>, 2> buffers_;
};

class BlasPeer final : public Peer {
 public:
  BlasPeer(std::string name, std::string version, const Blas& blas)
      : name_(std::move(name)), version_(std::move(version)), blas_(blas) {}
  std::string name() const override { return name_; }
  std::string version() const override { return version_; }
  Result<std::unique_ptr<PeerModel>> load(const Workload& workload) override {
    return std::unique_ptr<PeerModel>(std::make_unique<BlasModel>(blas_, workload));
  }

 private:
  std::string name_, version_;
  Blas blas_;
};

Result<void*> open(const std::string& path) {
  if (void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  return error(Code::NotFound, 0, Status::kNoOffset, "is it installed?", "%s", dlerror());
}

Result<Blas> take_common(void* library, const std::string& path) {
  Blas blas;
  find(library, "cblas_sgemm", blas.gemm);
  find(library, "cblas_sgemv", blas.gemv);
  if (blas.gemm != nullptr && blas.gemv != nullptr) return blas;
  return error(Code::NotFound, 0, Status::kNoOffset, "", "%s: has no cblas_sgemm", path.c_str());
}

}  // namespace

Result<std::unique_ptr<Peer>> make_openblas_peer(const std::string& path, int threads) {
  // Versions before Zen 4 was known take its AVX2 kernels there.
  if (__builtin_cpu_supports("avx512f")) setenv("OPENBLAS_CORETYPE", "SKYLAKEX", 0);
  MLE_TRY_ASSIGN(void* const library, open(path));
  MLE_TRY_ASSIGN(const Blas blas, take_common(library, path));
  void (*set_threads)(int) = nullptr;
  char* (*config)() = nullptr;
  find(library, "openblas_set_num_threads", set_threads);
  find(library, "openblas_get_config", config);
  if (set_threads != nullptr) set_threads(threads);
  return std::unique_ptr<Peer>(
      std::make_unique<BlasPeer>("openblas", config != nullptr ? config() : "", blas));
}

Result<std::unique_ptr<Peer>> make_mkl_peer(const std::string& path, int threads) {
  setenv("MKL_THREADING_LAYER", threads == 1 ? "SEQUENTIAL" : "GNU", 1);
  MLE_TRY_ASSIGN(void* const library, open(path));
  MLE_TRY_ASSIGN(Blas blas, take_common(library, path));
  find(library, "cblas_sgemm_pack_get_size", blas.pack_size);
  find(library, "cblas_sgemm_pack", blas.pack);
  find(library, "cblas_sgemm_compute", blas.compute);
  if (blas.pack_size == nullptr || blas.pack == nullptr) blas.compute = nullptr;
  void (*set_threads)(int) = nullptr;
  void (*version)(char*, int) = nullptr;
  find(library, "MKL_Set_Num_Threads", set_threads);
  find(library, "MKL_Get_Version_String", version);
  if (set_threads != nullptr) set_threads(threads);
  char text[256] = "";
  if (version != nullptr) version(text, sizeof text);
  return std::unique_ptr<Peer>(std::make_unique<BlasPeer>("mkl", text, blas));
}

}  // namespace mle::peers
