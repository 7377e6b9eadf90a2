// The list of peers, in the order of the report's columns.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/peer.h"

namespace mle::peers {

Result<std::vector<std::unique_ptr<Peer>>> make_peers(const std::string& onnxruntime_library) {
  std::vector<std::unique_ptr<Peer>> peers;
  MLE_TRY_ASSIGN(std::unique_ptr<Peer> mle, make_mle_peer());
  peers.push_back(std::move(mle));
  MLE_TRY_ASSIGN(std::unique_ptr<Peer> onnxruntime, make_onnxruntime_peer(onnxruntime_library));
  peers.push_back(std::move(onnxruntime));
  MLE_TRY_ASSIGN(std::unique_ptr<Peer> eigen, make_eigen_peer());
  peers.push_back(std::move(eigen));
  return peers;
}

}  // namespace mle::peers
