// The list of peers, in the order of the report's columns.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/peer.h"

namespace mle::peers {

Result<std::vector<std::unique_ptr<Peer>>> make_peers(const PeerLibraries& libraries,
                                                      std::vector<std::string>& missing) {
  const int threads = libraries.threads;
  std::vector<std::unique_ptr<Peer>> peers;
  MLE_TRY_ASSIGN(std::unique_ptr<Peer> mle, make_mle_peer(threads));
  peers.push_back(std::move(mle));
  const auto add = [&](const char* name, Result<std::unique_ptr<Peer>> made) {
    if (made)
      peers.push_back(*std::move(made));
    else
      missing.push_back(std::string(name) + ": " + made.error().message());
  };
  add("onnxruntime", make_onnxruntime_peer(libraries.onnxruntime, threads));
  if (threads == 1)
    add("eigen", make_eigen_peer());
  else
    missing.emplace_back("eigen: driven from one thread only");
#ifdef MLE_PEERS_ONEDNN
  add("onednn", make_onednn_peer(threads));
#else
  missing.emplace_back("onednn: version 2 was not there when this was built");
#endif
  if (!libraries.openblas.empty()) add("openblas", make_openblas_peer(libraries.openblas, threads));
  if (!libraries.mkl.empty()) add("mkl", make_mkl_peer(libraries.mkl, threads));
#ifdef MLE_PEERS_OPENVINO
  add("openvino", make_openvino_peer(threads));
#endif
  if (!libraries.litert.empty()) add("litert", make_litert_peer(libraries.litert, threads));
  if (!libraries.rust.empty()) {
    add("candle", make_candle_peer(libraries.rust, threads));
    add("tract", make_tract_peer(libraries.rust, threads));
  }
  return peers;
}

}  // namespace mle::peers
