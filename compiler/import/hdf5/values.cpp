// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/hdf5/values.h"

#include <algorithm>
#include <utility>

namespace mle::compiler::hdf5 {
namespace {

constexpr uint64_t kMaxRank = 32;
constexpr uint64_t kMaxTexts = 100'000;
constexpr uint64_t kMaxTextBytes = uint64_t{64} << 20;  // of one attribute

Result<uint64_t> count_of(const std::vector<uint64_t>& shape) {
  uint64_t count = 1;
  for (const uint64_t dim : shape)
    if (__builtin_mul_overflow(count, dim, &count)) return damaged("a shape too large");
  return count;
}

std::string text_of(Bytes bytes) {
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  // Padded with zeros, or ended by one.
  const size_t end = text.find('\0');
  return end == std::string::npos ? text : text.substr(0, end);
}

// An object of a global heap.
Result<std::string> heap_text(Bytes file, uint64_t address, uint64_t index, uint64_t length) {
  constexpr uint64_t kHeapHead = 16, kObjectHead = 16;
  MLE_TRY_ASSIGN(const Bytes head, part(file, address, kHeapHead));
  if (!begins(head, "GCOL")) return damaged("a heap is not where it is said to be");
  const uint64_t size = number(head, 8, 8);
  MLE_TRY_ASSIGN(const Bytes heap, part(file, address, size));
  uint64_t at = kHeapHead;
  while (at + kObjectHead <= heap.size()) {
    const uint64_t own = number(heap, static_cast<size_t>(at), 2);
    const uint64_t bytes = number(heap, static_cast<size_t>(at) + 8, 8);
    if (own == 0) break;
    if (bytes > heap.size() - at - kObjectHead) return damaged("an object of a heap is cut");
    if (own == index) {
      if (length > bytes) return damaged("a text is longer than its place");
      return text_of(
          heap.subspan(static_cast<size_t>(at + kObjectHead), static_cast<size_t>(length)));
    }
    at += kObjectHead + (bytes + 7) / 8 * 8;
  }
  return damaged("a text is not in its heap");
}

}  // namespace

Result<Type> read_type(Bytes message) {
  Reader reader(message);
  const uint64_t head = reader.take(1), bits = reader.take(3);
  Type type;
  type.bytes = reader.take(4);
  if (reader.failed()) return damaged("a type is cut");
  const bool big_endian = (bits & 1) != 0;
  const uint64_t bytes = type.bytes;
  switch (head & 15) {
    case 0: {  // whole numbers
      static constexpr DType kSigned[] = {DType::I8, DType::I16, DType::I32, DType::I64};
      static constexpr DType kUnsigned[] = {DType::U8, DType::U16, DType::U32, DType::U64};
      const size_t log2 = bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : bytes == 8 ? 3 : 4;
      if (log2 == 4 || (big_endian && bytes > 1)) break;
      type.kind = Type::Kind::Number;
      type.dtype = (bits & 8) != 0 ? kSigned[log2] : kUnsigned[log2];
      break;
    }
    case 1: {  // IEEE floats, and bfloat16 where the exponent has 8 bits of 16
      if (big_endian || (bits & 64) != 0) break;
      const Bytes rest = reader.rest();
      const uint64_t exponent = rest.size() >= 6 ? number(rest, 5, 1) : 0;
      if (bytes == 2 && exponent == 8)
        type.dtype = DType::BF16;
      else if (bytes == 2)
        type.dtype = DType::F16;
      else if (bytes == 8)
        type.dtype = DType::F64;
      if (bytes == 2 || bytes == 4 || bytes == 8) type.kind = Type::Kind::Number;
      break;
    }
    case 3: type.kind = Type::Kind::FixedText; break;
    case 8: {  // an enumeration of two is what h5py makes of bool
      type.kind = bytes == 1 ? Type::Kind::Number : Type::Kind::Other;
      type.dtype = DType::Bool;
      break;
    }
    case 9:
      if ((bits & 15) == 1 && bytes == 16) type.kind = Type::Kind::HeapText;
      break;
    default: break;
  }
  return type;
}

Result<std::vector<uint64_t>> read_shape(Bytes message) {
  Reader reader(message);
  const uint64_t version = reader.take(1), rank = reader.take(1);
  reader.skip(1);
  if (version == 1)
    reader.skip(5);
  else if (version != 2)
    return damaged("a shape of another version");
  else if (reader.take(1) == 2)
    return std::vector<uint64_t>{0};
  if (rank > kMaxRank) return damaged("a shape of too many axes");
  std::vector<uint64_t> shape;
  for (uint64_t axis = 0; axis < rank; ++axis) shape.push_back(reader.take(8));
  if (reader.failed()) return damaged("a shape is cut");
  return shape;
}

Result<Attribute> read_attribute(Bytes message) {
  Reader reader(message);
  const uint64_t version = reader.take(1), flags = reader.take(1);
  const uint64_t name_bytes = reader.take(2), type_bytes = reader.take(2),
                 shape_bytes = reader.take(2);
  if (version < 1 || version > 3) return damaged("an attribute of another version");
  if (version > 1 && (flags & 3) != 0) return not_read("an attribute of a type of its own");
  if (version == 3) reader.skip(1);
  const auto take = [&](uint64_t bytes) {
    const Bytes taken = reader.skip(bytes);
    if (version == 1) reader.skip((8 - bytes % 8) % 8);
    return taken;
  };
  Attribute attribute;
  attribute.name = text_of(take(name_bytes));
  const Bytes type = take(type_bytes), shape = take(shape_bytes);
  if (reader.failed()) return damaged("an attribute is cut");
  MLE_TRY_ASSIGN(attribute.type, read_type(type));
  MLE_TRY_ASSIGN(attribute.shape, read_shape(shape));
  attribute.data = reader.rest();
  return attribute;
}

Result<std::vector<std::string>> read_texts(Bytes file, const Attribute& attribute) {
  MLE_TRY_ASSIGN(const uint64_t count, count_of(attribute.shape));
  const uint64_t bytes = attribute.type.bytes;
  if (count > kMaxTexts || bytes == 0 || (count > 0 && bytes > attribute.data.size() / count))
    return damaged("an attribute is cut");
  std::vector<std::string> texts;
  uint64_t total = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const Bytes item =
        attribute.data.subspan(static_cast<size_t>(i * bytes), static_cast<size_t>(bytes));
    if (attribute.type.kind == Type::Kind::FixedText) {
      texts.push_back(text_of(item));
    } else if (number(item, 0, 4) == 0) {
      texts.emplace_back();
    } else {
      MLE_TRY_ASSIGN(std::string text,
                     heap_text(file, number(item, 4, 8), number(item, 12, 4), number(item, 0, 4)));
      texts.push_back(std::move(text));
    }
    total += texts.back().size();
    if (total > kMaxTextBytes) return damaged("an attribute of too much text");
  }
  return texts;
}

}  // namespace mle::compiler::hdf5
