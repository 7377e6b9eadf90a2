// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/mutate_onnx.h"

#include "compiler/import/onnx/onnx.pb.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <string>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace mle::testing {
namespace {

using onnx_pb::AttributeProto;
using onnx_pb::GraphProto;

constexpr const char* kTypes[] = {
    "Gemm",
    "MatMul",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "Min",
    "Max",
    "Sum",
    "Mean",
    "Where",
    "Less",
    "PRelu",
    "Relu",
    "Clip",
    "Elu",
    "Selu",
    "Celu",
    "Gelu",
    "Swish",
    "ThresholdedRelu",
    "Identity",
    "Reshape",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Shape",
    "Concat",
    "Slice",
    "Split",
    "Gather",
    "ArgMax",
    "ArgMin",
    "Softmax",
    "LogSoftmax",
    "BatchNormalization",
    "Dropout",
    "Cast",
    "Constant",
    "ConstantOfShape",
    "Neg",
    "Exp",
    "Log",
    "Sqrt",
    "QuantizeLinear",
    "DequantizeLinear",
};
constexpr const char* kIntegerNames[] = {
    "axis",      "transA",      "transB",    "to",        "keepdims", "select_last_index",
    "allowzero", "num_outputs", "value_int", "block_size"};
constexpr const char* kListNames[] = {"axes", "perm", "split", "starts", "ends", "value_ints"};
constexpr int64_t kNumbers[] = {0,  1,  -1,    2,       -2,         3,         7,        9,
                                11, 64, 65535, 1 << 24, 0x7fffffff, INT64_MAX, INT64_MIN};

class Mutator {
 public:
  Mutator(onnx_pb::ModelProto& model, unsigned seed)
      : model_(model), graph_(*model.mutable_graph()), random_(seed) {}

  void run() {
    switch (below(10)) {
      case 0: return change_type();
      case 1: return set_integer();
      case 2: return set_list();
      case 3: return change_dims();
      case 4: return change_numbers();
      case 5: return rewire();
      case 6: return add_node();
      case 7: return drop_input();
      case 8: return change_opset();
      case 9: return change_input_shape();
    }
  }

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  template <class Array>
  auto any_of(const Array& array) {
    return array[below(static_cast<int>(std::size(array)))];
  }
  onnx_pb::NodeProto* any_node() {
    return graph_.node_size() == 0 ? nullptr : graph_.mutable_node(below(graph_.node_size()));
  }
  std::string any_value() {
    const int from = below(3);
    if (from == 0 && graph_.input_size() > 0)
      return graph_.input(below(graph_.input_size())).name();
    if (from == 1 && graph_.initializer_size() > 0)
      return graph_.initializer(below(graph_.initializer_size())).name();
    const onnx_pb::NodeProto* node = any_node();
    return node == nullptr || node->output_size() == 0 ? "" : node->output(0);
  }

  void change_type() {
    if (auto* node = any_node()) node->set_op_type(any_of(kTypes));
  }
  void set_integer() {
    auto* node = any_node();
    if (node == nullptr) return;
    AttributeProto* attribute = node->add_attribute();
    attribute->set_name(any_of(kIntegerNames));
    attribute->set_type(AttributeProto::INT);
    attribute->set_i(any_of(kNumbers));
  }
  void set_list() {
    auto* node = any_node();
    if (node == nullptr) return;
    AttributeProto* attribute = node->add_attribute();
    attribute->set_name(any_of(kListNames));
    attribute->set_type(AttributeProto::INTS);
    for (int i = below(4); i > 0; --i) attribute->add_ints(any_of(kNumbers));
  }
  void change_dims() {
    if (graph_.initializer_size() == 0) return;
    auto& dims = *graph_.mutable_initializer(below(graph_.initializer_size()))->mutable_dims();
    if (dims.size() > 1 && below(2) == 0) return std::swap(dims[0], dims[1]);
    dims.Add(1);
  }
  void change_numbers() {
    onnx_pb::TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(any_value() + "'");
    tensor.set_data_type(7);
    tensor.add_dims(1 + below(3));
    for (int64_t i = 0; i < tensor.dims(0); ++i) tensor.add_int64_data(any_of(kNumbers));
    if (auto* node = any_node()) node->add_input(tensor.name());
  }
  void rewire() {
    auto* node = any_node();
    if (node != nullptr && node->input_size() > 0)
      node->set_input(below(node->input_size()), any_value());
  }
  void add_node() {
    onnx_pb::NodeProto& node = *graph_.add_node();
    node.set_op_type(any_of(kTypes));
    for (int i = 1 + below(3); i > 0; --i) node.add_input(any_value());
    const std::string name = "n" + std::to_string(graph_.node_size());
    node.add_output(name);
    if (graph_.output_size() > 0 && below(2) == 0) graph_.mutable_output(0)->set_name(name);
  }
  void drop_input() {
    auto* node = any_node();
    if (node != nullptr && node->input_size() > 0) node->mutable_input()->RemoveLast();
  }
  void change_opset() {
    if (model_.opset_import_size() > 0) model_.mutable_opset_import(0)->set_version(7 + below(22));
  }
  void change_input_shape() {
    if (graph_.input_size() == 0) return;
    auto& type = *graph_.mutable_input(below(graph_.input_size()))->mutable_type();
    auto& shape = *type.mutable_tensor_type()->mutable_shape();
    auto& dim = shape.dim_size() > 0 && below(3) > 0 ? *shape.mutable_dim(below(shape.dim_size()))
                                                     : *shape.add_dim();
    if (below(2) == 0)
      dim.set_dim_value(any_of(kNumbers));
    else
      dim.clear_dim_value();
  }

  onnx_pb::ModelProto& model_;
  GraphProto& graph_;
  std::mt19937 random_;
};

}  // namespace

size_t mutate_onnx(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  onnx_pb::ModelProto model;
  if (seed % 4 == 0 || !model.ParseFromArray(data, static_cast<int>(size)) || !model.has_graph())
    return LLVMFuzzerMutate(data, size, max_size);
  Mutator mutator(model, seed);
  for (unsigned i = 0; i < 1 + seed / 4 % 3; ++i) mutator.run();
  const std::string bytes = model.SerializeAsString();
  if (bytes.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::ranges::copy(bytes, data);
  return bytes.size();
}

}  // namespace mle::testing
