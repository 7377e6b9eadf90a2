// Walks the wire format with an explicit stack, guided by a table of the messages that matter.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/wire_scan.h"

#include "compiler/import/onnx/limits.h"
#include "format/rules.h"
#include "format/utf8.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

// What a length-delimited field holds. Fields of no known message are opaque: bounded, not looked
// at.
enum Kind : uint8_t {
  kOpaque,
  kName,  // an identifier: UTF-8 of limited length
  kText,  // UTF-8
  // Messages
  kModel,
  kOpset,
  kFunction,
  kGraph,
  kNode,
  kAttribute,
  kTensor,
  kSparse,
  kEntry,
  kValueInfo,
  kType,
  kTensorType,
  kElementType,
  kShape,
  kDimension,
};
constexpr bool is_message(Kind kind) { return kind >= kModel; }

struct Field {
  Kind parent;
  uint32_t number;
  Kind kind;
};

constexpr Field kFields[] = {
    {kModel, 2, kName},          {kModel, 3, kName},        {kModel, 4, kName},
    {kModel, 6, kText},          {kModel, 7, kGraph},       {kModel, 8, kOpset},
    {kModel, 14, kEntry},        {kModel, 25, kFunction},   {kOpset, 1, kName},
    {kFunction, 1, kName},       {kFunction, 4, kName},     {kFunction, 5, kName},
    {kFunction, 6, kName},       {kFunction, 7, kNode},     {kFunction, 8, kText},
    {kFunction, 9, kOpset},      {kFunction, 10, kName},    {kFunction, 11, kAttribute},
    {kFunction, 12, kValueInfo}, {kFunction, 13, kName},    {kFunction, 14, kEntry},
    {kGraph, 1, kNode},          {kGraph, 2, kName},        {kGraph, 5, kTensor},
    {kGraph, 10, kText},         {kGraph, 11, kValueInfo},  {kGraph, 12, kValueInfo},
    {kGraph, 13, kValueInfo},    {kGraph, 15, kSparse},     {kGraph, 16, kEntry},
    {kNode, 1, kName},           {kNode, 2, kName},         {kNode, 3, kName},
    {kNode, 4, kName},           {kNode, 5, kAttribute},    {kNode, 6, kText},
    {kNode, 7, kName},           {kNode, 8, kName},         {kNode, 9, kEntry},
    {kAttribute, 1, kName},      {kAttribute, 5, kTensor},  {kAttribute, 6, kGraph},
    {kAttribute, 10, kTensor},   {kAttribute, 11, kGraph},  {kAttribute, 13, kText},
    {kAttribute, 14, kType},     {kAttribute, 15, kType},   {kAttribute, 21, kName},
    {kAttribute, 22, kSparse},   {kAttribute, 23, kSparse}, {kTensor, 8, kName},
    {kTensor, 12, kText},        {kTensor, 13, kEntry},     {kTensor, 16, kEntry},
    {kSparse, 1, kTensor},       {kSparse, 2, kTensor},     {kEntry, 1, kText},
    {kEntry, 2, kText},          {kValueInfo, 1, kName},    {kValueInfo, 2, kType},
    {kValueInfo, 3, kText},      {kValueInfo, 4, kEntry},   {kType, 1, kTensorType},
    {kType, 4, kElementType},    {kType, 5, kElementType},  {kType, 6, kText},
    {kType, 8, kTensorType},     {kType, 9, kElementType},  {kElementType, 1, kType},
    {kElementType, 2, kType},    {kTensorType, 2, kShape},  {kShape, 1, kDimension},
    {kDimension, 2, kName},      {kDimension, 3, kText},
};
constexpr uint32_t kLastModelField = 26;

constexpr Kind kind_of(Kind parent, uint32_t number) {
  for (const Field& field : kFields)
    if (field.parent == parent && field.number == number) return field.kind;
  return kOpaque;
}

class Scanner {
 public:
  explicit Scanner(std::span<const std::byte> bytes) : bytes_(bytes) {}

