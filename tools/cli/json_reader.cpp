// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/json_reader.h"

#include "format/utf8.h"
#include "tools/cli/unicode.h"

namespace mle::tools {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void JsonReader::start(std::string_view text) {
  all_ = text;
  at_ = 0;
  column_ = 1;
  objects_.clear();
  want_ = Want::Value;
  broken_ = false;
}

JsonReader::Token JsonReader::bad(const char* problem) {
  problem_ = problem;
  broken_ = true;
  return Token::Bad;
}

JsonReader::Token JsonReader::open(bool object) {
  if (objects_.size() == kMaxDepth) return bad("brackets are nested more than 64 deep");
  objects_.push_back(object);
  ++at_;
  want_ = object ? Want::NameOrEnd : Want::ValueOrEnd;
  return object ? Token::ObjectBegin : Token::ArrayBegin;
}

JsonReader::Token JsonReader::close(bool object) {
  const bool may =
      want_ == Want::CommaOrEnd || want_ == (object ? Want::NameOrEnd : Want::ValueOrEnd);
  if (!may || objects_.empty() || objects_.back() != object)
    return bad("a bracket closes what is not open");
  objects_.pop_back();
  ++at_;
  return value(object ? Token::ObjectEnd : Token::ArrayEnd);
}

JsonReader::Token JsonReader::value(Token token) {
  want_ = objects_.empty() ? Want::Nothing : Want::CommaOrEnd;
  return token;
}

JsonReader::Token JsonReader::next() {
  if (broken_) return Token::Bad;
  for (;; ++at_) {
    if (at_ == all_.size()) {
      column_ = at_ + 1;
      return want_ == Want::Nothing ? Token::End : bad("ends in the middle of a value");
    }
    const char c = all_[at_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    column_ = at_ + 1;
    if (want_ == Want::Nothing) return bad("something follows the value");
    if (c == ',' && want_ == Want::CommaOrEnd) {
      want_ = objects_.back() ? Want::Name : Want::Value;
      continue;
    }
    if (c == '}' || c == ']') return close(c == '}');
    if (want_ == Want::CommaOrEnd) return bad("a comma or a closing bracket is missing");
    if (want_ == Want::Name || want_ == Want::NameOrEnd)
      return c == '"' ? string(true) : bad("a name in quotes is missing");
    switch (c) {
      case '{': return open(true);
      case '[': return open(false);
      case '"': return string(false);
      case 't': return word("true", Token::True);
      case 'f': return word("false", Token::False);
      case 'n': return word("null", Token::Null);
      case 'N': return word("NaN", Token::Number);
      case 'I': return word("Infinity", Token::Number);
      default: return number();
    }
  }
}

JsonReader::Token JsonReader::word(std::string_view word, Token token) {
  if (all_.substr(at_, word.size()) != word) return bad("is no JSON value");
  text_ = all_.substr(at_, word.size());
  at_ += word.size();
  return value(token);
}

JsonReader::Token JsonReader::number() {
  const size_t begin = at_;
  const auto digits = [this] {
    const size_t first = at_;
    while (at_ < all_.size() && is_digit(all_[at_])) ++at_;
    return at_ > first;
  };
  const auto eat = [this](char a, char b) {
    if (at_ == all_.size() || (all_[at_] != a && all_[at_] != b)) return false;
    ++at_;
    return true;
  };
  if (eat('-', '-') && all_.substr(at_, 8) == "Infinity") {
    at_ += 8;
  } else {
    const size_t first = at_;
    if (!digits()) return bad("is no JSON value");
    if (all_[first] == '0' && at_ - first > 1) return bad("a number begins with a needless zero");
    if (eat('.', '.') && !digits()) return bad("a number ends with its point");
    if (eat('e', 'E')) {
      (void)eat('+', '-');
      if (!digits()) return bad("a number ends in its exponent");
    }
  }
  text_ = all_.substr(begin, at_ - begin);
  return value(Token::Number);
}

bool JsonReader::hex4(uint32_t& code) {
  if (all_.size() - at_ < 4) return false;
  code = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = all_[at_++];
    const int digit = is_digit(c)            ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return false;
    code = code << 4 | static_cast<uint32_t>(digit);
  }
  return true;
}

// What follows a backslash.
bool JsonReader::escape() {
  static constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (at_ == all_.size()) return false;
  const char c = all_[at_++];
  if (const size_t found = kLetters.find(c); found != std::string_view::npos) {
    unescaped_ += kMeanings[found];
    return true;
  }
  uint32_t code = 0, low = 0;
  if (c != 'u' || !hex4(code)) return false;
  if (code >= 0xDC00 && code < 0xE000) return false;
  if (code >= 0xD800 && code < 0xDC00) {  // the first half of a character beyond 16 bits
    if (all_.substr(at_, 2) != "\\u") return false;
    at_ += 2;
    if (!hex4(low) || low < 0xDC00 || low >= 0xE000) return false;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(unescaped_, code);
  return true;
}

JsonReader::Token JsonReader::string(bool name) {
  const size_t begin = ++at_;
  bool escaped = false;
  for (;; ++at_) {
    if (at_ == all_.size()) return bad("a text is opened and never closed");
    const char c = all_[at_];
    if (c == '"') break;
    if (static_cast<unsigned char>(c) < 0x20) return bad("a text holds a control character");
    if (c != '\\') {
      if (escaped) unescaped_ += c;
      continue;
    }
    if (!escaped) unescaped_.assign(all_, begin, at_ - begin);
    escaped = true;
    ++at_;
    if (!escape()) return bad("a text holds an escape that means nothing");
    --at_;
  }
  text_ = escaped ? std::string_view(unescaped_) : all_.substr(begin, at_ - begin);
  ++at_;
  if (!format::is_utf8(text_)) return bad("a text is not UTF-8");
  if (!name) return value(Token::Text);
  while (at_ < all_.size() && (all_[at_] == ' ' || all_[at_] == '\t')) ++at_;
  if (at_ == all_.size() || all_[at_] != ':') return bad("a colon is missing after a name");
  ++at_;
  want_ = Want::Value;
  return Token::Name;
}

bool JsonReader::skip(Token token) {
  size_t depth = 0;
  for (;; token = next()) {
    if (token == Token::Bad || token == Token::End) return false;
    if (token == Token::ObjectBegin || token == Token::ArrayBegin) ++depth;
    if (token == Token::ObjectEnd || token == Token::ArrayEnd) --depth;
    if (depth == 0 && token != Token::Name) return true;
  }
}

}  // namespace mle::tools
