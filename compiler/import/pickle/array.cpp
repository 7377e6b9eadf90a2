// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/pickle/array.h"

#include "compiler/graph/half.h"
#include "compiler/import/pickle/limits.h"
#include "compiler/import/pickle/machine.h"
#include "compiler/import/pickle/text_forms.h"
#include "format/rules.h"

#include <bit>
#include <charconv>
#include <cstring>
#include <utility>

namespace mle::compiler::pickle {
namespace {

using enum format::rule::Rule;

Status damaged(const char* what) {
  return error(Code::Corrupt, C204_Damaged, Status::kNoOffset, "save or copy it again",
               "an array in the pickle is damaged: %s", what);
}

bool in_numpy(const Pickle& pickle, Id callee, std::string_view module, std::string_view name) {
  return pickle.is_global(callee, "numpy.core." + std::string(module), name) ||
         pickle.is_global(callee, "numpy._core." + std::string(module), name);
}

bool calls(const Pickle& pickle, Id id, std::string_view module, std::string_view name) {
  return pickle.at(id).kind == Kind::Call && in_numpy(pickle, pickle.items(id)[0], module, name);
}

// "f8", "<f8", "U12"; the order of `order` where the text has none.
Result<ElementType> parse_type(std::string_view code, char order) {
  ElementType type;
  const std::string shown = printable(code);
  const auto unknown = [&] {
    return error(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                 "save the model with plain numbers or strings", "an array of elements '%s'",
                 shown.c_str());
  };
  if (!code.empty() && std::string_view("<>|=").find(code[0]) != std::string_view::npos) {
    order = code[0];
    code.remove_prefix(1);
  }
  if (const size_t unit = code.find('['); unit != std::string_view::npos && code.ends_with(']'))
    code = code.substr(0, unit);  // "M8[ns]"
  size_t width = 0;
  const auto [end, problem] =
      std::from_chars(code.data() + (code.empty() ? 0 : 1), code.data() + code.size(), width);
  if (code.size() < 2 || problem != std::errc() || end != code.data() + code.size())
    return unknown();
  type.swapped = order == '>';
  type.bytes = width;
  switch (code[0]) {
    case 'f': type.kind = Element::Float; break;
    case 'i': type.kind = Element::Signed; break;
    case 'u': type.kind = Element::Unsigned; break;
    case 'b': type.kind = Element::Bool; break;
    case 'O': type.kind = Element::Object; break;
    case 'S': type.kind = Element::ByteString; break;
    case 'V': type.kind = Element::Record; break;
    case 'c':
    case 'M':
    case 'm': type.kind = Element::Other; break;
    case 'U':
      type.kind = Element::Unicode;
      if (width > SIZE_MAX / 4) return unknown();
      type.bytes = width * 4;
      break;
    default: return unknown();
  }
  if (type.kind == Element::Float && (width == 12 || width == 16)) type.kind = Element::Other;
  const bool integer = type.kind == Element::Signed || type.kind == Element::Unsigned;
  const bool fits = type.kind == Element::Float ? width == 2 || width == 4 || width == 8
                    : integer ? width == 1 || width == 2 || width == 4 || width == 8
                    : type.kind == Element::Bool   ? width == 1
                    : type.kind == Element::Object ? width == 8
                                                   : true;
  return fits ? Result<ElementType>(type) : unknown();
}

// numpy's classes, as they stand for a dtype.
Result<ElementType> type_of_class(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kClasses[] = {
      {"numpy.float64", "f8"}, {"numpy.float32", "f4"}, {"numpy.float16", "f2"},
      {"numpy.int64", "i8"},   {"numpy.int32", "i4"},   {"numpy.int16", "i2"},
      {"numpy.int8", "i1"},    {"numpy.uint64", "u8"},  {"numpy.uint32", "u4"},
      {"numpy.uint16", "u2"},  {"numpy.uint8", "u1"},   {"numpy.bool_", "b1"},
      {"numpy.bool", "b1"},    {"numpy.object_", "O8"}};
  for (const auto& [known, code] : kClasses)
    if (known == name) return parse_type(code, '<');
  return parse_type(name, '<');  // refuses it by name
}

Result<std::vector<uint64_t>> read_shape(const Pickle& pickle, Id id) {
  std::vector<uint64_t> shape;
  std::vector<Id> dims(1, id);
  if (pickle.at(id).kind == Kind::Tuple)
    dims.assign(pickle.items(id).begin(), pickle.items(id).end());
  if (dims.size() > kMaxRank) return damaged("it has too many axes");
  for (const Id dim : dims) {
    const Object& object = pickle.at(dim);
    if (object.kind != Kind::Integer || object.integer < 0) return damaged("its shape is no shape");
    shape.push_back(static_cast<uint64_t>(object.integer));
  }
  return shape;
}

// Bytes as an object: bytes, Python 2's strings, or Latin-1 text that was to be encoded.
Result<std::string> encoded_text(const Pickle& pickle, Id call) {
  const std::span<const Id> arguments = pickle.arguments(call);
  const bool fits =
      arguments.size() == 2 && pickle.at(arguments[0]).kind == Kind::Text &&
      (pickle.text(arguments[1]) == "latin1" || pickle.text(arguments[1]) == "latin-1");
  auto bytes = fits ? latin1_bytes(pickle.text(arguments[0])) : std::nullopt;
  if (!bytes) return damaged("its bytes are not written as Latin-1");
  return *std::move(bytes);
}

bool is_encode(const Pickle& pickle, Id id) {
  return pickle.at(id).kind == Kind::Call &&
         pickle.is_global(pickle.items(id)[0], "_codecs", "encode");
}

// b"" before protocol 3.
bool is_empty_bytes(const Pickle& pickle, Id id) {
  return pickle.name_of(id) == "__builtin__.bytes" && pickle.arguments(id).empty();
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// The bytes of `id`, kept by `owner` where they had to be made.
Result<std::span<const std::byte>> read_bytes(const Pickle& pickle, Id id,
                                              std::shared_ptr<const std::string>& owner) {
  const Object& object = pickle.at(id);
  if (object.kind == Kind::Bytes) return bytes_of(object.text);
  if (is_encode(pickle, id)) {
    MLE_TRY_ASSIGN(std::string made, encoded_text(pickle, id));
    owner = std::make_shared<const std::string>(std::move(made));
    return bytes_of(*owner);
  }
  if (is_empty_bytes(pickle, id)) return std::span<const std::byte>();
  if (object.kind == Kind::Text) {  // protocol 0 of Python 2
    auto made = latin1_bytes(object.text);
    if (!made) return damaged("its bytes are text");
    owner = std::make_shared<const std::string>(*std::move(made));
    return bytes_of(*owner);
  }
  return damaged("it has no bytes");
}

}  // namespace

Result<uint64_t> count_elements(std::span<const uint64_t> shape) {
  uint64_t count = 1;
  for (const uint64_t dim : shape)
    if (__builtin_mul_overflow(count, dim, &count))
      return damaged("its shape is beyond all memory");
  return count;
}

Result<ElementType> read_element_type(const Pickle& pickle, Id dtype) {
  const Object& object = pickle.at(dtype);
  if (object.kind == Kind::Text) return parse_type(object.text, '<');
  if (object.kind == Kind::Global) return type_of_class(pickle.name_of(dtype));
  const std::span<const Id> arguments = pickle.arguments(dtype);
  if (!pickle.is_global(object.kind == Kind::Call ? pickle.items(dtype)[0] : dtype, "numpy",
                        "dtype") ||
      arguments.empty())
    return damaged("its type is no dtype");
  char order = '<';
  if (object.state != kNoObject) {
    const std::span<const Id> state = pickle.items(object.state);
    if (state.size() < 2 || pickle.text(state[1]).size() != 1)
      return damaged("its dtype has no byte order");
    order = pickle.text(state[1])[0];
  }
  if (pickle.at(arguments[0]).kind == Kind::Global)
    return type_of_class(pickle.name_of(arguments[0]));
  return parse_type(pickle.text(arguments[0]), order);
}

Result<Array> make_array(const Pickle& pickle, Id dtype, std::vector<uint64_t> shape, bool fortran,
                         std::span<const std::byte> bytes, std::span<const Id> objects) {
  Array array;
  MLE_TRY_ASSIGN(array.type_, read_element_type(pickle, dtype));
  MLE_TRY_ASSIGN(const uint64_t count, count_elements(shape));
  uint64_t needed = 0;
  if (array.type_.kind == Element::Object) {
    if (objects.size() != count)
      return damaged("it has another number of objects than its shape says");
  } else if (__builtin_mul_overflow(count, array.type_.bytes, &needed) || needed != bytes.size()) {
    return damaged("it has another number of bytes than its shape says");
  }
  array.size_ = count;
  array.shape_ = std::move(shape);
  array.fortran_ = fortran && array.shape_.size() > 1;
  array.bytes_ = bytes;
  array.objects_ = objects;
  return array;
}

bool is_scalar(const Pickle& pickle, Id id) { return calls(pickle, id, "multiarray", "scalar"); }

bool is_array(const Pickle& pickle, Id id) {
  return pickle.at(id).kind == Kind::Array || calls(pickle, id, "multiarray", "_reconstruct") ||
         calls(pickle, id, "numeric", "_frombuffer");
}

Result<Array> read_array(const Pickle& pickle, Id id) {
  const Object& object = pickle.at(id);
  if (object.kind == Kind::Array) {
    const RawArray& raw = pickle.array(id);
    const auto objects =
        raw.objects == kNoObject ? std::span<const Id>() : pickle.items(raw.objects);
    // joblib pickles an array of objects as an array, whose elements then are a list of its own.
    if (raw.objects != kNoObject && is_array(pickle, raw.objects))
      return read_array(pickle, raw.objects);
    return make_array(pickle, raw.dtype, raw.shape, raw.fortran, raw.bytes, objects);
  }
  std::shared_ptr<const std::string> owner;
  const auto owned = [&](Result<Array> array) {
    if (array) array->owner_ = std::move(owner);
    return array;
  };
  const std::span<const Id> arguments = pickle.arguments(id);
  if (is_scalar(pickle, id)) {
    if (arguments.size() != 2) return damaged("a scalar without type and value");
    MLE_TRY_ASSIGN(const auto bytes, read_bytes(pickle, arguments[1], owner));
    return owned(make_array(pickle, arguments[0], {}, false, bytes, {}));
  }
  if (calls(pickle, id, "numeric", "_frombuffer")) {
    if (arguments.size() != 4) return damaged("_frombuffer without its four arguments");
    MLE_TRY_ASSIGN(const auto bytes, read_bytes(pickle, arguments[0], owner));
    MLE_TRY_ASSIGN(std::vector<uint64_t> shape, read_shape(pickle, arguments[2]));
    const bool fortran = pickle.text(arguments[3]) == "F";
    return owned(make_array(pickle, arguments[1], std::move(shape), fortran, bytes, {}));
  }
  if (!calls(pickle, id, "multiarray", "_reconstruct") || object.state == kNoObject)
    return damaged("it is no array");
  const std::span<const Id> state = pickle.items(object.state);
  if (pickle.at(object.state).kind != Kind::Tuple || state.size() != 5)
    return damaged("_reconstruct without its state of five");
  MLE_TRY_ASSIGN(std::vector<uint64_t> shape, read_shape(pickle, state[1]));
  const bool fortran = pickle.at(state[3]).integer != 0;
  if (pickle.at(state[4]).kind == Kind::List)
    return make_array(pickle, state[2], std::move(shape), fortran, {}, pickle.items(state[4]));
  MLE_TRY_ASSIGN(const auto bytes, read_bytes(pickle, state[4], owner));
  return owned(make_array(pickle, state[2], std::move(shape), fortran, bytes, {}));
}

bool Array::is_text() const {
  return type_.kind == Element::Unicode || type_.kind == Element::ByteString;
}

size_t Array::place(size_t i) const {
  if (!fortran_) return i;
  size_t at = 0, step = size_;
  for (size_t axis = shape_.size(); axis-- > 0;) {
    step /= shape_[axis];
    at += i % shape_[axis] * step;
    i /= shape_[axis];
  }
  return at;
}

uint64_t Array::raw(size_t i, size_t bytes) const {
  unsigned char copy[8] = {};
  std::memcpy(copy, bytes_.data() + place(i) * type_.bytes, bytes);
  uint64_t value = 0;
  for (size_t b = 0; b < bytes; ++b)
    value |= uint64_t{copy[type_.swapped ? bytes - 1 - b : b]} << (8 * b);
  return value;
}

int64_t Array::integer(size_t i) const {
  const uint64_t value = raw(i, type_.bytes);
  if (type_.kind == Element::Bool) return value != 0;
  if (type_.kind != Element::Signed || type_.bytes == 8) return static_cast<int64_t>(value);
  const size_t unused = 64 - 8 * type_.bytes;
  return static_cast<int64_t>(value << unused) >> unused;
}

double Array::real(size_t i) const {
  if (type_.kind == Element::Unsigned) return static_cast<double>(raw(i, type_.bytes));
  if (type_.kind != Element::Float) return static_cast<double>(integer(i));
  const uint64_t bits = raw(i, type_.bytes);
  if (type_.bytes == 8) return std::bit_cast<double>(bits);
  if (type_.bytes == 4) return double{std::bit_cast<float>(static_cast<uint32_t>(bits))};
  return double{from_f16(static_cast<uint16_t>(bits))};
}

std::string Array::text(size_t i) const {
  const std::byte* at = bytes_.data() + place(i) * type_.bytes;
  std::string text;
  if (type_.kind == Element::ByteString) {
    text.assign(reinterpret_cast<const char*>(at), type_.bytes);
    return text.substr(0, text.find_last_not_of('\0') + 1);
  }
  size_t length = type_.bytes / 4;
  const auto code = [&](size_t c) {
    uint32_t value = 0;
    std::memcpy(&value, at + 4 * c, 4);
    return type_.swapped ? __builtin_bswap32(value) : value;
  };
  while (length > 0 && code(length - 1) == 0) --length;
  for (size_t c = 0; c < length; ++c) append_utf8(text, code(c) > 0x10FFFF ? 0xFFFD : code(c));
  return text;
}

int64_t Array::field_integer(size_t i, size_t offset) const {
  int64_t value = 0;
  std::memcpy(&value, bytes_.data() + place(i) * type_.bytes + offset, sizeof value);
  return value;
}

double Array::field_real(size_t i, size_t offset) const {
  return std::bit_cast<double>(field_integer(i, offset));
}

std::vector<std::string_view> field_names(const Pickle& pickle, Id array) {
  const Object& object = pickle.at(array);
  Id dtype = kNoObject;
  if (object.kind == Kind::Array) {
    dtype = pickle.array(array).dtype;
  } else if (calls(pickle, array, "numeric", "_frombuffer")) {
    if (pickle.arguments(array).size() > 1) dtype = pickle.arguments(array)[1];
  } else if (object.state != kNoObject && pickle.items(object.state).size() > 2) {
    dtype = pickle.items(object.state)[2];
  }
  if (dtype == kNoObject || pickle.at(dtype).state == kNoObject) return {};
  // (version, byte order, what it is part of, names, fields, …)
  const std::span<const Id> state = pickle.items(pickle.at(dtype).state);
  std::vector<std::string_view> names;
  if (state.size() > 3)
    for (const Id name : pickle.items(state[3])) names.push_back(pickle.text(name));
  return names;
}

std::vector<double> Array::reals() const {
  std::vector<double> all(size_);
  for (size_t i = 0; i < size_; ++i) all[i] = real(i);
  return all;
}

}  // namespace mle::compiler::pickle
