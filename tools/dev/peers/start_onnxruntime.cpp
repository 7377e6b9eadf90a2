// The cold start of ONNX Runtime's C ABI: library, environment, session, one row, one line.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/peer.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace mle::peers {
namespace {

Status answer_once(char** args) {
  Workload workload;
  workload.onnx_path = args[2];
  const size_t in = std::strtoul(args[4], nullptr, 10), out = std::strtoul(args[5], nullptr, 10);
  workload.layers.push_back({in, out, {}, {}});
  std::vector<float> row(in), answers(out);
  // The row is the end of the .npy file.
  const auto bytes = static_cast<std::streamoff>(in * sizeof(float));
  std::ifstream file(args[3], std::ios::binary);
  file.seekg(-bytes, std::ios::end);
  file.read(reinterpret_cast<char*>(row.data()), bytes);
  MLE_TRY_ASSIGN(std::unique_ptr<Peer> peer, make_onnxruntime_peer(args[1], 1));
  MLE_TRY_ASSIGN(std::unique_ptr<PeerModel> model, peer->load(workload));
  MLE_TRY(model->bind(1, row.data(), answers.data()));
  MLE_TRY(model->run(1));
  std::printf("%.9g\n", static_cast<double>(answers[0]));
  return {};
}

}  // namespace
}  // namespace mle::peers

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: start_onnxruntime LIBRARY MODEL.onnx ROW.npy IN OUT\n", stderr);
    return 2;
  }
  const mle::Status status = mle::peers::answer_once(argv);
  if (status.ok()) return 0;
  std::fprintf(stderr, "start_onnxruntime: error: %s\n", status.message());
  return 1;
}
