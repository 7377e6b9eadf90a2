// Calls: functions of the archive, what Python has for numbers and lists, and operators of PyTorch.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/archive/voice.h"
#include "compiler/import/aten/dtypes.h"
#include "compiler/import/aten/ops.h"
#include "compiler/import/script/follower.h"
#include "format/rules.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mle::compiler::script {
namespace {

using Kind = Expression::Kind;
using Named = std::map<std::string, Value, std::less<>>;

constexpr int64_t kMaxList = 100'000;

int64_t scalar_type(DType dtype) {
  for (int64_t type = 0; type < 30; ++type)
    if (aten::stored_as(type) == dtype) return type;
  return 6;
}

bool same(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return a.integer == b.integer && a.as_real() == b.as_real();
  return a.kind == b.kind && a.text == b.text && a.integer == b.integer;
}

std::string last_of(const std::string& name) { return name.substr(name.rfind('.') + 1); }

}  // namespace

// NOLINTNEXTLINE(misc-no-recursion): kMaxDepth, and the parser's
Result<Value> Follower::evaluate_call(const Expression& expression, Frame& frame) {
  const Expression& callee = expression.parts[0];
  std::string name = dotted(callee, frame);
  // A variable may stand for a function of the archive.
  if (name.empty() && callee.kind == Kind::Name) {
    const Value& value = frame.find(callee.text)->second;
    if (value.is(Value::Kind::Text)) name = value.text;
  }
  // Types are not evaluated.
  if (name == "annotate" || name == "unchecked_cast" || name == "uninitialized") {
    if (name == "uninitialized" || expression.parts.size() < 3) return Value();
    return evaluate(expression.parts[2], frame);
  }
  Value self;
  if (name.empty()) {
    if (callee.kind != Kind::Attribute) return not_compiled("a call of something without a name");
    MLE_TRY_ASSIGN(self, evaluate(callee.parts[0], frame));
    if (!self.is(Value::Kind::Object))
      return not_compiled("a method '" + archive::shown(callee.text) +
                          "' of something that is no module");
  }
  std::vector<Value> positional;
  Named named;
  for (size_t i = 1; i < expression.parts.size(); ++i) {
    MLE_TRY_ASSIGN(Value value, evaluate(expression.parts[i], frame));
    const std::string& argument = expression.names[i - 1];
    if (argument.empty())
      positional.push_back(std::move(value));
    else
      named[argument] = std::move(value);
  }
  const std::string at = place_;
  if (self.is(Value::Kind::Object)) {
    const std::string type =
        code_.data().objects().name_of(static_cast<pickle::Id>(self.integer.fixed));
    positional.insert(positional.begin(), std::move(self));
    MLE_TRY_ASSIGN(Value made,
                   call(type + "." + callee.text, std::move(positional), std::move(named)));
    place_ = at;
    return made;
  }
  if (name.rfind("__torch__.", 0) == 0) {
    MLE_TRY_ASSIGN(Value made, call(name, std::move(positional), std::move(named)));
    place_ = at;
    return made;
  }
  bool known = false;
  if (auto made = plain_call(name, expression, frame, positional, known); known || !made)
    return made;
  if (auto made = builtin(last_of(name), positional, named, known); known || !made) return made;
  const bool operators = name.rfind("torch.", 0) == 0 || name.rfind("ops.", 0) == 0;
  if (!operators)
    return not_compiled("the code calls '" + archive::shown(name) + "', which is not known");
  return operate(last_of(name), std::move(positional), std::move(named));
}

// Where the expression itself matters, or the name is Python's.
Result<Value> Follower::plain_call(const std::string& name, const Expression& expression,
                                   Frame& frame, std::vector<Value>& positional, bool& known) {
  known = true;
  if (name == "torch.append" && positional.size() == 2 && positional[0].is(Value::Kind::List) &&
      expression.parts[1].kind == Kind::Name) {
    Value& list = frame[expression.parts[1].text];
    if (list.items.size() >= static_cast<size_t>(kMaxList)) return not_compiled("a list too long");
    list.items.push_back(std::move(positional[1]));
    return Value(list);
  }
  if (name == "getattr" && positional.size() == 2 && positional[0].is(Value::Kind::Object) &&
      positional[1].is(Value::Kind::Text)) {
    const auto found = code_.data().objects().attribute(
        static_cast<pickle::Id>(positional[0].integer.fixed), positional[1].text);
    if (!found)
      return not_compiled("the module has no '" + archive::shown(positional[1].text) + "'");
    return to_value(code_.data(), *found, positional[1].text, 0);
  }
  if (name == "range" && !positional.empty() && positional.size() <= 3) {
    for (const Value& bound : positional)
      if (!bound.is(Value::Kind::Int) || !bound.integer.is_fixed())
        return not_compiled("a loop over the rows mixes rows");
    const int64_t from = positional.size() == 1 ? 0 : positional[0].integer.fixed;
    const int64_t to = positional[positional.size() == 1 ? 0 : 1].integer.fixed;
    const int64_t step = positional.size() == 3 ? positional[2].integer.fixed : 1;
    std::vector<Value> all;
    for (int64_t i = from; step > 0 ? i < to : step < 0 && i > to; i += step) {
      if (all.size() >= static_cast<size_t>(kMaxList)) return not_compiled("a loop too long");
      all.push_back(Value::whole(i));
    }
    return Value::list(std::move(all));
  }
  const bool converts = name == "int" || name == "float" || name == "bool";
  if (converts && positional.size() == 1) {
    if (name == "float" && positional[0].is(Value::Kind::Text)) {
      const std::string& text = positional[0].text;
      return Value::number(text == "inf" ? HUGE_VAL : text == "-inf" ? -HUGE_VAL : std::nan(""));
    }
    const char* op = name == "int" ? "Int" : name == "float" ? "Float" : "Bool";
    return aten::run_operator(composer_, op, std::move(positional), {});
  }
  known = false;
  return Value();
}

