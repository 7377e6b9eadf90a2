// mle itself, through its public API.
// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "tools/dev/peers/peer.h"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mle::peers {
namespace {

class MleModel final : public PeerModel {
 public:
  MleModel(Session session, const Workload& workload)
      : session_(std::move(session)), in_width_(workload.in()), out_width_(workload.out()) {}

  Status bind(size_t rows, const float* in, float* out) override {
    in_ = {in, rows * in_width_};
    out_ = {out, rows * out_width_};
    return {};
  }

  Status run(size_t calls) override {
    for (size_t i = 0; i < calls; ++i) {
      next_call();
      MLE_TRY(session_.run(in_, out_));
    }
    return {};
  }

 private:
  Session session_;
  size_t in_width_, out_width_;
  std::span<const float> in_;
  std::span<float> out_;
};

class MlePeer final : public Peer {
 public:
  explicit MlePeer(int threads) : threads_(threads) {}
  std::string name() const override { return "mle"; }
  std::string version() const override {
    return MLE_VERSION_STRING + (isa_.empty() ? std::string() : ", kernels " + isa_);
  }

  Result<std::unique_ptr<PeerModel>> load(const Workload& workload) override {
    MLE_TRY_ASSIGN(const Model model, Model::load(workload.mle_path.c_str()));
    SessionOptions options;
    options.threads = threads_;
    MLE_TRY_ASSIGN(Session session, Session::make(model, options));
    isa_ = model.isa();
    return std::unique_ptr<PeerModel>(std::make_unique<MleModel>(std::move(session), workload));
  }

  std::vector<Contestant> loads(const Workload& workload) override {
    const char* path = workload.mle_path.c_str();
    auto load_only = [this, path](size_t calls) -> Status {
      for (size_t i = 0; i < calls; ++i) {
        MLE_TRY_ASSIGN(Model model, Model::load(path));
        loaded_.push_back(std::move(model));
      }
      return {};
    };
    auto load_and_session = [this, path](size_t calls) -> Status {
      for (size_t i = 0; i < calls; ++i) {
        MLE_TRY_ASSIGN(const Model model, Model::load(path));
        MLE_TRY_ASSIGN(Session session, Session::make(model));
        sessions_.push_back(std::move(session));  // keeps the model
      }
      return {};
    };
    const auto drop = [this] {
      loaded_.clear();
      sessions_.clear();
    };
    return {{"mle, load and session", load_and_session, drop},
            {"mle, load alone", load_only, drop}};
  }

 private:
  int threads_;
  std::string isa_;
  std::vector<Model> loaded_;
  std::vector<Session> sessions_;
};

}  // namespace

Result<std::unique_ptr<Peer>> make_mle_peer(int threads) {
  return std::unique_ptr<Peer>(std::make_unique<MlePeer>(threads));
}

}  // namespace mle::peers
