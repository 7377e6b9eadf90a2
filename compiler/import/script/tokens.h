// Words, numbers, texts and signs of the language, with lines and indents as Python has them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <string>
#include <string_view>
#include <vector>

namespace mle::compiler::script {

struct Token {
  enum class Kind : uint8_t { Word, Number, Text, Sign, NewLine, Indent, Dedent, End };
  Kind kind = Kind::End;
  std::string text;
  int line = 0;
};

Result<std::vector<Token>> tokenize(std::string_view code);

}  // namespace mle::compiler::script
