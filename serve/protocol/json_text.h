// JSON as both answers and pages write it: text and numbers appended to a string.
// Promise: what is appended is valid JSON whatever the bytes and numbers are.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

namespace mle::serve {

// In quotes; bytes that are no UTF-8 become U+FFFD.
void append_json_text(std::string& to, std::string_view text);

inline void append_json(std::string& to, std::string_view text) { append_json_text(to, text); }
inline void append_json(std::string& to, const std::string& text) { append_json_text(to, text); }
inline void append_json(std::string& to, const char* text) { append_json_text(to, text); }
inline void append_json(std::string& to, bool value) { to += value ? "true" : "false"; }

template <std::integral T>
requires(!std::same_as<T, bool>) void append_json(std::string& to, T value) {
  char digits[24];
  const auto [end, failed] = std::to_chars(digits, digits + sizeof digits, value);
  to.append(digits, end);
}

// The shortest digits that read back as the same number. JSON has no NaN: null; infinities are
// numbers beyond every double, which readers take for them.
template <std::floating_point T>
void append_json(std::string& to, T value) {
  if (std::isnan(value)) {
    to += "null";
  } else if (std::isinf(value)) {
    to += value > 0 ? "1e999" : "-1e999";
  } else {
    char digits[32];
    const auto [end, failed] = std::to_chars(digits, digits + sizeof digits, value);
    to.append(digits, end);
  }
}

// {"name":value,...} and [value,...]; nested ones are written by a callable. Braces close with it.
class JsonScope {
 public:
  JsonScope(std::string& to, char open) : to_(to), close_(open == '{' ? '}' : ']') { to_ += open; }
  JsonScope(const JsonScope&) = delete;
  JsonScope& operator=(const JsonScope&) = delete;
  ~JsonScope() { to_ += close_; }

  // Before each value; in objects with its name.
  std::string& next() {
    if (any_) to_ += ',';
    any_ = true;
    return to_;
  }
  std::string& next(std::string_view name) {
    append_json_text(next(), name);
    return to_ += ':';
  }
  template <class T>
  void field(std::string_view name, const T& value) {
    append_json(next(name), value);
  }
  template <class T>
  void value(const T& value) {
    append_json(next(), value);
  }

 private:
  std::string& to_;
  const char close_;
  bool any_ = false;
};

}  // namespace mle::serve
