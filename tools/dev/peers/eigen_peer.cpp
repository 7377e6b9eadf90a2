// Eigen called by hand, as somebody who knows it would: weights arranged beforehand in both orders
// and the faster one kept per batch size, no temporaries, bias and ReLU in one pass.
//
// Compiled for this very machine, unlike anything of ours: it never leaves it.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/peer.h"

#include <Eigen/Core>
#include <array>
#include <utility>

namespace mle::peers {
namespace {

using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Columns = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;
using Index = Eigen::Index;
template <class T>
using View = Eigen::Map<T>;

// Weights as an in×out matrix, either order in memory.
struct EigenLayer {
  Rows by_input;
  Columns by_output;
  Eigen::RowVectorXf bias;
};

// Softmax over the rows. exp() runs over all values at once, so that it is vectorised however
// narrow a row is; `scratch` is padded to whole vectors for that.
void softmax(View<Rows> values, Eigen::ArrayXf& scratch) {
  const Index count = values.size();
  View<Rows> powers(scratch.data(), values.rows(), values.cols());
  for (Index row = 0; row < values.rows(); ++row) {
    powers.row(row) = values.row(row).array() - values.row(row).maxCoeff();
  }
  const Index padded = (count + 15) / 16 * 16;
  View<Eigen::ArrayXf> all(scratch.data(), padded);
  all = all.exp();
  for (Index row = 0; row < values.rows(); ++row) {
    values.row(row) = powers.row(row) * (1.0f / powers.row(row).sum());
  }
}

class EigenModel final : public PeerModel {
 public:
  explicit EigenModel(const Workload& workload) : softmax_(workload.softmax) {
    for (const Layer& layer : workload.layers) {
      const auto in = static_cast<Index>(layer.in), out = static_cast<Index>(layer.out);
      const View<const Rows> weights(layer.weights.data(), in, out);
      layers_.push_back({weights, weights, View<const Eigen::RowVectorXf>(layer.bias.data(), out)});
    }
  }

  Status bind(size_t rows, const float* in, float* out) override {
    rows_ = static_cast<Index>(rows);
    in_ = in;
    out_ = out;
    buffers_[0].resize(rows_ * widest());
    buffers_[1].resize(rows_ * widest());
    scratch_.setZero(rows_ * layers_.back().bias.size() + 16);
    return choose_order();
  }

  Status run(size_t calls) override {
    by_input_ ? answer<true>(calls) : answer<false>(calls);
    return {};
  }

 private:
  Index widest() const {
    Index width = 0;
    for (const EigenLayer& layer : layers_) width = std::max(width, layer.bias.size());
    return width;
  }

  Status choose_order() {
    std::array<double, 2> times{};
    for (const bool by_input : {false, true}) {
      by_input_ = by_input;
      MLE_TRY_ASSIGN(times[by_input],
                     quick_time({"eigen", [this](size_t calls) { return run(calls); }}));
    }
    by_input_ = times[1] < times[0];
    return {};
  }

  template <bool kByInput>
  void answer(size_t calls) {
    for (size_t i = 0; i < calls; ++i) {
      next_call();
      const float* from = in_;
      for (size_t l = 0; l < layers_.size(); ++l) {
        const bool last = l + 1 == layers_.size();
        float* to = last ? out_ : buffers_[l % 2].data();
        if constexpr (kByInput) {
          layer(from, layers_[l].by_input, layers_[l].bias, to, !last);
        } else {
          layer(from, layers_[l].by_output, layers_[l].bias, to, !last);
        }
        from = to;
      }
      if (softmax_) softmax(View<Rows>(out_, rows_, layers_.back().bias.size()), scratch_);
    }
  }

  // One row and one column are products with a vector, which Eigen has kernels of their own for.
  template <class Weights>
  void layer(const float* from, const Weights& weights, const Eigen::RowVectorXf& bias, float* to,
             bool relu) {
    const Index in = weights.rows(), out = weights.cols();
    if (rows_ == 1) {
      View<Eigen::RowVectorXf> y(to, out);
      y.noalias() = View<const Eigen::RowVectorXf>(from, in) * weights;
      if (relu)
        y = (y + bias).cwiseMax(0.0f);
      else
        y += bias;
      return;
    }
    const View<const Rows> x(from, rows_, in);
    View<Rows> y(to, rows_, out);
    if (out == 1) {
      View<Eigen::VectorXf>(to, rows_).noalias() = x * weights.col(0);
    } else {
      y.noalias() = x * weights;
    }
    if (relu)
      y = (y.rowwise() + bias).cwiseMax(0.0f);
    else
      y.rowwise() += bias;
  }

  std::vector<EigenLayer> layers_;
  bool softmax_;
  bool by_input_ = true;
  Index rows_ = 0;
  const float* in_ = nullptr;
  float* out_ = nullptr;
  std::array<Eigen::VectorXf, 2> buffers_;
  Eigen::ArrayXf scratch_;
};

class EigenPeer final : public Peer {
 public:
  std::string name() const override { return "eigen"; }
  std::string version() const override {
    return std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
           std::to_string(EIGEN_MINOR_VERSION) + ", " + Eigen::SimdInstructionSetsInUse();
  }
  Result<std::unique_ptr<PeerModel>> load(const Workload& workload) override {
    return std::unique_ptr<PeerModel>(std::make_unique<EigenModel>(workload));
  }
};

}  // namespace

Result<std::unique_ptr<Peer>> make_eigen_peer() {
  return std::unique_ptr<Peer>(std::make_unique<EigenPeer>());
}

}  // namespace mle::peers
