// JsonReader: the tokens of one JSON text, one after another, with no tree in memory.
// Promise: takes what RFC 8259 allows, and beside it NaN, Infinity and -Infinity, which Python
// writes; numbers stay text, so that nobody has rounded them yet; depth is bounded.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mle::tools {

class JsonReader {
 public:
  enum class Token : uint8_t {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    Name,  // of a member; its value follows
    Text,
    Number,
    True,
    False,
    Null,
    End,
    Bad,  // problem() says why; every later token is Bad too
  };
  static constexpr size_t kMaxDepth = 64;

  JsonReader() = default;
  // Borrows `text`.
  void start(std::string_view text);
  Token next();
  // Takes the rest of the value that begins with `token`; false where it is Bad.
  bool skip(Token token);

  // Of a Name or Text: its characters without escapes. Of a Number: as it stands. Until next().
  std::string_view text() const { return text_; }
  // Where the token begins, in bytes from 1.
  size_t column() const { return column_; }
  const char* problem() const { return problem_; }

 private:
  // What may come next.
  enum class Want : uint8_t { Value, ValueOrEnd, Name, NameOrEnd, CommaOrEnd, Nothing };

  Token bad(const char* problem);
  Token open(bool object);
  Token close(bool object);
  Token value(Token token);  // a value that is whole has been read
  Token word(std::string_view word, Token token);
  Token number();
  Token string(bool name);
  bool escape();
  bool hex4(uint32_t& code);

  std::string_view all_;
  size_t at_ = 0, column_ = 1;
  std::string_view text_;
  std::string unescaped_;
  std::vector<bool> objects_;  // the open brackets: true for {
  Want want_ = Want::Value;
  const char* problem_ = "";
  bool broken_ = false;
};

}  // namespace mle::tools
