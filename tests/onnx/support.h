// Builds ONNX models through the generated classes, imports them and lets the judge answer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/evaluate/evaluate.h"
#include "compiler/import/importer.h"
#include "compiler/import/onnx/onnx.pb.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mle::onnx_test {

using compiler::Elements;
using compiler::Graph;
using compiler::Problems;
using Shapes = std::map<std::string, uint32_t>;

// TensorProto.DataType.
enum Type : int32_t {
  kF32 = 1,
  kU8 = 2,
  kI8 = 3,
  kU16 = 4,
  kI16 = 5,
  kI32 = 6,
  kI64 = 7,
  kString = 8,
  kBool = 9,
  kF16 = 10,
  kF64 = 11,
  kU32 = 12,
  kU64 = 13,
  kBF16 = 16,
};

// One node, to hang attributes on.
struct NodeRef {
  onnx_pb::NodeProto& proto;
  NodeRef& real(const std::string& name, float value);
  NodeRef& integer(const std::string& name, int64_t value);
  NodeRef& integers(const std::string& name, const std::vector<int64_t>& values);
  NodeRef& text(const std::string& name, const std::string& value);
  NodeRef& reals(const std::string& name, const std::vector<float>& values);
  NodeRef& texts(const std::string& name, const std::vector<std::string>& values);
  onnx_pb::TensorProto& tensor(const std::string& name);
};

class Model {
 public:
  explicit Model(int opset = 17);

  // Shape "N,9": numbers are fixed axes, "?" is a free axis without a name, words are free axes.
  Model& input(const std::string& name, const std::string& shape, Type type = kF32);
  Model& output(const std::string& name);
  onnx_pb::TensorProto& initializer(const std::string& name, const std::vector<int64_t>& dims,
                                    int32_t type);
  Model& weights(const std::string& name, const std::vector<int64_t>& dims,
                 const std::vector<float>& values);
  Model& integers(const std::string& name, const std::vector<int64_t>& values);  // a vector
  Model& number(const std::string& name, float value);                           // a scalar
  NodeRef node(const std::string& type, const std::vector<std::string>& inputs,
               const std::vector<std::string>& outputs = {"y"});

  std::string bytes() const { return proto.SerializeAsString(); }
  onnx_pb::ModelProto proto;
  // How it is imported.
  bool quantize_by_row = false, dequantized_exactly = false;
};

// The graph, proved by check(), or nothing and the problems.
std::optional<Graph> import(const Model& model, Problems& problems, const Shapes& shapes = {});
std::optional<Graph> import_bytes(const std::string& bytes, Problems& problems,
                                  const std::string& folder = {});

// The judge's answers: all outputs. The model must be importable.
std::vector<Elements> answers(const Model& model, const std::vector<Elements>& inputs, size_t rows);
// The only output of a model with one input.
Elements answer(const Model& model, const Elements& input, size_t rows);

// The problems of a model that must not be importable, one per line: "C205 node 'n': what [hint]".
std::string refusal(const Model& model, const Shapes& shapes = {});
std::string refusal_of_bytes(const std::string& bytes, const std::string& folder = {});

// True if all elements agree to within 1e-6 of the larger, NaN with NaN.
bool near(const Elements& got, const Elements& wanted);
bool contains(const std::string& text, const std::string& part);

}  // namespace mle::onnx_test
