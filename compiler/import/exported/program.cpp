// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/exported/program.h"

#include "compiler/import/archive/voice.h"
#include "compiler/import/aten/dtypes.h"
#include "compiler/import/aten/ops.h"
#include "compiler/import/network/constant.h"
#include "format/limits.h"
#include "format/rules.h"

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::compiler::exported {
namespace {

using enum format::rule::Rule;
using aten::Value;

Status damaged(const std::string& what) {
  return Status::make(Code::Corrupt, C213_GraphBroken, Status::kNoOffset,
                      "no sound exported program: " + what, "export the model again");
}

// "torch.ops.aten.linear.default" → "linear"; the operators of Python on sizes by their own names.
std::string operator_of(const std::string& target) {
  constexpr std::string_view kAten = "torch.ops.aten.";
  if (target.rfind(kAten, 0) == 0) {
    const std::string rest = target.substr(kAten.size());
    return rest.substr(0, rest.find('.'));
  }
  struct Python {
    std::string_view target;
    const char* op;
  };
  static constexpr Python kPython[] = {
      {"_operator.add", "add"},     {"_operator.sub", "sub"},
      {"_operator.mul", "mul"},     {"_operator.eq", "eq"},
      {"_operator.ne", "ne"},       {"_operator.lt", "lt"},
      {"_operator.le", "le"},       {"_operator.gt", "gt"},
      {"_operator.ge", "ge"},       {"_operator.neg", "neg"},
      {"_operator.truediv", "div"}, {"_operator.floordiv", "floor_divide"},
  };
  for (const Python& known : kPython)
    if (known.target == target) return known.op;
  return target;
}

// What only asserts says nothing about the answer.
bool is_assertion(const std::string& target) {
  static constexpr std::string_view kAssertions[] = {
      "torch.ops.aten._assert_scalar.default",
      "torch.ops.aten._assert_async.msg",
      "torch.ops.aten._assert_async.default",
      "torch.ops.aten._assert_tensor_metadata.default",
      "torch.ops.aten.sym_constrain_range.default",
      "torch.ops.aten.sym_constrain_range_for_size.default",
      "torch._check_is_size",
      "torch._check",
  };
  for (const std::string_view assertion : kAssertions)
    if (assertion == target) return true;
  return false;
}

class Program {
 public:
  Program(const json& program, const network::Weights& weights, const SourceFile& source,
          const ImportOptions& options, Problems& problems)
      : graph_(field(field(program, "graph_module"), "graph")),
        signature_(field(field(program, "graph_module"), "signature")),
        calls_(field(field(program, "graph_module"), "module_call_graph")),
        weights_(weights),
        problems_(problems),
        composer_(source, options, problems) {}

  std::optional<Graph> run() {
    if (const Status read = declare_inputs(); !read.ok()) {
      problems_.add(read, "");
      return std::nullopt;
    }
    if (!problems_.empty()) return std::nullopt;
    const json& nodes = field(graph_, "nodes");
    if (!nodes.is_array()) {
      problems_.add(damaged("it has no nodes"), "");
      return std::nullopt;
    }
    for (const json& node : nodes) {
      const std::string name = name_of(node);
      composer_.set_place(name);
      follows_refused_ = false;
      if (const Status followed = follow(node); !followed.ok()) {
        // What a refused node should have made is known, but refused: no follow-up problems.
        if (!follows_refused_) problems_.add(followed, "node '" + archive::shown(name) + "'");
        refuse_outputs(field(node, "outputs"));
      }
    }
    if (!problems_.empty()) return std::nullopt;
    return finish();
  }

 private:
  static std::string name_of(const json& node) {
    const std::string name = text_of(field(node, "name"));
    if (!name.empty()) return name;
    const std::string output =
        text_of(field(field(element(field(node, "outputs"), 0), "as_tensor"), "name"));
    return output.empty() ? text_of(field(node, "target")) : output;
  }

  // ---- inputs ----

  Status declare_inputs() {
    const json& specs = field(signature_, "input_specs");
    if (!specs.is_array()) return damaged("it does not say what its inputs are");
    std::vector<onnx::Composer::Input> inputs;
    std::vector<std::string> internal;
    for (const json& spec : specs) {
      const Choice choice = choice_of(spec);
      if (choice.value == nullptr) return damaged("an input of no kind");
      if (choice.name != "user_input") continue;
      const Choice arg = choice_of(field(*choice.value, "arg"));
      if (arg.name != "as_tensor") {
        if (arg.name == "as_none") continue;
        return Status::make(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                            "an input of the model is no tensor",
                            "export it with tensors as inputs, and numbers inside");
      }
      const std::string name = text_of(field(*arg.value, "name"));
      onnx::Composer::Input input;
      MLE_TRY(read_shape(name, input));
      inputs.push_back(std::move(input));
      internal.push_back(name);
    }
    name_inputs(inputs);
    if (!composer_.declare(inputs)) return {};
    for (size_t i = 0; i < inputs.size(); ++i) values_[internal[i]] = Value::tensor(inputs[i].name);
    return add_weights(specs);
  }

  // The names of forward's own arguments, where there are as many.
  void name_inputs(std::vector<onnx::Composer::Input>& inputs) const {
    const json& names = field(field(element(calls_, 0), "signature"), "forward_arg_names");
    std::set<std::string> distinct;
    if (names.is_array() && names.size() == inputs.size())
      for (const json& name : names) distinct.insert(text_of(name));
    const bool usable = distinct.size() == inputs.size() && !distinct.contains("");
    for (size_t i = 0; usable && i < inputs.size(); ++i) inputs[i].name = text_of(names[i]);
  }

  Status read_shape(const std::string& name, onnx::Composer::Input& input) const {
    const json& meta = field(field(graph_, "tensor_values"), name.c_str());
    const auto type = integer_of(field(meta, "dtype"));
    const auto dtype = type ? aten::computed_as(scalar_type_of(*type)) : std::nullopt;
    const json& sizes = field(meta, "sizes");
    if (name.empty() || !sizes.is_array()) return damaged("an input without a shape");
    if (!dtype)
      return Status::make(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                          "input '" + archive::shown(name) + "' is of a type that is not read",
                          "export the model with float32 inputs");
    input.name = name;
    input.dtype = *dtype;
    for (const json& size : sizes) {
      const auto fixed = integer_of(field(size, "as_int"));
      if (fixed && (*fixed < 1 || *fixed > static_cast<int64_t>(format::kMaxDim)))
        return damaged("input '" + archive::shown(name) + "' has an axis of no usable length");
      input.dims.push_back(static_cast<uint32_t>(fixed.value_or(0)));
      input.axes.push_back(fixed ? "" : text_of(field(field(size, "as_expr"), "expr_str")));
    }
    return {};
  }

  Status add_weights(const json& specs) {
    struct Kind {
      const char *choice, *name;
    };
    static constexpr Kind kKinds[] = {{"parameter", "parameter_name"},
                                      {"buffer", "buffer_name"},
                                      {"tensor_constant", "tensor_constant_name"}};
    for (const json& spec : specs) {
      const Choice choice = choice_of(spec);
      for (const Kind& kind : kKinds) {
        if (choice.name != kind.choice) continue;
        const std::string internal = text_of(field(field(*choice.value, "arg"), "name"));
        const std::string full = text_of(field(*choice.value, kind.name));
        const auto found = weights_.find(full);
        if (found == weights_.end())
          return damaged("the file has no tensor '" + archive::shown(full) + "'");
        // Empty and unused counters stay out of the graph until somebody asks.
        MLE_TRY_ASSIGN(std::string name, network::add_constant(composer_, full, found->second));
        shared_.insert(name);  // the model's own
        values_[internal] = Value::tensor(std::move(name));
      }
      if (choice.name == "constant_input") {
        const std::string internal = text_of(field(*choice.value, "name"));
        MLE_TRY_ASSIGN(values_[internal], argument(field(*choice.value, "value")));
      }
    }
    return {};
  }

  // ---- nodes ----

  void refuse_outputs(const json& outputs) {
    for (const json& output : items_of(outputs)) {
      const Choice choice = choice_of(output);
      if (choice.value == nullptr) continue;
      const json list = choice.value->is_array() ? *choice.value : json::array({*choice.value});
      for (const json& item : list)
        for (const char* key : {"name", "as_name"}) refused_.insert(text_of(field(item, key)));
    }
  }

  Result<Value> named(const json& reference, const char* key = "name") const {
    const std::string name = text_of(field(reference, key));
    const auto found = values_.find(name);
    if (found != values_.end()) return found->second;
    follows_refused_ = follows_refused_ || refused_.contains(name);
    return damaged("'" + archive::shown(name) + "' is used before it is computed");
  }

  static double real_of(const json& value) {
    if (value.is_number()) return value.get<double>();
    const std::string text = text_of(value);
    if (text == "Infinity") return HUGE_VAL;
    if (text == "-Infinity") return -HUGE_VAL;
    return std::nan("");
  }

  // A symbolic number: {"as_name": "sym_size_int"} or {"as_int": 3}.
  Result<Value> symbol(const json& value) const {
    if (!text_of(field(value, "as_name")).empty()) return named(value, "as_name");
    if (const auto fixed = integer_of(field(value, "as_int"))) return Value::whole(*fixed);
    if (field(value, "as_bool").is_boolean())
      return Value::boolean(field(value, "as_bool").get<bool>());
    if (field(value, "as_float").is_number())
      return Value::number(field(value, "as_float").get<double>());
    return damaged("a symbol that stands for nothing");
  }

  template <class Read>
  static Result<Value> list_of(const json& value, Read read) {
    if (!value.is_array()) return damaged("a list that is none");
    std::vector<Value> items;
    for (const json& item : value) {
      MLE_TRY_ASSIGN(Value one, read(item));
      items.push_back(std::move(one));
    }
    return Value::list(std::move(items));
  }

  // NOLINTNEXTLINE(misc-no-recursion): JSON is 64 deep at most
  Result<Value> argument(const json& given) const {
    const Choice choice = choice_of(given);
    if (choice.value == nullptr) return Value();
    const json& value = *choice.value;
    const std::string& kind = choice.name;
    if (kind == "as_none") return Value();
    if (kind == "as_tensor") return named(value);
    if (kind == "as_tensors" || kind == "as_nested_tensors")
      return list_of(value, [&](const json& item) { return named(item); });
    if (kind == "as_optional_tensors" || kind == "as_optional_tensor") {
      const auto one = [&](const json& item) { return argument(item); };
      return kind == "as_optional_tensor" ? argument(value) : list_of(value, one);
    }
    if (kind == "as_int" || kind == "as_memory_format" || kind == "as_layout") {
      const auto integer = integer_of(value);
      if (!integer) return damaged("a number that is too large");
      return Value::whole(*integer);
    }
    if (kind == "as_scalar_type")
      return Value::whole(scalar_type_of(integer_of(value).value_or(-1)));
    if (kind == "as_bool") return Value::boolean(value.is_boolean() && value.get<bool>());
    if (kind == "as_float") return Value::number(real_of(value));
    if (kind == "as_string" || kind == "as_operator") return Value::word(text_of(value));
    if (kind == "as_device") return Value::word("device");
    if (kind == "as_sym_int" || kind == "as_sym_bool" || kind == "as_sym_float")
      return symbol(value);
    if (kind == "as_sym_ints" || kind == "as_sym_floats")
      return list_of(value, [&](const json& item) { return symbol(item); });
    if (kind == "as_ints" || kind == "as_int_lists")
      return list_of(value, [&](const json& item) -> Result<Value> {
        const auto integer = integer_of(item);
        if (!integer) return damaged("a number that is too large");
        return Value::whole(*integer);
      });
    if (kind == "as_floats")
      return list_of(
          value, [](const json& item) -> Result<Value> { return Value::number(real_of(item)); });
    if (kind == "as_bools")
      return list_of(value, [](const json& item) -> Result<Value> {
        return Value::boolean(item.is_boolean() && item.get<bool>());
      });
    return Status::make(Code::Unsupported, C205_UnsupportedOp, Status::kNoOffset,
                        "an argument of kind '" + archive::shown(kind) + "' is not read",
                        "export the model without control flow and objects of its own");
  }

  Status follow(const json& node) {
    const std::string target = text_of(field(node, "target"));
    if (is_assertion(target)) return {};
    aten::Named arguments;
    std::vector<Value> positional;
    const json& inputs = field(node, "inputs");
    if (!inputs.is_array()) return damaged("a node without inputs");
    const bool python = target.rfind("_operator.", 0) == 0;
    for (const json& input : inputs) {
      MLE_TRY_ASSIGN(Value value, argument(field(input, "arg")));
      const std::string name = text_of(field(input, "name"));
      if (name.empty() || python)
        positional.push_back(std::move(value));
      else
        arguments[name] = std::move(value);
    }
    std::string op = operator_of(target);
    const bool in_place = op.size() > 1 && op.back() == '_' && op.rfind("__", 0) != 0;
    if (in_place) op.pop_back();
    const Value first = first_of(positional, arguments);
    MLE_TRY_ASSIGN(Value made,
                   aten::run_operator(composer_, op, std::move(positional), std::move(arguments)));
    if (in_place) {
      MLE_TRY(change_in_place(first, made, op));
    } else if (aten::is_view(op) && first.is_tensor()) {
      shared_.insert(first.text);
      if (made.is_tensor()) shared_.insert(made.text);
      for (const Value& part : made.items)
        if (part.is_tensor()) shared_.insert(part.text);
    }
    return assign(field(node, "outputs"), std::move(made));
  }

  static Value first_of(const std::vector<Value>& positional, const aten::Named& named) {
    if (!positional.empty()) return positional[0];
    for (const char* name : {"self", "input"})
      if (const auto found = named.find(name); found != named.end()) return found->second;
    return {};
  }

  // Whoever held the tensor holds what became of it.
  Status change_in_place(const Value& before, const Value& after, const std::string& op) {
    if (before.is_tensor() && after.is_tensor() && before.text == after.text) return {};
    if (!before.is_tensor() || !after.is_tensor() || shared_.contains(before.text))
      return Status::make(
          Code::Unsupported, C205_UnsupportedOp, Status::kNoOffset,
          "operator '" + archive::shown(op) + "_' changes a tensor in place that others show",
          "run .run_decompositions() on the exported program before saving it");
    for (auto& [name, value] : values_) {
      if (value.is_tensor() && value.text == before.text) value.text = after.text;
      for (Value& part : value.items)
        if (part.is_tensor() && part.text == before.text) part.text = after.text;
    }
    return {};
  }

  // One output takes the value, several take the items of a list.
  Status assign(const json& outputs, Value made) {
    if (!outputs.is_array()) return damaged("a node without outputs");
    if (outputs.size() == 1) return assign_one(outputs[0], std::move(made));
    if (!made.is(Value::Kind::List) || made.items.size() < outputs.size())
      return damaged("a node with another number of outputs");
    for (size_t i = 0; i < outputs.size(); ++i)
      MLE_TRY(assign_one(outputs[i], std::move(made.items[i])));
    return {};
  }

  Status assign_one(const json& output, Value made) {
    const Choice choice = choice_of(output);
    if (choice.value == nullptr || choice.name == "as_none") return {};
    if (choice.name == "as_tensors") {
      if (!choice.value->is_array() || !made.is(Value::Kind::List) ||
          made.items.size() != choice.value->size())
        return damaged("a node with another number of outputs");
      for (size_t i = 0; i < made.items.size(); ++i)
        values_[text_of(field((*choice.value)[i], "name"))] = std::move(made.items[i]);
      return {};
    }
    const bool symbolic = choice.name.rfind("as_sym", 0) == 0;
    const std::string name = text_of(field(*choice.value, symbolic ? "as_name" : "name"));
    if (made.is(Value::Kind::List) && !made.items.empty() && !symbolic)
      made = Value(made.items[0]);  // the others of a tuple that nobody uses
    values_[name] = std::move(made);
    return {};
  }

  // ---- outputs ----

  std::optional<Graph> finish() {
    const json& specs = field(signature_, "output_specs");
    std::vector<std::string> tensors;
    for (const json& spec : items_of(specs)) {
      const Choice choice = choice_of(spec);
      if (choice.value == nullptr) continue;
      if (choice.name == "buffer_mutation") continue;  // a counter of training
      if (choice.name != "user_output") {
        problems_.add(Code::Unsupported, C205_UnsupportedOp, "",
                      "the program changes its inputs or its state",
                      "export it after model.eval()");
        continue;
      }
      const Choice arg = choice_of(field(*choice.value, "arg"));
      if (arg.name == "as_none") continue;
      const auto value =
          arg.value == nullptr ? Result<Value>(Value()) : argument(field(*choice.value, "arg"));
      if (!value || !value->is_tensor()) {
        problems_.add(Code::Unsupported, C215_NoOutputs, "", "an output of the model is no tensor",
                      "export it with tensors as outputs");
        continue;
      }
      tensors.push_back(value->text);
    }
    if (!problems_.empty()) return std::nullopt;
    std::vector<std::pair<std::string, std::string>> outputs;
    for (size_t i = 0; i < tensors.size(); ++i)
      outputs.emplace_back(tensors.size() == 1 ? "y" : "y" + std::to_string(i), tensors[i]);
    return composer_.finish(outputs);
  }

  const json &graph_, &signature_, &calls_;
  const network::Weights& weights_;
  Problems& problems_;
  onnx::Composer composer_;
  std::map<std::string, Value> values_;
  std::set<std::string> refused_;  // outputs of nodes that had a problem, which has been told
  std::set<std::string> shared_;   // tensors that others may show, too
  mutable bool follows_refused_ = false;
};

}  // namespace

std::optional<Graph> follow_program(const json& program, const network::Weights& weights,
                                    const SourceFile& source, const ImportOptions& options,
                                    Problems& problems) {
  return Program(program, weights, source, options, problems).run();
}

}  // namespace mle::compiler::exported
