// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/script/syntax.h"

#include "compiler/import/archive/voice.h"
#include "compiler/import/script/tokens.h"
#include "format/rules.h"

#include <optional>

namespace mle::compiler::script {
namespace {

using Kind = Expression::Kind;
using TokenKind = Token::Kind;

constexpr int kMaxDepth = 200;
constexpr int kMaxLinks = 64;  // a.b(c)[d] …

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<Module> run() {
    Module module;
    while (!is(TokenKind::End)) {
      if (take(TokenKind::NewLine)) continue;
      if (take_word("class")) {
        MLE_TRY(read_class(module));
      } else if (take_word("def")) {
        MLE_TRY(read_function("", module));
      } else {
        MLE_TRY_ASSIGN(const Statement ignored, statement(0));
        (void)ignored;
      }
    }
    return module;
  }

 private:
  const Token& now() const { return tokens_[at_]; }
  bool is(TokenKind kind) const { return now().kind == kind; }
  bool is_sign(std::string_view text) const { return is(TokenKind::Sign) && now().text == text; }
  bool is_word(std::string_view text) const { return is(TokenKind::Word) && now().text == text; }
  void step() {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  bool take(TokenKind kind) {
    if (!is(kind)) return false;
    step();
    return true;
  }
  bool take_sign(std::string_view text) {
    if (!is_sign(text)) return false;
    step();
    return true;
  }
  bool take_word(std::string_view text) {
    if (!is_word(text)) return false;
    step();
    return true;
  }

  Status wrong(const std::string& wanted) const {
    return Status::make(Code::Unsupported, format::rule::C205_UnsupportedOp, Status::kNoOffset,
                        "line " + std::to_string(now().line) + " of the code: '" +
                            archive::shown(now().text) + "' where " + wanted + " should be",
                        "export the model with torch.export.save or torch.onnx.export instead");
  }
  Status want_sign(std::string_view text) {
    return take_sign(text) ? Status() : wrong("'" + std::string(text) + "'");
  }

  // class Name(Module): with attributes, which the data has, too, and methods.
  Status read_class(Module& module) {
    if (!is(TokenKind::Word)) return wrong("a name");
    const std::string name = now().text;
    while (!is(TokenKind::NewLine) && !is(TokenKind::End)) step();
    take(TokenKind::NewLine);
    if (!take(TokenKind::Indent)) return {};
    while (!take(TokenKind::Dedent)) {
      if (is(TokenKind::End)) return wrong("the end of a class");
      if (take(TokenKind::NewLine)) continue;
      if (take_word("def")) {
        MLE_TRY(read_function(name + ".", module));
      } else {
        while (!is(TokenKind::NewLine) && !is(TokenKind::End)) step();
      }
    }
    return {};
  }

  // The words of a type up to what ends it.
  std::string type() {
    std::string text;
    int depth = 0;
    while (!is(TokenKind::End) && !is(TokenKind::NewLine)) {
      if (depth == 0 && (is_sign(",") || is_sign(")") || is_sign("=") || is_sign(":"))) break;
      if (is_sign("[")) ++depth;
      if (is_sign("]")) --depth;
      text += now().text;
      step();
    }
    return text;
  }

  Status read_function(const std::string& prefix, Module& module) {
    if (!is(TokenKind::Word)) return wrong("a name");
    const std::string name = prefix + now().text;
    step();
    MLE_TRY(want_sign("("));
    Function function;
    while (!take_sign(")")) {
      if (!is(TokenKind::Word)) return wrong("a parameter");
      Parameter parameter;
      parameter.name = now().text;
      step();
      if (take_sign(":")) parameter.type = type();
      if (take_sign("=")) {
        MLE_TRY_ASSIGN(Expression value, expression(0));
        parameter.otherwise = std::make_unique<Expression>(std::move(value));
      }
      function.parameters.push_back(std::move(parameter));
      if (!take_sign(",") && !is_sign(")")) return wrong("',' or ')'");
    }
    if (take_sign("->")) (void)type();
    MLE_TRY(want_sign(":"));
    MLE_TRY_ASSIGN(function.body, block(0));
    module.insert_or_assign(name, std::move(function));
    return {};
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<std::vector<Statement>> block(int depth) {
    std::vector<Statement> body;
    if (depth > kMaxDepth) return wrong("less depth");
    if (!take(TokenKind::NewLine) || !take(TokenKind::Indent)) return wrong("an indented block");
    while (!take(TokenKind::Dedent)) {
      if (is(TokenKind::End)) return wrong("the end of a block");
      if (take(TokenKind::NewLine)) continue;
      MLE_TRY_ASSIGN(Statement one, statement(depth + 1));
      body.push_back(std::move(one));
    }
    return body;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<Statement> statement(int depth) {
    Statement made;
    made.line = now().line;
    if (take_word("pass")) {
      made.kind = Statement::Kind::Pass;
    } else if (take_word("raise")) {
      made.kind = Statement::Kind::Raise;
      while (!is(TokenKind::NewLine) && !is(TokenKind::End)) step();
    } else if (take_word("return")) {
      made.kind = Statement::Kind::Return;
      if (is(TokenKind::NewLine)) {
        made.value.text = "None";
      } else {
        MLE_TRY_ASSIGN(made.value, expression_list(depth));
      }
    } else if (take_word("if") || take_word("elif")) {
      return condition(std::move(made), depth);
    } else if (take_word("while")) {
      made.kind = Statement::Kind::While;
      MLE_TRY_ASSIGN(made.value, expression(depth));
      MLE_TRY(want_sign(":"));
      MLE_TRY_ASSIGN(made.body, block(depth));
      return made;
    } else if (take_word("for")) {
      made.kind = Statement::Kind::For;
      MLE_TRY_ASSIGN(Expression target, expression(depth));
      made.targets.push_back(std::move(target));
      if (!take_word("in")) return wrong("'in'");
      MLE_TRY_ASSIGN(made.value, expression(depth));
      MLE_TRY(want_sign(":"));
      MLE_TRY_ASSIGN(made.body, block(depth));
      return made;
    } else {
      MLE_TRY(assignment(made, depth));
    }
    if (!take(TokenKind::NewLine) && !is(TokenKind::End)) return wrong("the end of a line");
    return made;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<Statement> condition(Statement made, int depth) {
    made.kind = Statement::Kind::If;
    MLE_TRY_ASSIGN(made.value, expression(depth));
    MLE_TRY(want_sign(":"));
    MLE_TRY_ASSIGN(made.body, block(depth));
    if (is_word("elif")) {
      MLE_TRY_ASSIGN(Statement other, statement(depth + 1));
      made.otherwise.push_back(std::move(other));
    } else if (take_word("else")) {
      MLE_TRY(want_sign(":"));
      MLE_TRY_ASSIGN(made.otherwise, block(depth));
    }
    return made;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Status assignment(Statement& made, int depth) {
    MLE_TRY_ASSIGN(Expression first, expression(depth));
    std::vector<Expression> targets;
    targets.push_back(std::move(first));
    bool several = false;
    while (take_sign(",")) {
      several = true;
      if (is_sign("=")) break;
      MLE_TRY_ASSIGN(Expression next, expression(depth));
      targets.push_back(std::move(next));
    }
    if (take_sign(":")) (void)type();
    if (!take_sign("=")) {
      if (several) return wrong("'='");
      made.kind = Statement::Kind::Evaluate;
      made.value = std::move(targets[0]);
      return {};
    }
    made.kind = Statement::Kind::Assign;
    made.targets = std::move(targets);
    if (several && made.targets.size() == 1) {  // "a, = f()"
      Expression tuple;
      tuple.kind = Kind::Tuple;
      tuple.parts = std::move(made.targets);
      made.targets = {};
      made.targets.push_back(std::move(tuple));
    }
    MLE_TRY_ASSIGN(made.value, expression_list(depth));
    return {};
  }

  // One expression, or a tuple without brackets.
  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<Expression> expression_list(int depth) {
    MLE_TRY_ASSIGN(Expression first, expression(depth));
    if (!is_sign(",")) return first;
    Expression tuple;
    tuple.kind = Kind::Tuple;
    tuple.parts.push_back(std::move(first));
    while (take_sign(",")) {
      if (is(TokenKind::NewLine)) break;
      MLE_TRY_ASSIGN(Expression next, expression(depth));
      tuple.parts.push_back(std::move(next));
    }
    return tuple;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<Expression> expression(int depth) {
    if (depth > kMaxDepth) return wrong("less depth");
    MLE_TRY_ASSIGN(Expression value, unary(depth + 1));
    if (!take_word("if")) return value;
    Expression choice;
    choice.kind = Kind::Choice;
    choice.parts.push_back(std::move(value));
    MLE_TRY_ASSIGN(Expression condition, expression(depth + 1));
    choice.parts.push_back(std::move(condition));
    if (!take_word("else")) return wrong("'else'");
    MLE_TRY_ASSIGN(Expression otherwise, expression(depth + 1));
    choice.parts.push_back(std::move(otherwise));
    return choice;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<Expression> unary(int depth) {
    if (depth > kMaxDepth) return wrong("less depth");
    const bool minus = is_sign("-");
    if (!minus && !is_word("not")) return postfix(depth + 1);
    step();
    Expression made;
    made.kind = minus ? Kind::Minus : Kind::Not;
    MLE_TRY_ASSIGN(Expression inner, unary(depth + 1));
    made.parts.push_back(std::move(inner));
    return made;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<Expression> postfix(int depth) {
    MLE_TRY_ASSIGN(Expression value, primary(depth + 1));
    for (int links = 0; links < kMaxLinks; ++links) {
      Expression outer;
      if (take_sign(".")) {
        if (!is(TokenKind::Word)) return wrong("a name");
        outer.kind = Kind::Attribute;
        outer.text = now().text;
        step();
        outer.parts.push_back(std::move(value));
      } else if (take_sign("(")) {
        outer.kind = Kind::Call;
        outer.parts.push_back(std::move(value));
        MLE_TRY(items(")", outer, true, depth));
      } else if (take_sign("[")) {
        outer.kind = Kind::Index;
        outer.parts.push_back(std::move(value));
        MLE_TRY(items("]", outer, false, depth));
      } else {
        return value;
      }
      value = std::move(outer);
    }
    return wrong("less depth");
  }

  // Up to the closing bracket; "name=value" where arguments may have names.
  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Status items(std::string_view end, Expression& outer, bool may_have_names, int depth) {
    while (!take_sign(end)) {
      std::string name;
      if (may_have_names && is(TokenKind::Word) && at_ + 1 < tokens_.size() &&
          tokens_[at_ + 1].kind == TokenKind::Sign && tokens_[at_ + 1].text == "=") {
        name = now().text;
        step();
        step();
      }
      MLE_TRY_ASSIGN(Expression item, expression(depth + 1));
      outer.parts.push_back(std::move(item));
      if (may_have_names) outer.names.push_back(std::move(name));
      if (!take_sign(",") && !is_sign(end)) return wrong("',' or '" + std::string(end) + "'");
    }
    return {};
  }

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<Expression> primary(int depth) {
    Expression made;
    made.text = now().text;
    if (take(TokenKind::Word)) return made;
    if (take(TokenKind::Number)) {
      made.kind = Kind::Number;
      return made;
    }
    if (take(TokenKind::Text)) {
      made.kind = Kind::Text;
      while (is(TokenKind::Text)) {  // texts side by side are one
        made.text += now().text;
        step();
      }
      return made;
    }
    made.text.clear();
    if (take_sign("[")) {
      made.kind = Kind::List;
      MLE_TRY(items("]", made, false, depth));
      return made;
    }
    if (take_sign("{")) {
      made.kind = Kind::Dict;
      while (!take_sign("}")) {
        MLE_TRY_ASSIGN(Expression key, expression(depth + 1));
        MLE_TRY(want_sign(":"));
        MLE_TRY_ASSIGN(Expression value, expression(depth + 1));
        made.parts.push_back(std::move(key));
        made.parts.push_back(std::move(value));
        if (!take_sign(",") && !is_sign("}")) return wrong("',' or '}'");
      }
      return made;
    }
    if (!take_sign("(")) return wrong("an expression");
    return bracketed(depth);
  }

  // (a) is a; (a,) and (a, b) are tuples.
  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
  Result<Expression> bracketed(int depth) {
    Expression tuple;
    tuple.kind = Kind::Tuple;
    bool comma = false;
    while (!take_sign(")")) {
      MLE_TRY_ASSIGN(Expression item, expression(depth + 1));
      tuple.parts.push_back(std::move(item));
      if (take_sign(","))
        comma = true;
      else if (!is_sign(")"))
        return wrong("',' or ')'");
    }
    if (tuple.parts.size() == 1 && !comma) {
      Expression only = std::move(tuple.parts[0]);
      return only;
    }
    return tuple;
  }

  std::vector<Token> tokens_;
  size_t at_ = 0;
};

}  // namespace

Result<Module> parse(std::string_view code) {
  MLE_TRY_ASSIGN(std::vector<Token> tokens, tokenize(code));
  return Parser(std::move(tokens)).run();
}

}  // namespace mle::compiler::script
