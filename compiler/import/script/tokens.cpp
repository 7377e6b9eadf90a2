// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/script/tokens.h"

#include "format/rules.h"

#include <utility>

namespace mle::compiler::script {
namespace {

using Kind = Token::Kind;

constexpr size_t kMaxTokens = 2'000'000;
constexpr size_t kMaxIndents = 100;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view code) : code_(code) {}

  Result<std::vector<Token>> run() {
    while (at_ < code_.size()) {
      if (tokens_.size() > kMaxTokens) return wrong("is too long");
      if (at_line_start_ && depth_ == 0) {
        MLE_TRY(indent());
        if (at_ >= code_.size()) break;
      }
      MLE_TRY(next());
    }
    if (!at_line_start_) add(Kind::NewLine, "");
    for (; indents_.size() > 1; indents_.pop_back()) add(Kind::Dedent, "");
    add(Kind::End, "");
    return std::move(tokens_);
  }

 private:
  Status wrong(const char* what) const {
    return Status::make(Code::Corrupt, format::rule::C204_Damaged, Status::kNoOffset,
                        "line " + std::to_string(line_) + " of the code " + what,
                        "save the model again");
  }
  void add(Kind kind, std::string_view text) {
    tokens_.push_back({kind, std::string(text), line_});
  }
  char peek(size_t ahead = 0) const {
    return at_ + ahead < code_.size() ? code_[at_ + ahead] : '\0';
  }

  // Spaces at the start of a line that says something.
  Status indent() {
    size_t spaces = 0;
    while (peek() == ' ') {
      ++spaces;
      ++at_;
    }
    if (peek() == '\n' || peek() == '\r' || peek() == '#' || at_ >= code_.size()) return {};
    at_line_start_ = false;
    if (spaces > indents_.back()) {
      if (indents_.size() > kMaxIndents) return wrong("is nested too deeply");
      indents_.push_back(spaces);
      add(Kind::Indent, "");
    }
    while (spaces < indents_.back()) {
      indents_.pop_back();
      add(Kind::Dedent, "");
    }
    return spaces == indents_.back() ? Status() : wrong("has an indent that fits no other");
  }

  Status next() {
    const char c = peek();
    if (c == '\n') {
      if (depth_ == 0 && !at_line_start_) {
        add(Kind::NewLine, "");
        at_line_start_ = true;
      }
      ++line_;
      ++at_;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
    } else if (c == '#') {
      while (at_ < code_.size() && peek() != '\n') ++at_;
    } else if (c == '"' || c == '\'') {
      return text(c);
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      number();
    } else if (is_letter(c)) {
      const size_t begin = at_;
      while (is_letter(peek()) || is_digit(peek())) ++at_;
      add(Kind::Word, code_.substr(begin, at_ - begin));
    } else {
      return sign(c);
    }
    return {};
  }

  void number() {
    const size_t begin = at_;
    while (is_digit(peek()) || is_letter(peek()) || peek() == '.' ||
           ((peek() == '-' || peek() == '+') && (code_[at_ - 1] == 'e' || code_[at_ - 1] == 'E')))
      ++at_;
    add(Kind::Number, code_.substr(begin, at_ - begin));
  }

  Status text(char quote) {
    const size_t begin = ++at_;
    while (peek() != quote) {
      if (at_ >= code_.size() || peek() == '\n') return wrong("has a text without an end");
      at_ += peek() == '\\' ? 2 : 1;
    }
    add(Kind::Text, code_.substr(begin, at_ - begin));
    ++at_;
    return {};
  }

  Status sign(char c) {
    static constexpr std::string_view kSigns = "()[]{},.:=-+*/<>!%&|^~@";
    if (kSigns.find(c) == std::string_view::npos) return wrong("has a sign that is not known");
    if (c == '(' || c == '[' || c == '{') ++depth_;
    if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
    const bool arrow = c == '-' && peek(1) == '>';
    add(Kind::Sign, code_.substr(at_, arrow ? 2 : 1));
    at_ += arrow ? 2 : 1;
    return {};
  }

  std::string_view code_;
  size_t at_ = 0;
  int line_ = 1;
  size_t depth_ = 0;  // of brackets
  bool at_line_start_ = true;
  std::vector<size_t> indents_ = {0};
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view code) { return Tokenizer(code).run(); }

}  // namespace mle::compiler::script
