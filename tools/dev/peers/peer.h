// Peer: a library that can answer a workload. Adding one is a file beside this, a line in peers.cpp
// and a line in CMakeLists.txt.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/dev/peers/measure.h"
#include "tools/dev/peers/workload.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace mle::peers {

// A workload in a peer's hands, driven from one thread.
class PeerModel {
 public:
  virtual ~PeerModel() = default;

  // From now on `rows` rows of `in` are answered into `out`, which both stay where they are.
  // Whatever a careful user would do once — choosing, packing, binding — belongs here, untimed.
  virtual Status bind(size_t rows, const float* in, float* out) = 0;

  // Answers `calls` times, with next_call() before each.
  virtual Status run(size_t calls) = 0;
};

class Peer {
 public:
  virtual ~Peer() = default;
  virtual std::string name() const = 0;
  virtual std::string version() const = 0;
  virtual Result<std::unique_ptr<PeerModel>> load(const Workload& workload) = 0;

  // What loading costs, in one or more ways: each call makes a model from its file, ready to run,
  // and drops it. None where the peer has no file of its own.
  virtual std::vector<Contestant> loads(const Workload&) { return {}; }
};

// Where the libraries of the peers are; empty where they are not. Each answers with `threads`
// threads.
struct PeerLibraries {
  std::string onnxruntime, openblas, mkl, rust, litert;
  int threads = 1;
};

// All peers that are there; the first is mle, the one the others are compared to. `missing` gets a
// name and a reason for each of the others.
Result<std::vector<std::unique_ptr<Peer>>> make_peers(const PeerLibraries& libraries,
                                                      std::vector<std::string>& missing);

Result<std::unique_ptr<Peer>> make_mle_peer(int threads);
Result<std::unique_ptr<Peer>> make_eigen_peer();
Result<std::unique_ptr<Peer>> make_onnxruntime_peer(const std::string& library, int threads);
Result<std::unique_ptr<Peer>> make_openblas_peer(const std::string& library, int threads);
Result<std::unique_ptr<Peer>> make_mkl_peer(const std::string& library, int threads);
Result<std::unique_ptr<Peer>> make_onednn_peer(int threads);
Result<std::unique_ptr<Peer>> make_openvino_peer(int threads);
Result<std::unique_ptr<Peer>> make_candle_peer(const std::string& library, int threads);
Result<std::unique_ptr<Peer>> make_tract_peer(const std::string& library, int threads);
Result<std::unique_ptr<Peer>> make_litert_peer(const std::string& library, int threads);

}  // namespace mle::peers