  Status run() {
    stack_[0] = {bytes_.size(), kModel};
    while (true) {
      if (at_ == stack_[depth_].end) {
        if (depth_ == 0) return {};
        --depth_;
        continue;
      }
      MLE_TRY(field());
    }
  }

 private:
  struct Frame {
    size_t end;
    Kind kind;
  };

  Status damaged(const char* what) const {
    return Status::make(Code::Corrupt, C204_Damaged, at_, std::string_view(what),
                        "the file is damaged or incomplete: export or copy it again");
  }
  Status too_many(const char* what) const {
    return Status::make(Code::Unsupported, C216_LimitReached, at_, what,
                        "this is far beyond any multi-layer perceptron");
  }

  Status varint(uint64_t* value) {
    const size_t end = stack_[depth_].end;
    *value = 0;
    for (int i = 0; i < 10; ++i) {
      if (at_ == end) return damaged("a number is cut off");
      const auto byte = static_cast<uint64_t>(bytes_[at_++]);
      *value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80)
        return i == 9 && byte > 1 ? damaged("a number has more than 64 bits") : Status();
    }
    return damaged("a number is longer than ten bytes");
  }

  Status field() {
    const Frame frame = stack_[depth_];
    uint64_t tag = 0;
    MLE_TRY(varint(&tag));
    const uint64_t number = tag >> 3;
    if (number == 0 || number > 536870911) return damaged("a field has an impossible number");
    if (frame.kind == kModel && number > kLastModelField && depth_ == 0)
      return damaged("a field that no ONNX model has");
    uint64_t value = 0;
    switch (tag & 7) {
      case kVarint: return varint(&value);
      case kFixed64: return skip(8, frame.end);
      case kFixed32: return skip(4, frame.end);
      case kLength: break;
      default: return damaged("a field of a kind ONNX does not use");
    }
    MLE_TRY(varint(&value));
    if (value > frame.end - at_) return damaged("a field is longer than what contains it");
    return content(kind_of(frame.kind, static_cast<uint32_t>(number)), static_cast<size_t>(value));
  }

  Status skip(size_t length, size_t end) {
    if (length > end - at_) return damaged("a number is cut off");
    at_ += length;
    return {};
  }

  Status content(Kind kind, size_t length) {
    if (is_message(kind)) {
      if (++messages_ > kMaxMessages) return too_many("more than 500,000 nested parts");
      if (kind == kNode && ++nodes_ > kMaxNodes) return too_many("more than 100,000 nodes");
      if (depth_ + 1 == kMaxDepth) return too_many("parts nested more than 100 deep");
      stack_[++depth_] = {at_ + length, kind};
      return {};
    }
    if (++strings_ > kMaxStrings) return too_many("more than 2,000,000 texts");
    if (kind == kName && length > kMaxIdentifierBytes)
      return too_many("a name longer than 4,096 bytes");
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + at_, length);
    if (kind != kOpaque && !format::is_utf8(text)) return damaged("a text is not valid UTF-8");
    at_ += length;
    return {};
  }

  std::span<const std::byte> bytes_;
  size_t at_ = 0;
  std::array<Frame, kMaxDepth> stack_{};
  size_t depth_ = 0;
  size_t messages_ = 0, nodes_ = 0, strings_ = 0;
};

}  // namespace

Status scan_wire_format(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxModelBytes)
    return Status::make(Code::Unsupported, C203_SourceTooLarge, Status::kNoOffset,
                        "an ONNX file of more than 2 GiB",
                        "store the weights as external data beside the model");
  return Scanner(bytes).run();
}

bool looks_like_model(std::span<const std::byte> bytes) {
  // Every writer puts scalar fields in ascending order: the first is ir_version, a small number,
  // and another known field follows.
  if (bytes.size() < 3 || bytes[0] != std::byte{0x08}) return false;
  if (bytes[1] == std::byte{0} || bytes[1] > std::byte{0x7f}) return false;
  const auto tag = static_cast<uint32_t>(bytes[2]);
  const uint32_t number = tag >> 3;
  if ((tag & 7) == kVarint) return number == 5;
  return (tag & 7) == kLength && kind_of(kModel, number) != kOpaque;
}

}  // namespace mle::compiler::onnx
