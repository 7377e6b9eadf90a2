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

// Where ONNX sees the batch axis of a value whose dims are those of one row: before axis `axis` of
// the row, with the `merged` axes that follow and the `led` axes ahead multiplied into it.
// [N, 4, 8] is {0, 0} of [4, 8], [4, N, 8] is {1, 0}, [N * 4, 8] is {0, 1}, [4 * N, 8] is {1, 0,
// 1}.
struct RowLayout {
  uint32_t axis = 0;
  uint32_t merged = 0;
  uint32_t led = 0;
  bool operator==(const RowLayout&) const = default;
};

class Neighbours;  // neighbours.h
using Nodes = google::protobuf::RepeatedPtrField<onnx_pb::NodeProto>;

inline constexpr const char* kMlDomain = "ai.onnx.ml";

// Constant integers that a DequantizeLinear unpacks, as ONNX Runtime looks at them (shortcut.h): in
// how many rows of theirs a block lies if they are multiplied as they are, or once they are turned.
// 0: it sees nothing in them.
struct Unpacked {
  uint32_t block = 0;
  uint32_t turned_block = 0;
  bool was_turned = false;
  bool by_column = false;  // a scale for each
  bool is_half = false;    // to 16-bit floats
};

// What a name of the source stands for.
struct Operand {
  enum class Kind : uint8_t {
    Refused,   // its node had a problem, which has been told: who uses it stays silent
    Computed,  // a value of the graph that depends on the inputs
    Constant,
  };
  Kind kind = Kind::Refused;
  ValueId id = kNone;        // Computed
  Tensor tensor;             // Constant
  bool each_row = false;     // Constant: ONNX has it once per row, and dims are those of one
  RowLayout layout = {};     // of values per row
  bool may_be_fed = false;   // Constant: an initializer that is an input, too
  bool dequantized = false;  // comes from a DequantizeLinear
  Unpacked unpacked = {};

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
  int ml_opset = 1;  // of ai.onnx.ml
  bool row_wise = false;
  std::vector<ValueId> inputs;  // of the graph, in order
  std::unordered_map<std::string, Operand> operands;
  std::unordered_map<std::string, std::vector<std::string>> column_names;  // of values
  std::unordered_map<std::string, size_t> uses;  // by live nodes and graph outputs
  // The nodes at hand: of the graph, a function or a branch; and what lies where among them.
  const Nodes* nodes = nullptr;
  const std::vector<int>* live = nullptr;
  std::shared_ptr<const Neighbours> neighbours;
  size_t rounded_products = 0;  // see shortcut.h

  // Where tensors of the nodes at hand lie: the model, or the copy of a function with its
  // attributes.
  std::shared_ptr<const onnx_pb::ModelProto> owner;
  std::string context;        // "function 'f', ": before what is told about a node
  size_t depth = 0;           // of function calls
  size_t nodes_in_calls = 0;  // of all functions, each time they are called

  // The function of the model that a node calls, or null.
  const onnx_pb::FunctionProto* function_of(const onnx_pb::NodeProto& node) const;

  const onnx_pb::GraphProto& source() const { return model->graph(); }

  // Appends the node, or computes it right away if all its inputs are constants.
  Result<Operand> add(Node node, std::string name, const Fact* wanted);
  // The tensor as a constant of the graph.
  Result<ValueId> constant(const Tensor& tensor);

 private:
  std::unordered_map<std::string, const onnx_pb::FunctionProto*> functions_;

  Result<ValueId> labels(const Tensor& tensor);
  Result<Operand> fold(const Node& node, std::string name, const Fact* wanted);
};

// The steps of read(), in this order after finding the live nodes.
// Graph inputs and initializers become operands; decides whether the model is row-wise.
void import_inputs(Importing& importing);
// Initializers that are used become operands.
void import_initializers(Importing& importing, const onnx_pb::GraphProto& graph);
// Which nodes the outputs need, sorted, and how often each name is used.
std::vector<int> find_live_nodes(Importing& importing, const Nodes& nodes,
                                 const std::vector<std::string>& outputs);
std::vector<std::string> output_names(const onnx_pb::GraphProto& graph);
void import_nodes(Importing& importing, const Nodes& nodes, const std::vector<int>& live);
Status import_node(Importing& importing, const onnx_pb::NodeProto& node);
// "node 'Gemm_3'", or by number and operator where it has no name.
std::string where(const onnx_pb::NodeProto& node, int index);
// The one entry, named after the source's graph.
void import_outputs(Importing& importing);

}  // namespace mle::compiler::onnx
