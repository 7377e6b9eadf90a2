// The language TorchScript saves functions in: a small part of Python. Parsed, never run as such.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::compiler::script {

struct Expression {
  enum class Kind : uint8_t {
    Name,       // text
    Number,     // text: as it stands
    Text,       // text: without its quotes
    Attribute,  // parts[0].text
    Index,      // parts[0][parts[1], …]
    Call,       // parts[0](parts[1], …); names has one entry per argument, "" where it has none
    List,
    Tuple,
    Dict,  // key, value, key, value …
    Minus,
    Not,
    Choice,  // parts[0] if parts[1] else parts[2]
  };
  Kind kind = Kind::Name;
  std::string text;
  std::vector<Expression> parts;
  std::vector<std::string> names;
};

struct Statement {
  enum class Kind : uint8_t {
    Assign,  // targets = value
    Return,
    If,   // value: then body, else otherwise
    For,  // targets in value
    While,
    Evaluate,  // value alone
    Raise,
    Pass,
  };
  Kind kind = Kind::Pass;
  std::vector<Expression> targets;  // several are unpacked
  Expression value;
  std::vector<Statement> body, otherwise;
  int line = 0;
};

struct Parameter {
  std::string name;
  std::string type;  // "Tensor"; "" where it says none
  std::unique_ptr<Expression> otherwise;
};

struct Function {
  std::vector<Parameter> parameters;
  std::vector<Statement> body;
};

// A file of code: functions by name, methods by "Class.name".
using Module = std::map<std::string, Function, std::less<>>;

Result<Module> parse(std::string_view code);

}  // namespace mle::compiler::script