// What Python and TorchScript have for numbers and lists.
Result<Value> Follower::builtin(const std::string& name, std::vector<Value> positional, Named named,
                                bool& known) {
  known = true;
  const size_t count = positional.size();
  const Value none;
  const Value &a = count > 0 ? positional[0] : none, &b = count > 1 ? positional[1] : none;
  const bool lists = a.is(Value::Kind::List);
  if (name == "len" && count == 1 && lists)
    return Value::whole(static_cast<int64_t>(a.items.size()));
  if (name == "__getitem__" && count == 2) return item(a, b);
  if (name == "__is__" && count == 2) return Value::boolean(a.is_none() == b.is_none());
  if (name == "__isnot__" && count == 2) return Value::boolean(a.is_none() != b.is_none());
  if (name == "__not__" && count == 1 && a.is_number()) return Value::boolean(a.as_real() == 0);
  if (name == "__contains__" && count == 2 && lists)
    return Value::boolean(
        std::ranges::any_of(a.items, [&](const Value& one) { return same(one, b); }));
  if ((name == "eq" || name == "ne") && count == 2 && lists && b.is(Value::Kind::List)) {
    const bool equal = a.items.size() == b.items.size() &&
                       std::equal(a.items.begin(), a.items.end(), b.items.begin(), same);
    return Value::boolean(equal == (name == "eq"));
  }
  if (name == "add" && count == 2 && lists && b.is(Value::Kind::List)) {
    std::vector<Value> both = a.items;
    both.insert(both.end(), b.items.begin(), b.items.end());
    if (both.size() > static_cast<size_t>(kMaxList)) return not_compiled("a list too long");
    return Value::list(std::move(both));
  }
  if ((name == "list" || name == "data" || name == "unchecked_unwrap_optional") && count == 1)
    return Value(a);
  if (name == "slice" && lists) {
    const auto bound = [&](size_t i, int64_t otherwise) {
      const auto length = static_cast<int64_t>(a.items.size());
      int64_t at =
          i < count && positional[i].is(Value::Kind::Int) ? positional[i].integer.fixed : otherwise;
      if (at < 0) at += length;
      return std::clamp<int64_t>(at, 0, length);
    };
    const int64_t from = bound(1, 0), to = bound(2, INT64_MAX);
    return Value::list(from < to ? std::vector<Value>(a.items.begin() + from, a.items.begin() + to)
                                 : std::vector<Value>());
  }
  if (name == "dtype" && a.is_tensor())
    return Value::whole(scalar_type(composer_.shape(a.text).dtype));
  if (name == "shape" && a.is_tensor()) return operate("size", std::move(positional), {});
  if (name == "device" || name == "layout") return Value::word(name);
  if (name == "is_cuda" || name == "is_grad_enabled" || name == "requires_grad" ||
      name == "is_scripting" || name == "is_autocast_enabled" || name == "is_sparse")
    return Value::boolean(false);
  if (name == "warn" || name == "format" || name == "__interpolate" || name == "percentFormat")
    return Value::word("");
  if (name == "RaiseException") return not_compiled("the code raises an error for these inputs");
  if (name == "neg" && count == 1 && a.is_number()) {
    Value value = a;
    value.real = -value.real;
    value.integer = {-value.integer.fixed, -value.integer.rows};
    return value;
  }
  if (name == "floordiv" && count == 2)
    return operate("floor_divide", std::move(positional), std::move(named));
  if ((name == "min" || name == "max") && count == 2 && a.is_number() && b.is_number() &&
      a.integer.is_fixed() && b.integer.is_fixed())
    return Value((a.as_real() < b.as_real()) == (name == "min") ? a : b);
  if (name == "remainder" && count == 2 && a.is(Value::Kind::Int) && b.is(Value::Kind::Int) &&
      a.integer.is_fixed() && b.integer.is_fixed() && b.integer.fixed > 0)
    return Value::whole(((a.integer.fixed % b.integer.fixed) + b.integer.fixed) % b.integer.fixed);
  known = false;
  return Value();
}

// NOLINTNEXTLINE(misc-no-recursion): builtin() once
Result<Value> Follower::operate(const std::string& name, std::vector<Value> positional,
                                Named named) {
  composer_.set_place(name);
  std::string op = name;
  const bool in_place = op.size() > 1 && op.back() == '_' && op.rfind("__", 0) != 0;
  if (in_place) op.pop_back();
  const Value first = positional.empty() ? Value() : positional[0];
  MLE_TRY_ASSIGN(Value made,
                 aten::run_operator(composer_, op, std::move(positional), std::move(named)));
  if (in_place && first.is_tensor() && made.is_tensor()) {
    MLE_TRY(change_in_place(first.text, made.text, name));
  } else if (aten::is_view(op) && first.is_tensor()) {
    shared_.insert(first.text);
    if (made.is_tensor()) shared_.insert(made.text);
    for (const Value& part : made.items)
      if (part.is_tensor()) shared_.insert(part.text);
  }
  return made;
}

// Whoever held the tensor holds what became of it.
Status Follower::change_in_place(const std::string& before, const std::string& after,
                                 const std::string& op) {
  if (before == after) return {};
  if (shared_.contains(before))
    return not_compiled("'" + archive::shown(op) + "' changes a tensor in place that others show");
  for (Frame* frame : frames_)
    for (auto& [name, value] : *frame) {
      if (value.is_tensor() && value.text == before) value.text = after;
      for (Value& part : value.items)
        if (part.is_tensor() && part.text == before) part.text = after;
    }
  return {};
}

}  // namespace mle::compiler::script
