// JsonWriter: JSON as it is written, with no tree in memory.
// Promise: the text is valid JSON whatever strings and numbers go in, and the same on every
// machine.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mle::tools {

// Appends the text in quotes; bytes that are no UTF-8 become U+FFFD.
void append_json_text(std::string& out, std::string_view text);

// Inside an object every value follows a key. Ends must match begins.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& begin_line() { return open('[', true); }  // an array that stays on one line
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& text(std::string_view value);
  JsonWriter& whole(uint64_t value);
  JsonWriter& number(double value);             // NaN and infinities become null
  JsonWriter& literal(std::string_view value);  // what is JSON already: a number, true, null …
  JsonWriter& boolean(bool value);
  JsonWriter& null();

  JsonWriter& field(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonWriter& field(std::string_view name, uint64_t value) { return key(name).whole(value); }
  JsonWriter& texts(std::string_view name, const std::vector<std::string>& values);

  // What was written, with a final line end.
  std::string str() const { return out_ + "\n"; }

 private:
  JsonWriter& open(char bracket, bool on_one_line = false);
  JsonWriter& close(char bracket);
  void before_value();
  void new_line();

  std::string out_;
  std::vector<bool> empty_;  // per open bracket: nothing in it yet
  size_t one_line_ = 0;      // how many brackets were open when such an array began, or 0
  bool after_key_ = false;
};

}  // namespace mle::tools
