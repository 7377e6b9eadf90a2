// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/json/ubjson.h"

#include "compiler/import/json/document.h"
#include "format/rules.h"

#include <bit>
#include <optional>
#include <string>
#include <utility>

namespace mle::compiler {
namespace {

using enum format::rule::Rule;
using nlohmann::json;

constexpr size_t kMaxValues = 2'000'000;  // 16 bytes each, and what they hold

// Recursive, to a depth that is bounded. An empty optional is damage.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::optional<json> document() {
    auto value = read_value(0);
    return at_ == bytes_.size() ? std::move(value) : std::nullopt;
  }
  size_t at() const { return at_; }

 private:
  std::optional<char> marker() {
    while (at_ < bytes_.size() && peek() == 'N') ++at_;  // no-ops
    if (at_ >= bytes_.size()) return std::nullopt;
    return std::to_integer<char>(bytes_[at_++]);
  }
  char peek() const { return at_ < bytes_.size() ? std::to_integer<char>(bytes_[at_]) : '\0'; }

  std::optional<uint64_t> big_endian(size_t width) {
    if (bytes_.size() - at_ < width) return std::nullopt;
    uint64_t value = 0;
    for (size_t i = 0; i < width; ++i)
      value = value << 8 | std::to_integer<uint64_t>(bytes_[at_ + i]);
    at_ += width;
    return value;
  }

  std::optional<json> number(char type) {
    const size_t width = type == 'i' || type == 'U'   ? 1
                         : type == 'I'                ? 2
                         : type == 'l' || type == 'd' ? 4
                         : type == 'L' || type == 'D' ? 8
                                                      : 0;
    const auto bits = width == 0 ? std::nullopt : big_endian(width);
    if (!bits) return std::nullopt;
    switch (type) {
      case 'i': return json(int64_t{static_cast<int8_t>(*bits)});
      case 'U': return json(*bits);
      case 'I': return json(int64_t{static_cast<int16_t>(*bits)});
      case 'l': return json(int64_t{static_cast<int32_t>(*bits)});
      case 'L': return json(static_cast<int64_t>(*bits));
      case 'd': return json(double{std::bit_cast<float>(static_cast<uint32_t>(*bits))});
      default: return json(std::bit_cast<double>(*bits));
    }
  }

  // A length, compared with what is left: everything counted takes a byte at least.
  std::optional<size_t> length() {
    const auto type = marker();
    const auto value = type ? number(*type) : std::nullopt;
    if (!value || !value->is_number_integer()) return std::nullopt;
    const auto count = value->get<int64_t>();
    if (count < 0 || static_cast<uint64_t>(count) > bytes_.size() - at_) return std::nullopt;
    return static_cast<size_t>(count);
  }

  std::optional<std::string> text() {
    const auto count = length();
    if (!count) return std::nullopt;
    std::string made(reinterpret_cast<const char*>(bytes_.data()) + at_, *count);
    at_ += *count;
    return made;
  }

  std::optional<json> read_value(int depth) {
    const auto type = marker();
    return type ? read_typed(*type, depth) : std::nullopt;
  }

  std::optional<json> read_typed(char type, int depth) {
    if (depth > kMaxJsonDepth || ++values_ > kMaxValues) return std::nullopt;
    switch (type) {
      case 'Z': return json(nullptr);
      case 'T': return json(true);
      case 'F': return json(false);
      case 'C': {
        const auto code = big_endian(1);
        return code ? std::optional<json>(std::string(1, static_cast<char>(*code))) : std::nullopt;
      }
      case 'S':
      case 'H': {
        auto made = text();
        return made ? std::optional<json>(*std::move(made)) : std::nullopt;
      }
      case '[': return list(depth);
      case '{': return object(depth);
      default: return number(type);
    }
  }

  // Of a container: its elements' type and number, where it tells them.
  struct Head {
    char type = '\0';
    std::optional<size_t> count;
  };
  std::optional<Head> head() {
    Head made;
    if (peek() == '$') {
      ++at_;
      const auto type = marker();
      // Elements that take no bytes could be without number.
      if (!type || std::string_view("ZTFN").find(*type) != std::string_view::npos || peek() != '#')
        return std::nullopt;
      made.type = *type;
    }
    if (peek() == '#') {
      ++at_;
      made.count = length();
      if (!made.count) return std::nullopt;
    }
    return made;
  }

  bool ends(const Head& head, size_t read, char end) {
    if (head.count) return read == *head.count;
    if (peek() != end) return false;
    ++at_;
    return true;
  }

  std::optional<json> list(int depth) {
    const auto told = head();
    if (!told) return std::nullopt;
    json made = json::array();
    while (!ends(*told, made.size(), ']')) {
      auto value = told->type != '\0' ? read_typed(told->type, depth + 1) : read_value(depth + 1);
      if (!value) return std::nullopt;
      made.push_back(*std::move(value));
    }
    return made;
  }

  std::optional<json> object(int depth) {
    const auto told = head();
    if (!told) return std::nullopt;
    json made = json::object();
    while (!ends(*told, made.size(), '}')) {
      auto key = text();
      if (!key || made.contains(*key)) return std::nullopt;
      auto value = told->type != '\0' ? read_typed(told->type, depth + 1) : read_value(depth + 1);
      if (!value) return std::nullopt;
      made[*std::move(key)] = *std::move(value);
    }
    return made;
  }

  std::span<const std::byte> bytes_;
  size_t at_ = 0;
  size_t values_ = 0;
};

}  // namespace

Result<json> parse_ubjson(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxJsonBytes)
    return error(Code::Unsupported, C203_SourceTooLarge, Status::kNoOffset, "",
                 "a UBJSON file of %zu bytes, at most %zu are read", bytes.size(), kMaxJsonBytes);
  Reader reader(bytes);
  auto document = reader.document();
  if (document) return *std::move(document);
  return error(Code::Corrupt, C204_Damaged, reader.at(), "save or copy it again",
               "no readable UBJSON: byte %zu", reader.at());
}

}  // namespace mle::compiler
