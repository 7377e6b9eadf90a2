// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/archive/npy.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace mle::archive {
namespace {

constexpr char kMagic[] = "\x93NUMPY";
constexpr size_t kMagicBytes = 6;

Status damaged(const Voice& voice, const std::string& what) {
  return Status::make(Code::Corrupt, voice.rule, Status::kNoOffset,
                      "not a readable .npy array: " + what, voice.npy_hint);
}

// Decimal digits alone.
std::optional<uint64_t> to_u64(std::string_view text) {
  uint64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

// The header is a Python dictionary of three keys. Only that is understood, nothing is evaluated.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  bool parse(std::string& descr, bool& fortran, std::vector<uint64_t>& shape) {
    bool seen[3] = {};
    if (!eat('{')) return false;
    while (!eat('}')) {
      const auto key = string();
      if (!key || !eat(':')) return false;
      const int which = *key == "descr" ? 0 : *key == "fortran_order" ? 1 : *key == "shape" ? 2 : 3;
      if (which == 3 || seen[which]) return false;
      seen[which] = true;
      const bool good = which == 0   ? take(string(), descr)
                        : which == 1 ? take(boolean(), fortran)
                                     : tuple(shape);
      if (!good) return false;
      if (!eat(',') && !peek('}')) return false;
    }
    skip();
    return rest_.empty() && seen[0] && seen[1] && seen[2];
  }

 private:
  template <class T>
  static bool take(const std::optional<T>& from, T& to) {
    if (from) to = *from;
    return from.has_value();
  }
  void skip() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t'))
      rest_.remove_prefix(1);
  }
  bool peek(char c) {
    skip();
    return !rest_.empty() && rest_[0] == c;
  }
  bool eat(char c) {
    if (!peek(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<std::string> string() {
    const char quote = peek('\'') ? '\'' : '"';
    if (!eat(quote)) return {};
    const size_t end = rest_.find(quote);
    if (end == std::string_view::npos) return {};
    const std::string_view text = rest_.substr(0, end);
    if (text.find('\\') != std::string_view::npos) return {};
    rest_.remove_prefix(end + 1);
    return std::string(text);
  }
  std::optional<bool> boolean() {
    skip();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (rest_.substr(0, word.size()) != word) continue;
      rest_.remove_prefix(word.size());
      return value;
    }
    return {};
  }
  bool tuple(std::vector<uint64_t>& shape) {
    if (!eat('(')) return false;
    while (!eat(')')) {
      skip();
      const size_t end = rest_.find_first_not_of("0123456789");
      const auto dim = to_u64(rest_.substr(0, end));
      if (!dim || shape.size() == kMaxNpyRank) return false;
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
      shape.push_back(*dim);
      if (!eat(',') && (!peek(')') || shape.size() == 1)) return false;  // (3) is no tuple
    }
    return true;
  }

  std::string_view rest_;
};

// "<f4" and the like.
Status parse_descr(const std::string& descr, NpyArray& array, const Voice& voice) {
  const auto unknown = [&] {
    return Status::make(Code::Unsupported, voice.rule, Status::kNoOffset,
                        "arrays of type '" + shown(descr) + "' are not read",
                        "save numbers (f2, f4, f8, i1…i8, u1…u8, b1) or strings (U)");
  };
  if (descr.size() >= 2 && descr[1] == 'O')
    return Status::make(Code::Unsupported, voice.rule, Status::kNoOffset,
                        "holds Python objects, which are never read",
                        "save it with a numeric or string dtype, such as x.astype('float32')");
  if (descr.size() < 3) return unknown();
  const char order = descr[0], letter = descr[1];
  const auto size = to_u64(std::string_view(descr).substr(2));
  if ((order != '<' && order != '>' && order != '|' && order != '=') || !size || *size > 1 << 20)
    return unknown();
  array.big_endian = order == '>';
  array.item_bytes = static_cast<uint32_t>(*size);
  const bool whole = *size == 1 || *size == 2 || *size == 4 || *size == 8;
  switch (letter) {
    case 'f': array.kind = NpyKind::Float; return whole && *size > 1 ? Status() : unknown();
    case 'i': array.kind = NpyKind::Int; return whole ? Status() : unknown();
    case 'u': array.kind = NpyKind::UInt; return whole ? Status() : unknown();
    case 'b': array.kind = NpyKind::Bool; return *size == 1 ? Status() : unknown();
    case 'U':
      array.kind = NpyKind::Unicode;
      array.item_bytes *= 4;
      return Status();
    default: return unknown();
  }
}

}  // namespace

bool is_npy(std::span<const std::byte> bytes) {
  return bytes.size() >= kMagicBytes && std::memcmp(bytes.data(), kMagic, kMagicBytes) == 0;
}

