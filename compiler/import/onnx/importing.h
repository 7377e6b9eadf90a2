// The state of one import: what each name of the source stands for, and the graph that grows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/graph/graph.h"
#include "compiler/import/importer.h"
#include "compiler/import/onnx/external_data.h"
#include "compiler/import/onnx/onnx.pb.h"
#include "compiler/import/onnx/tensor.h"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mle::compiler::onnx {

// What a name of the source stands for.
struct Operand {
  enum class Kind : uint8_t {
    Refused,   // its node had a problem, which has been told: who uses it stays silent
    Computed,  // a value of the graph that depends on the inputs
    Constant,
  };
  Kind kind = Kind::Refused;
  ValueId id = kNone;  // Computed
  Tensor tensor;       // Constant

  static Operand computed(ValueId id) { return {Kind::Computed, id, {}}; }
  static Operand constant(Tensor tensor) { return {Kind::Constant, kNone, std::move(tensor)}; }
};

// Keeps constant folding from making much out of little.
class FoldBudget {
 public:
  explicit FoldBudget(uint64_t source_bytes);
  // Before `bytes` are made by `steps` multiplications.
  Status spend(uint64_t bytes, uint64_t steps);

 private:
  uint64_t bytes_left_, steps_left_;
};

class Importing {
 public:
  Importing(std::shared_ptr<const onnx_pb::ModelProto> model, const SourceFile& source,
            const ImportOptions& options, Problems& problems);

  std::shared_ptr<const onnx_pb::ModelProto> model;
  const ImportOptions& options;
  Problems& problems;
  ExternalData external;
  FoldBudget budget;
  Graph graph;
  int opset = 0;
  bool row_wise = false;
  std::unordered_map<std::string, Operand> operands;
  std::unordered_map<std::string, size_t> uses;  // by live nodes and graph outputs

  const onnx_pb::GraphProto& source() const { return model->graph(); }

  // Appends the node, or computes it right away if all its inputs are constants.
  Result<Operand> add(Node node, std::string name, const Fact* wanted);
  // The tensor as a constant of the graph.
  Result<ValueId> constant(const Tensor& tensor);

 private:
  Result<Operand> fold(const Node& node, std::string name, const Fact* wanted);
};

// The steps of read(), in this order after finding the live nodes.
// Graph inputs and initializers become operands; decides whether the model is row-wise.
void import_inputs(Importing& importing);
// Which nodes the outputs need, sorted, and how often each name is used.
std::vector<int> find_live_nodes(Importing& importing);
void import_nodes(Importing& importing, const std::vector<int>& live);
// The one entry, named after the source's graph.
void import_outputs(Importing& importing);

}  // namespace mle::compiler::onnx
