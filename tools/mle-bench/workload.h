// Workload: rows for a model, made up, with room for their answers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/session.h>

#include <cstdint>
#include <vector>

namespace mle::tools {

class Workload {
 public:
  // Nearly N(0, 1) for floating inputs, small whole numbers for others; the same every time. Fails
  // for string inputs, which can't be made up. A model that is not row-wise gets its one tensor.
  static Result<Workload> make(const Session& session, uint64_t rows);

  Status run(Session& session) { return session.run(inputs_, outputs_); }
  const std::vector<In>& inputs() const { return inputs_; }

 private:
  std::vector<std::vector<uint64_t>> memory_;
  std::vector<In> inputs_;
  std::vector<Out> outputs_;
};

}  // namespace mle::tools