Result<size_t> npy_header_bytes(std::span<const std::byte> head, const Voice& voice) {
  if (!is_npy(head) || head.size() < kNpyHeadBytes)
    return damaged(voice, "it does not begin as one");
  const auto byte_at = [&head](size_t i) { return static_cast<uint32_t>(head[i]); };
  const uint32_t major = byte_at(6);
  if (major < 1 || major > 3 || byte_at(7) != 0)
    return damaged(voice, "version " + std::to_string(major) + "." + std::to_string(byte_at(7)) +
                              " is not known");
  uint64_t length = byte_at(8) | byte_at(9) << 8;
  if (major > 1) length |= uint64_t{byte_at(10)} << 16 | uint64_t{byte_at(11)} << 24;
  if (length > kMaxNpyHeader || length < 2) return damaged(voice, "its header is cut");
  return length + (major == 1 ? 10 : 12);
}

Result<NpyArray> parse_npy_header(std::span<const std::byte> header, uint64_t element_bytes,
                                  const Voice& voice) {
  MLE_TRY_ASSIGN(const size_t length, npy_header_bytes(header, voice));
  if (header.size() != length) return damaged(voice, "its header is cut");
  const size_t start = header[6] == std::byte{1} ? 10 : 12;
  NpyArray array;
  std::string descr;
  HeaderParser parser({reinterpret_cast<const char*>(header.data()) + start, length - start});
  if (!parser.parse(descr, array.fortran_order, array.shape))
    return damaged(voice, "its header is not a plain description of one array");
  MLE_TRY(parse_descr(descr, array, voice));

  bool empty = false;
  uint64_t count = 1, total = 0;
  for (uint64_t dim : array.shape) empty = empty || dim == 0;
  for (uint64_t dim : array.shape) {
    // Zero hides overflow in the dims beside it, so these count as they stand.
    if (__builtin_mul_overflow(count, empty && dim == 0 ? 1 : dim, &count))
      return damaged(voice, "its shape " + shape_text(array.shape) + " is too large");
  }
  array.count = empty ? 0 : count;
  if (__builtin_mul_overflow(array.count, array.item_bytes, &total))
    return damaged(voice, "its shape " + shape_text(array.shape) + " is too large");
  if (element_bytes != total)
    return damaged(voice, "shape " + shape_text(array.shape) + " of '" + descr + "' needs " +
                              std::to_string(total) + " bytes, there are " +
                              std::to_string(element_bytes));
  return array;
}

Result<NpyArray> parse_npy(std::span<const std::byte> bytes, const Voice& voice) {
  MLE_TRY_ASSIGN(const size_t length, npy_header_bytes(bytes, voice));
  if (length > bytes.size()) return damaged(voice, "its header is cut");
  MLE_TRY_ASSIGN(NpyArray array,
                 parse_npy_header(bytes.first(length), bytes.size() - length, voice));
  array.bytes = bytes.subspan(length);
  return array;
}

std::string type_text(const NpyArray& array) {
  static constexpr char kLetters[] = {'f', 'i', 'u', 'b', 'U'};
  const bool text = array.kind == NpyKind::Unicode;
  std::string out(1, array.item_bytes == 1 ? '|' : array.big_endian ? '>' : '<');
  out += kLetters[static_cast<int>(array.kind)];
  return out + std::to_string(text ? array.item_bytes / 4 : array.item_bytes);
}

std::string shape_text(std::span<const uint64_t> shape) {
  std::string out = "(";
  for (size_t i = 0; i < shape.size(); ++i) out += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return out + (shape.size() == 1 ? ",)" : ")");
}

std::string npy_header(const std::string& descr, std::span<const uint64_t> shape) {
  const std::string text =
      "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape_text(shape) + ", }";
  const size_t total = (10 + text.size() + 1 + 63) / 64 * 64;
  const size_t length = total - 10;
  std::string out(kMagic, kMagicBytes);
  out += '\x01';
  out += '\x00';
  out += static_cast<char>(length & 0xFF);
  out += static_cast<char>(length >> 8);
  out += text;
  out.append(total - 1 - out.size(), ' ');
  return out + '\n';
}

const char* npy_descr(DType dtype) {
  switch (dtype) {
    case DType::F32: return "<f4";
    case DType::F64: return "<f8";
    case DType::F16: return "<f2";
    case DType::BF16: return "<u2";
    case DType::I8: return "|i1";
    case DType::U8: return "|u1";
    case DType::I16: return "<i2";
    case DType::U16: return "<u2";
    case DType::I32: return "<i4";
    case DType::U32: return "<u4";
    case DType::I64: return "<i8";
    case DType::U64: return "<u8";
    case DType::Bool: return "|b1";
    case DType::Str: break;
  }
  return "";
}

}  // namespace mle::archive
