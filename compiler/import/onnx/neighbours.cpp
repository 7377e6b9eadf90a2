// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/neighbours.h"

#include <algorithm>
#include <span>

namespace mle::compiler::onnx {
namespace {

using onnx_pb::NodeProto;
using onnx_pb::TensorProto;

constexpr int kFloat32 = 1;         // TensorProto.DataType
constexpr int64_t kMostShared = 8;  // elements of a constant that is looked for again
constexpr int kMostInputs = 4;      // of the nodes that count here

const NodeProto* at(const std::unordered_map<std::string_view, const NodeProto*>& nodes,
                    const std::string& name) {
  const auto place = nodes.find(name);
  return place == nodes.end() ? nullptr : place->second;
}

template <class Dims>
std::string key_of(const Dims& dims, std::string_view bytes) {
  std::string key;
  for (const auto dim : dims) key += std::to_string(dim) + ',';
  return key.append(bytes);
}

std::string key_of_inputs(const NodeProto& node) {
  std::string key;
  for (const std::string& name : node.input()) key += std::to_string(name.size()) + ':' + name;
  return key;
}

}  // namespace

Neighbours::Neighbours(const Importing& importing, const Nodes& nodes, const std::vector<int>& live)
    : importing_(importing) {
  for (const int n : live) read(nodes.Get(n));
  // Once, not for every branch and every call of a function.
  if (&nodes == &importing.source().node()) {
    for (const auto& output : importing.source().output()) outputs_.insert(output.name());
    for (const TensorProto& proto : importing.source().initializer()) count(proto, proto.name());
  }
  for (const auto& [name, node] : constants_)
    for (const auto& attribute : node->attribute())
      if (attribute.has_t()) count(attribute.t(), node->output(0));
}

bool Neighbours::is_folded(const NodeProto& quantize) const {
  if (quantize.input_size() == 0) return false;
  const auto place = importing_.operands.find(quantize.input(0));
  return place != importing_.operands.end() && place->second.kind == Operand::Kind::Constant;
}

void Neighbours::read(const NodeProto& node) {
  const std::string& type = node.op_type();
  if (node.input_size() > kMostInputs) return;
  if (type == "Constant" && node.output_size() == 1) {
    constants_.emplace(node.output(0), &node);
  } else if (type == "QuantizeLinear") {
    if (is_folded(node))
      for (const std::string& name : node.input()) ++folded_[name];
    else
      for (const std::string& name : node.input()) quantized_.insert(name);
  } else if (type == "DequantizeLinear") {
    ++dequantizes_[key_of_inputs(node)];
  } else if (type == "Add" || type == "Relu" || type == "Clip") {
    for (const std::string& name : node.input()) readers_.emplace(name, &node);
  }
}

void Neighbours::count(const TensorProto& proto, const std::string& name) {
  int64_t elements = 1;
  for (const int64_t dim : proto.dims())
    elements = dim >= 1 && dim <= kMostShared ? elements * dim : kMostShared + 1;
  if (proto.data_type() != kFloat32 || elements > kMostShared) return;
  const auto bytes = static_cast<size_t>(elements) * sizeof(float);
  const auto& list = proto.float_data();
  if (proto.has_raw_data() && proto.raw_data().size() == bytes)
    small_[key_of(proto.dims(), proto.raw_data())] += uses(name);
  else if (list.size() == elements)
    small_[key_of(proto.dims(), {reinterpret_cast<const char*>(list.data()), bytes})] += uses(name);
}

size_t Neighbours::uses(const std::string& name) const {
  const auto place = importing_.uses.find(name);
  if (place == importing_.uses.end()) return 0;
  const auto folded = folded_.find(name);
  return place->second - (folded == folded_.end() ? 0 : std::min(folded->second, place->second));
}

const NodeProto* Neighbours::only_reader(const std::string& name) const {
  return uses(name) == 1 ? at(readers_, name) : nullptr;
}

const NodeProto* Neighbours::constant(const std::string& name) const {
  return at(constants_, name);
}

bool Neighbours::has_twin(const NodeProto& dequantize) const {
  const auto place = dequantizes_.find(key_of_inputs(dequantize));
  return place != dequantizes_.end() && place->second > 1;
}

bool Neighbours::is_shared(const std::string& name, const Tensor& tensor) const {
  if (uses(name) > 1) return true;
  if (tensor.count() > static_cast<uint64_t>(kMostShared)) return false;
  const std::span<const std::byte> bytes = tensor.data.bytes;
  const auto place =
      small_.find(key_of(tensor.dims, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  return place != small_.end() && place->second > 1;
}

}  // namespace mle::compiler::onnx
