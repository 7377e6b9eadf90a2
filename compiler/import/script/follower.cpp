// Statements, expressions and calls.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/script/follower.h"

#include "compiler/import/archive/voice.h"
#include "compiler/import/network/constant.h"
#include "format/rules.h"

#include <charconv>
#include <cmath>
#include <utility>

namespace mle::compiler::script {
namespace {

using enum format::rule::Rule;
using Kind = Expression::Kind;
using pickle::Id;

constexpr size_t kMaxSteps = 500'000;
constexpr int kMaxDepth = 100;  // of calls, and of data in data

bool is_own(const std::string& name) {
  return name == "__torch__" || name.rfind("__torch__.", 0) == 0;
}

Result<Value> number_of(const std::string& text) {
  int64_t whole = 0;
  const char* end = text.data() + text.size();
  if (auto [stop, status] = std::from_chars(text.data(), end, whole);
      status == std::errc() && stop == end)
    return Value::whole(whole);
  double real = 0;
  if (auto [stop, status] = std::from_chars(text.data(), end, real);
      status == std::errc() && stop == end)
    return Value::number(real);
  return Status::make(mle::Code::Corrupt, C204_Damaged, Status::kNoOffset,
                      "the code has a number that is none: " + archive::shown(text), "");
}

}  // namespace

Status Follower::not_compiled(const std::string& what) const {
  return Status::make(mle::Code::Unsupported, C205_UnsupportedOp, Status::kNoOffset, what,
                      "export the model with torch.export.save or torch.onnx.export instead");
}

Status Follower::count_step() {
  if (++steps_ <= kMaxSteps) return {};
  return Status::make(mle::Code::Unsupported, C216_LimitReached, Status::kNoOffset,
                      "the code takes too many steps", "");
}

Result<Value> Follower::run(std::vector<Value> inputs) {
  const pickle::Pickle& objects = code_.data().objects();
  const std::string name = objects.name_of(objects.root);
  if (!is_own(name)) return not_compiled("the archive holds no model");
  inputs.insert(inputs.begin(), Value::object(objects.root));
  return call(name + ".forward", std::move(inputs), {});
}

// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
Result<Value> Follower::call(const std::string& qualified, std::vector<Value> positional,
                             std::map<std::string, Value, std::less<>> named) {
  if (++depth_ > kMaxDepth)
    return Status::make(mle::Code::Unsupported, C216_LimitReached, Status::kNoOffset,
                        "functions call each other too deeply", "");
  MLE_TRY_ASSIGN(const Function* function, code_.function(qualified));
  Frame frame;
  if (positional.size() > function->parameters.size())
    return not_compiled("'" + archive::shown(qualified) + "' is called with too much");
  for (size_t i = 0; i < function->parameters.size(); ++i) {
    const Parameter& parameter = function->parameters[i];
    if (i < positional.size()) {
      frame[parameter.name] = std::move(positional[i]);
    } else if (const auto given = named.find(parameter.name); given != named.end()) {
      frame[parameter.name] = std::move(given->second);
    } else if (parameter.otherwise) {
      MLE_TRY_ASSIGN(frame[parameter.name], evaluate(*parameter.otherwise, frame));
    } else {
      return not_compiled("'" + archive::shown(qualified) + "' is called without its " +
                          archive::shown(parameter.name));
    }
  }
  const std::string before = std::exchange(function_, qualified);
  frames_.push_back(&frame);
  auto flow = execute(function->body, frame);
  frames_.pop_back();
  if (!flow) return std::move(flow).error();
  function_ = before;
  --depth_;
  return std::move(flow->value);
}

// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth, and the parser's
Result<Follower::Flow> Follower::execute(const std::vector<Statement>& body, Frame& frame) {
  for (const Statement& statement : body) {
    MLE_TRY_ASSIGN(Flow flow, execute(statement, frame));
    if (flow.returned) return flow;
  }
  return Flow{};
}

// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth, and the parser's
Result<Follower::Flow> Follower::execute(const Statement& statement, Frame& frame) {
  MLE_TRY(count_step());
  place_ = archive::shown(function_) + ", line " + std::to_string(statement.line);
  switch (statement.kind) {
    case Statement::Kind::Pass: return Flow{};
    case Statement::Kind::Raise: return not_compiled("the code raises an error for these inputs");
    case Statement::Kind::Evaluate: {
      MLE_TRY_ASSIGN(const Value ignored, evaluate(statement.value, frame));
      return Flow{};
    }
    case Statement::Kind::Return: {
      MLE_TRY_ASSIGN(Value value, evaluate(statement.value, frame));
      return Flow{true, std::move(value)};
    }
    case Statement::Kind::If: {
      MLE_TRY_ASSIGN(const bool taken, decide(statement.value, frame));
      return execute(taken ? statement.body : statement.otherwise, frame);
    }
    case Statement::Kind::For:
    case Statement::Kind::While: return loop(statement, frame);
    case Statement::Kind::Assign: break;
  }
  MLE_TRY_ASSIGN(Value value, evaluate(statement.value, frame));
  if (statement.targets.size() == 1) {
    MLE_TRY(assign(statement.targets[0], std::move(value), frame));
    return Flow{};
  }
  if (!value.is(Value::Kind::List) || value.items.size() != statement.targets.size())
    return not_compiled("a value is taken apart into another number of parts");
  for (size_t i = 0; i < statement.targets.size(); ++i)
    MLE_TRY(assign(statement.targets[i], std::move(value.items[i]), frame));
  return Flow{};
}

// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth, and the parser's
Result<Follower::Flow> Follower::loop(const Statement& statement, Frame& frame) {
  if (statement.kind == Statement::Kind::While) {
    for (;;) {
      MLE_TRY(count_step());
      MLE_TRY_ASSIGN(const bool again, decide(statement.value, frame));
      if (!again) return Flow{};
      MLE_TRY_ASSIGN(Flow flow, execute(statement.body, frame));
      if (flow.returned) return flow;
    }
  }
  MLE_TRY_ASSIGN(Value over, evaluate(statement.value, frame));
  if (!over.is(Value::Kind::List)) return not_compiled("a loop over something that is no list");
  for (Value& one : over.items) {
    MLE_TRY(count_step());
    MLE_TRY(assign(statement.targets[0], std::move(one), frame));
    MLE_TRY_ASSIGN(Flow flow, execute(statement.body, frame));
    if (flow.returned) return flow;
  }
  return Flow{};
}

Status Follower::assign(const Expression& target, Value value, Frame& frame) {
  if (target.kind == Kind::Name) {
    frame[target.text] = std::move(value);
    return {};
  }
  if (target.kind != Kind::Tuple) return not_compiled("the code changes an object or a list");
  if (!value.is(Value::Kind::List) || value.items.size() != target.parts.size())
    return not_compiled("a value is taken apart into another number of parts");
  for (size_t i = 0; i < target.parts.size(); ++i) {
    if (target.parts[i].kind != Kind::Name)
      return not_compiled("a value is taken apart into parts of parts");
    frame[target.parts[i].text] = std::move(value.items[i]);
  }
  return {};
}

// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth, and the parser's
Result<bool> Follower::decide(const Expression& condition, Frame& frame) {
  MLE_TRY_ASSIGN(const Value value, evaluate(condition, frame));
  if (value.is_number() && value.integer.is_fixed()) return value.as_real() != 0;
  if (value.is_tensor()) {
    const auto known = composer_.reals(value.text);
    if (known && known->size() == 1) return (*known)[0] != 0;
  }
  return not_compiled("the code decides by the values of its inputs");
}

// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth, and the parser's
Result<Value> Follower::evaluate(const Expression& expression, Frame& frame) {
  MLE_TRY(count_step());
  switch (expression.kind) {
    case Kind::Name: return evaluate_name(expression, frame);
    case Kind::Number: return number_of(expression.text);
    case Kind::Text: return Value::word(expression.text);
    case Kind::Attribute: return evaluate_attribute(expression, frame);
    case Kind::Call: return evaluate_call(expression, frame);
    case Kind::List:
    case Kind::Tuple: {
      std::vector<Value> items;
      for (const Expression& part : expression.parts) {
        MLE_TRY_ASSIGN(Value item_value, evaluate(part, frame));
        items.push_back(std::move(item_value));
      }
      return Value::list(std::move(items));
    }
    case Kind::Index: {
      if (expression.parts.size() != 2) return not_compiled("an index of several parts");
      MLE_TRY_ASSIGN(const Value list, evaluate(expression.parts[0], frame));
      MLE_TRY_ASSIGN(const Value index, evaluate(expression.parts[1], frame));
      return item(list, index);
    }
    case Kind::Minus: {
      MLE_TRY_ASSIGN(Value value, evaluate(expression.parts[0], frame));
      if (!value.is_number()) return not_compiled("a minus before something that is no number");
      value.real = -value.real;
      value.integer = {-value.integer.fixed, -value.integer.rows};
      return value;
    }
    case Kind::Not: {
      MLE_TRY_ASSIGN(const bool value, decide(expression.parts[0], frame));
      return Value::boolean(!value);
    }
    case Kind::Choice: {
      MLE_TRY_ASSIGN(const bool first, decide(expression.parts[1], frame));
      return evaluate(expression.parts[first ? 0 : 2], frame);
    }
    case Kind::Dict: break;
  }
  return not_compiled("dictionaries are not compiled");
}

Result<Value> Follower::item(const Value& list, const Value& index) {
  if (!list.is(Value::Kind::List) || !index.is(Value::Kind::Int) || !index.integer.is_fixed())
    return not_compiled("an index into something that is no list");
  const auto count = static_cast<int64_t>(list.items.size());
  const int64_t at = index.integer.fixed < 0 ? index.integer.fixed + count : index.integer.fixed;
  if (at < 0 || at >= count) return not_compiled("an index beyond a list");
  return Value(list.items[static_cast<size_t>(at)]);
}

Result<Value> Follower::evaluate_name(const Expression& expression, Frame& frame) {
  const std::string& name = expression.text;
  if (const auto found = frame.find(name); found != frame.end()) return Value(found->second);
  if (name == "None") return Value();
  if (name == "True" || name == "False") return Value::boolean(name == "True");
  if (name == "inf") return Value::number(HUGE_VAL);
  if (name == "nan") return Value::number(std::nan(""));
  if (is_own(name)) return Value::word(name);
  return not_compiled("the code uses '" + archive::shown(name) + "', which it has not made");
}

std::string Follower::dotted(const Expression& expression, const Frame& frame) {
  std::string name;
  const Expression* at = &expression;
  while (at->kind == Kind::Attribute) {
    name = name.empty() ? at->text : at->text + "." + name;
    at = &at->parts[0];
  }
  if (at->kind != Kind::Name || frame.contains(at->text)) return {};
  return name.empty() ? at->text : at->text + "." + name;
}

// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth, and the parser's
Result<Value> Follower::evaluate_attribute(const Expression& expression, Frame& frame) {
  const std::string name = dotted(expression, frame);
  if (name.rfind("CONSTANTS.c", 0) == 0) return constant(name.substr(11));
  if (!name.empty()) return Value::word(name);
  MLE_TRY_ASSIGN(const Value object, evaluate(expression.parts[0], frame));
  if (!object.is(Value::Kind::Object))
    return not_compiled("an attribute '" + archive::shown(expression.text) +
                        "' of something that is no module");
  const auto id = static_cast<Id>(object.integer.fixed);
  const auto found = code_.data().objects().attribute(id, expression.text);
  if (!found) return not_compiled("the module has no '" + archive::shown(expression.text) + "'");
  return to_value(code_.data(), *found, expression.text, 0);
}

Result<Value> Follower::constant(const std::string& number) {
  MLE_TRY_ASSIGN(const Value index, number_of(number));
  if (code_.constants() == nullptr) return not_compiled("the archive has no constants");
  const pickle::Pickle& objects = code_.constants()->objects();
  const auto items = objects.items(objects.root);
  if (!index.is(Value::Kind::Int) || index.integer.fixed < 0 ||
      static_cast<size_t>(index.integer.fixed) >= items.size())
    return not_compiled("the archive has no such constant");
  return to_value(*code_.constants(), items[static_cast<size_t>(index.integer.fixed)], "c" + number,
                  0);
}

// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth
Result<Value> Follower::to_value(const torch::Checkpoint& from, Id id, const std::string& name,
                                 int depth) {
  const pickle::Pickle& objects = from.objects();
  const pickle::Object& object = objects.at(id);
  if (depth > kMaxDepth) return not_compiled("data nested too deeply");
  if (from.is_tensor(id)) {
    std::string& known = tensors_[{&from, id}];
    if (known.empty()) {
      MLE_TRY_ASSIGN(const network::WeightTensor tensor, from.tensor(id, name));
      MLE_TRY_ASSIGN(known, network::add_constant(composer_, name, tensor));
      shared_.insert(known);
    }
    return Value::tensor(known);
  }
  switch (object.kind) {
    case pickle::Kind::None: return Value();
    case pickle::Kind::Bool: return Value::boolean(object.integer != 0);
    case pickle::Kind::Integer: return Value::whole(object.integer);
    case pickle::Kind::Real: return Value::number(object.real);
    case pickle::Kind::Text: return Value::word(std::string(object.text));
    case pickle::Kind::Tuple:
    case pickle::Kind::List: {
      std::vector<Value> items;
      for (const Id part : objects.items(id)) {
        MLE_TRY(count_step());
        MLE_TRY_ASSIGN(Value one, to_value(from, part, name, depth + 1));
        items.push_back(std::move(one));
      }
      return Value::list(std::move(items));
    }
    case pickle::Kind::Call: {
      const std::string maker = objects.name_of(id);
      if (is_own(maker)) return Value::object(id);
      // Lists with a type, and tags of types.
      if (maker.rfind("torch.jit._pickle.", 0) == 0 && !objects.arguments(id).empty())
        return to_value(from, objects.arguments(id)[0], name, depth + 1);
      break;
    }
    default: break;
  }
  return not_compiled("'" + archive::shown(name) + "' is data of a kind that is not read");
}

}  // namespace mle::compiler::script
