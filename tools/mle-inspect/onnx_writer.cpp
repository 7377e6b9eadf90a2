// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-inspect/onnx_writer.h"

#include <bit>

namespace mle::tools {
namespace {

// Field numbers.
namespace model {
constexpr uint32_t kIr = 1, kProducer = 2, kProducerVersion = 3, kDoc = 6, kGraph = 7, kOpset = 8,
                   kMeta = 14;
}
namespace graph {
constexpr uint32_t kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12;
}
namespace node {
constexpr uint32_t kInput = 1, kOutput = 2, kName = 3, kOp = 4, kAttribute = 5;
}
namespace attribute {
constexpr uint32_t kName = 1, kReal = 2, kWhole = 3, kText = 4, kWholes = 8, kType = 20;
constexpr uint64_t kIsReal = 1, kIsWhole = 2, kIsText = 3, kIsWholes = 7;
}  // namespace attribute
namespace tensor {
constexpr uint32_t kDims = 1, kType = 2, kName = 8, kRaw = 9;
}

}  // namespace

void ProtoMessage::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
  bytes_ += static_cast<char>(value);
}

ProtoMessage& ProtoMessage::number(uint32_t field, uint64_t value) {
  varint(field << 3);
  varint(value);
  return *this;
}

ProtoMessage& ProtoMessage::real(uint32_t field, float value) {
  varint(field << 3 | 5);
  const auto bits = std::bit_cast<uint32_t>(value);
  for (int i = 0; i < 4; ++i) bytes_ += static_cast<char>(bits >> (8 * i) & 0xFF);
  return *this;
}

ProtoMessage& ProtoMessage::text(uint32_t field, std::string_view value) {
  varint(field << 3 | 2);
  varint(value.size());
  bytes_ += value;
  return *this;
}

int64_t onnx_dtype(DType dtype) {
  switch (dtype) {
    case DType::F32: return 1;
    case DType::U8: return 2;
    case DType::I8: return 3;
    case DType::U16: return 4;
    case DType::I16: return 5;
    case DType::I32: return 6;
    case DType::I64: return 7;
    case DType::Str: return 8;
    case DType::Bool: return 9;
    case DType::F16: return 10;
    case DType::F64: return 11;
    case DType::U32: return 12;
    case DType::U64: return 13;
    case DType::BF16: return 16;
  }
  return 0;
}

void OnnxWriter::node(const std::string& op, const std::string& name,
                      const std::vector<std::string>& inputs,
                      const std::vector<std::string>& outputs,
                      const std::vector<OnnxAttribute>& attributes) {
  ProtoMessage message;
  for (const std::string& input : inputs) message.text(node::kInput, input);
  for (const std::string& output : outputs) message.text(node::kOutput, output);
  message.text(node::kName, name).text(node::kOp, op);
  for (const OnnxAttribute& given : attributes) {
    ProtoMessage one;
    one.text(attribute::kName, given.name);
    switch (given.kind) {
      case OnnxAttribute::Kind::Whole:
        one.number(attribute::kWhole, static_cast<uint64_t>(given.whole));
        one.number(attribute::kType, attribute::kIsWhole);
        break;
      case OnnxAttribute::Kind::Real:
        one.real(attribute::kReal, given.real).number(attribute::kType, attribute::kIsReal);
        break;
      case OnnxAttribute::Kind::Wholes:
        for (const int64_t value : given.wholes)
          one.number(attribute::kWholes, static_cast<uint64_t>(value));
        one.number(attribute::kType, attribute::kIsWholes);
        break;
      case OnnxAttribute::Kind::Text:
        one.text(attribute::kText, given.text).number(attribute::kType, attribute::kIsText);
        break;
    }
    message.message(node::kAttribute, one);
  }
  graph_.message(graph::kNode, message);
}

void OnnxWriter::initializer(const std::string& name, DType dtype, std::span<const uint64_t> dims,
                             std::span<const std::byte> elements) {
  ProtoMessage message;
  for (const uint64_t dim : dims) message.number(tensor::kDims, dim);
  message.number(tensor::kType, static_cast<uint64_t>(onnx_dtype(dtype))).text(tensor::kName, name);
  message.text(tensor::kRaw, {reinterpret_cast<const char*>(elements.data()), elements.size()});
  graph_.message(graph::kInitializer, message);
}

ProtoMessage OnnxWriter::value_info(const std::string& name, DType dtype, bool rows,
                                    std::span<const uint64_t> dims) {
  ProtoMessage shape;
  if (rows) shape.message(1, ProtoMessage().text(2, "N"));
  for (const uint64_t dim : dims) shape.message(1, ProtoMessage().number(1, dim));
  ProtoMessage type;
  type.number(1, static_cast<uint64_t>(onnx_dtype(dtype))).message(2, shape);
  ProtoMessage info;
  info.text(1, name).message(2, ProtoMessage().message(1, type));
  return info;
}

void OnnxWriter::input(const std::string& name, DType dtype, bool rows,
                       std::span<const uint64_t> dims) {
  graph_.message(graph::kInput, value_info(name, dtype, rows, dims));
}

void OnnxWriter::output(const std::string& name, DType dtype, bool rows,
                        std::span<const uint64_t> dims) {
  graph_.message(graph::kOutput, value_info(name, dtype, rows, dims));
}

void OnnxWriter::meta(const std::string& key, const std::string& value) {
  meta_.message(model::kMeta, ProtoMessage().text(1, key).text(2, value));
}

std::string OnnxWriter::finish(const std::string& name, const std::string& doc,
                               const std::string& version) {
  graph_.text(graph::kName, name.empty() ? "model" : name);
  ProtoMessage opset;
  opset.text(1, "").number(2, static_cast<uint64_t>(kOnnxOpset));
  ProtoMessage out;
  out.number(model::kIr, static_cast<uint64_t>(kOnnxIr)).text(model::kProducer, "mle-inspect");
  out.text(model::kProducerVersion, version).text(model::kDoc, doc);
  out.message(model::kGraph, graph_).message(model::kOpset, opset);
  return out.bytes() + meta_.bytes();
}

}  // namespace mle::tools
