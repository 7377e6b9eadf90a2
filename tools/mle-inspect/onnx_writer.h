// OnnxWriter: the few messages of ONNX that an exported model needs, written field by field. The
// numbers are those of the published onnx.proto (Apache-2.0).
// Promise: a graph of bounded size in, bytes that every protobuf reader takes out.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::tools {

// One protobuf message.
class ProtoMessage {
 public:
  ProtoMessage& number(uint32_t field, uint64_t value);
  ProtoMessage& real(uint32_t field, float value);
  ProtoMessage& text(uint32_t field, std::string_view value);
  ProtoMessage& message(uint32_t field, const ProtoMessage& value) {
    return text(field, value.bytes_);
  }
  const std::string& bytes() const { return bytes_; }
  void clear() { bytes_.clear(); }

 private:
  void varint(uint64_t value);
  std::string bytes_;
};

struct OnnxAttribute {
  enum class Kind : uint8_t { Whole, Real, Text, Wholes };
  std::string name;
  Kind kind = Kind::Whole;
  int64_t whole = 0;
  float real = 0;
  std::string text;
  std::vector<int64_t> wholes;

  static OnnxAttribute of(const char* name, int64_t value) {
    return {name, Kind::Whole, value, 0, {}, {}};
  }
  static OnnxAttribute of(const char* name, float value) {
    return {name, Kind::Real, 0, value, {}, {}};
  }
  static OnnxAttribute of(const char* name, const char* value) {
    return {name, Kind::Text, 0, 0, value, {}};
  }
  static OnnxAttribute of(const char* name, std::vector<int64_t> values) {
    return {name, Kind::Wholes, 0, 0, {}, std::move(values)};
  }
};

inline constexpr int64_t kOnnxIr = 9, kOnnxOpset = 20;

class OnnxWriter {
 public:
  void node(const std::string& op, const std::string& name, const std::vector<std::string>& inputs,
            const std::vector<std::string>& outputs,
            const std::vector<OnnxAttribute>& attributes = {});
  void initializer(const std::string& name, DType dtype, std::span<const uint64_t> dims,
                   std::span<const std::byte> elements);
  // `rows`: a first axis of any length, before `dims`.
  void input(const std::string& name, DType dtype, bool rows, std::span<const uint64_t> dims);
  void output(const std::string& name, DType dtype, bool rows, std::span<const uint64_t> dims);
  void meta(const std::string& key, const std::string& value);

  uint64_t bytes() const { return graph_.bytes().size(); }
  std::string finish(const std::string& name, const std::string& doc, const std::string& version);

 private:
  ProtoMessage value_info(const std::string& name, DType dtype, bool rows,
                          std::span<const uint64_t> dims);
  ProtoMessage graph_, meta_;
};

// ONNX's number for a dtype.
int64_t onnx_dtype(DType dtype);

}  // namespace mle::tools
