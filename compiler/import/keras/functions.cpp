// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/keras/functions.h"

#include "compiler/import/archive/voice.h"
#include "compiler/import/aten/ops.h"
#include "compiler/import/keras/layer.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace mle::compiler::keras {
namespace {

using aten::Value;

// A function that is an operator of PyTorch's: what its arguments are called there, and under which
// names of the configuration the others are found.
struct Function {
  std::string_view keras;
  const char* torch;
  std::string_view arguments;
  std::string_view config = {};
};

constexpr std::string_view kPair = "self other";
constexpr std::string_view kOver = "axis=dim keepdims=keepdim";
constexpr Function kFunctions[] = {
    {"Add", "add", kPair},
    {"Subtract", "sub", kPair},
    {"Multiply", "mul", kPair},
    {"TrueDivide", "div", kPair},
    {"Divide", "div", kPair},
    {"FloorDivide", "floor_divide", kPair},
    {"Mod", "remainder", kPair},
    {"Power", "pow", "self exponent"},
    {"Maximum", "maximum", kPair},
    {"Minimum", "minimum", kPair},
    {"Greater", "gt", kPair},
    {"GreaterEqual", "ge", kPair},
    {"Less", "lt", kPair},
    {"LessEqual", "le", kPair},
    {"Equal", "eq", kPair},
    {"NotEqual", "ne", kPair},
    {"LogicalAnd", "logical_and", kPair},
    {"LogicalOr", "logical_or", kPair},
    {"LogicalXor", "logical_xor", kPair},
    {"LogicalNot", "logical_not", "self"},
    {"Where", "where", "condition self other"},
    {"Matmul", "matmul", kPair},
    {"Negative", "neg", "self"},
    {"Absolute", "abs", "self"},
    {"Exp", "exp", "self"},
    {"Expm1", "expm1", "self"},
    {"Log", "log", "self"},
    {"Log1p", "log1p", "self"},
    {"Log2", "log2", "self"},
    {"Log10", "log10", "self"},
    {"Logaddexp", "logaddexp", kPair},
    {"Sqrt", "sqrt", "self"},
    {"Rsqrt", "rsqrt", "self"},
    {"Square", "square", "self"},
    {"Reciprocal", "reciprocal", "self"},
    {"Sign", "sign", "self"},
    {"Floor", "floor", "self"},
    {"Ceil", "ceil", "self"},
    {"Sin", "sin", "self"},
    {"Cos", "cos", "self"},
    {"Tan", "tan", "self"},
    {"Arctan", "atan", "self"},
    {"Sinh", "sinh", "self"},
    {"Cosh", "cosh", "self"},
    {"Tanh", "tanh", "self"},
    {"Erf", "erf", "self"},
    {"Isnan", "isnan", "self"},
    {"Isinf", "isinf", "self"},
    {"Isfinite", "isfinite", "self"},
    {"Relu", "relu", "self"},
    {"Relu6", "relu6", "self"},
    {"Sigmoid", "sigmoid", "self"},
    {"Silu", "silu", "self"},
    {"Softplus", "softplus", "self"},
    {"Softsign", "softsign", "self"},
    {"LogSigmoid", "log_sigmoid", "self"},
    {"HardSilu", "hardswish", "self"},
    {"Selu", "selu", "self"},
    {"LeakyRelu", "leaky_relu", "self", "negative_slope=negative_slope"},
    {"Elu", "elu", "self", "alpha=alpha"},
    {"Celu", "celu", "self", "alpha=alpha"},
    {"Softmax", "softmax", "self", "axis=dim"},
    {"LogSoftmax", "log_softmax", "self", "axis=dim"},
    {"Clip", "clamp", "self", "x_min=min x_max=max"},
    {"Mean", "mean", "self", kOver},
    {"Sum", "sum", "self", kOver},
    {"Prod", "prod", "self", kOver},
    {"Max", "amax", "self", kOver},
    {"Min", "amin", "self", kOver},
    {"Any", "any", "self", kOver},
    {"All", "all", "self", kOver},
    {"Logsumexp", "logsumexp", "self", kOver},
    {"Cumsum", "cumsum", "self", "axis=dim"},
    {"Concatenate", "cat", "tensors", "axis=dim"},
    {"Stack", "stack", "tensors", "axis=dim"},
    {"ExpandDims", "unsqueeze", "self", "axis=dim"},
    {"Squeeze", "squeeze", "self", "axis=dim"},
    {"Swapaxes", "swapaxes", "self", "axis1=dim0 axis2=dim1"},
    {"Moveaxis", "movedim", "self", "source=source destination=destination"},
    {"Flip", "flip", "self", "axis=dims"},
    {"Roll", "roll", "self", "shift=shifts axis=dims"},
    {"Repeat", "repeat_interleave", "self", "repeats=repeats axis=dim"},
    {"Tile", "tile", "self", "repeats=dims"},
    {"Take", "index_select", "self index", "axis=dim"},
    {"ZerosLike", "zeros_like", "self"},
    {"OnesLike", "ones_like", "self"},
};

// NOLINTNEXTLINE(misc-no-recursion): JSON is 64 deep at most
void flatten(const json& given, std::vector<double>& numbers, std::vector<onnx::Length>& dims,
             size_t depth) {
  if (given.is_number()) numbers.push_back(given.get<double>());
  if (given.is_boolean()) numbers.push_back(given.get<bool>() ? 1 : 0);
  if (!given.is_array()) return;
  if (dims.size() == depth) dims.push_back({static_cast<int64_t>(given.size()), 0});
  for (const json& item : given) flatten(item, numbers, dims, depth + 1);
}

class Call {
 public:
  Call(onnx::Composer& composer, const json& layer, const std::vector<std::string>& tensors)
      : composer_(composer),
        name_(text_of(field(layer, "class_name"))),
        config_(field(layer, "config")),
        tensors_(tensors) {}

  Result<Value> run(const json& call) {
    const json &args = field(call, "args"), &kwargs = field(call, "kwargs");
    for (const json& arg : items_of(args)) {
      MLE_TRY_ASSIGN(Value value, value_of(arg));
      positional_.push_back(std::move(value));
    }
    if (kwargs.is_object())
      for (const auto& [key, arg] : kwargs.items()) {
        if (arg.is_null()) continue;
        MLE_TRY_ASSIGN(Value value, value_of(arg));
        static constexpr std::string_view kInOrder[] = {"x", "xs", "x1", "x2"};
        if (std::ranges::find(kInOrder, key) == std::end(kInOrder))
          return not_compiled("a call with the argument '" + archive::shown(key) +
                              "' is not compiled");
        positional_.push_back(std::move(value));
      }
    if (positional_.empty()) return wrong_layer("it is called with nothing");
    for (const Function& function : kFunctions)
      if (function.keras == name_) return as_operator(function);
    return special();
  }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): JSON is 64 deep at most
  Result<Value> value_of(const json& given) {
    if (field(field(given, "config"), "keras_history").is_array()) {
      if (next_ >= tensors_.size()) return wrong_layer("its arguments do not fit");
      return Value::tensor(tensors_[next_++]);
    }
    if (text_of(field(given, "class_name")) == "__numpy__") return constant(field(given, "config"));
    if (text_of(field(given, "class_name")) == "__slice__") {
      std::vector<Value> parts = {Value::word("slice")};
      for (const char* key : {"start", "stop", "step"}) {
        MLE_TRY_ASSIGN(Value part, value_of(field(field(given, "config"), key)));
        parts.push_back(std::move(part));
      }
      return Value::list(std::move(parts));
    }
    if (given.is_null()) return Value();
    if (given.is_boolean()) return Value::boolean(given.get<bool>());
    if (const auto whole = integer_of(given)) return Value::whole(*whole);
    if (given.is_number()) return Value::number(given.get<double>());
    if (given.is_string()) return Value::word(given.get<std::string>());
    if (!given.is_array()) return not_compiled("a call with such an argument is not compiled");
    std::vector<Value> items;
    for (const json& item : given) {
      MLE_TRY_ASSIGN(Value one, value_of(item));
      items.push_back(std::move(one));
    }
    return Value::list(std::move(items));
  }

  Result<Value> constant(const json& config) {
    const std::string dtype = text_of(field(config, "dtype"));
    std::vector<double> numbers;
    std::vector<onnx::Length> dims;
    flatten(field(config, "value"), numbers, dims, 0);
    size_t count = 1;
    for (const onnx::Length& dim : dims) count *= static_cast<size_t>(dim.fixed);
    if (numbers.empty() || numbers.size() != count || dims.size() > 8)
      return wrong_layer("a constant that is none");
    // Backends hold numpy's float64 as the type they compute in.
    const bool wide = !tensors_.empty() && composer_.shape(tensors_[0]).dtype == DType::F64;
    const DType type = dtype == "bool"                                             ? DType::Bool
                       : dtype.rfind("int", 0) == 0 || dtype.rfind("uint", 0) == 0 ? DType::I64
                       : wide                                                      ? DType::F64
                                                                                   : DType::F32;
    const std::string flat = composer_.numbers(numbers, type);
    return aten::as_value(composer_.add_one(
        {"Reshape", {flat, composer_.lengths(dims)}, {{"allowzero", int64_t{1}}}}));
  }

  Result<Value> torch(const char* op, std::vector<Value> positional, aten::Named named = {}) {
    return aten::run_operator(composer_, op, std::move(positional), std::move(named));
  }
  Result<Value> option(const char* key) { return value_of(field(config_, key)); }

  Result<Value> as_operator(const Function& function) {
    aten::Named named;
    std::string_view words = function.arguments;
    for (Value& value : positional_) {
      if (words.empty()) return not_compiled("a call with so many arguments is not compiled");
      const size_t end = words.find(' ');
      named[std::string(words.substr(0, end))] = std::move(value);
      words = end == std::string_view::npos ? "" : words.substr(end + 1);
    }
    words = function.config;
    while (!words.empty()) {
      const size_t end = words.find(' ');
      const std::string_view word = words.substr(0, end);
      words = end == std::string_view::npos ? "" : words.substr(end + 1);
      const size_t equals = word.find('=');
      MLE_TRY_ASSIGN(Value value, option(std::string(word.substr(0, equals)).c_str()));
      if (!value.is_none()) named[std::string(word.substr(equals + 1))] = std::move(value);
    }
    return torch(function.torch, {}, std::move(named));
  }

  Result<Value> special() {
    const Value& x = positional_[0];
    if (name_ == "Einsum") {
      MLE_TRY_ASSIGN(Value equation, option("subscripts"));
      return torch("einsum", {equation, Value::list(positional_)});
    }
    if (!x.is_tensor()) return not_compiled("a call without a tensor is not compiled");
    if (name_ == "GetItem") return get_item(x);
    if (name_ == "Reshape") return reshape(x);
    if (name_ == "Gelu") {
      const bool rough =
          field(config_, "approximate").is_boolean() && field(config_, "approximate").get<bool>();
      return torch("gelu", {x}, {{"approximate", Value::word(rough ? "tanh" : "none")}});
    }
    if (name_ == "HardSigmoid") return torch("hardsigmoid", {x});
    if (name_ == "Round") {
      if (integer_of(field(config_, "decimals")).value_or(0) != 0)
        return not_compiled("with decimals it is not compiled");
      return torch("round", {x});
    }
    if (name_ == "Std" || name_ == "Var") {
      aten::Named named = {{"correction", Value::whole(0)}};
      MLE_TRY_ASSIGN(named["dim"], option("axis"));
      MLE_TRY_ASSIGN(named["keepdim"], option("keepdims"));
      return torch(name_ == "Std" ? "std" : "var", {x}, std::move(named));
    }
    if (name_ == "Transpose") {
      MLE_TRY_ASSIGN(Value axes, option("axes"));
      if (axes.is_none()) return not_compiled("of all axes mixes rows", "name the axes");
      return torch("permute", {x, axes});
    }
    if (name_ == "Cast") return cast(x, text_of(field(config_, "dtype")));
    if (name_ == "Argmax" || name_ == "Argmin") {
      MLE_TRY_ASSIGN(Value axis, option("axis"));
      MLE_TRY_ASSIGN(Value keep, option("keepdims"));
      MLE_TRY_ASSIGN(Value place, torch(name_ == "Argmax" ? "argmax" : "argmin", {x, axis, keep}));
      return cast(place, "int32");
    }
    if (name_ == "OneHot") {
      const int64_t axis = integer_of(field(config_, "axis")).value_or(-1);
      MLE_TRY_ASSIGN(Value classes, option("num_classes"));
      if (axis != -1) return not_compiled("along other than the last axis it is not compiled");
      MLE_TRY_ASSIGN(Value places, torch("to", {x, Value::whole(4)}));
      MLE_TRY_ASSIGN(Value hot, torch("one_hot", {places, classes}));
      const std::string dtype = text_of(field(config_, "dtype"));
      return cast(hot, dtype.empty() ? "float32" : dtype);
    }
    if (name_ == "Split") {
      MLE_TRY_ASSIGN(Value parts, option("indices_or_sections"));
      MLE_TRY_ASSIGN(Value axis, option("axis"));
      return torch("tensor_split", {x, parts, axis});
    }
    if (name_ == "Norm") {
      if (!field(config_, "ord").is_null() && field(config_, "axis").is_array())
        return not_compiled("of matrices it is not compiled");
      MLE_TRY_ASSIGN(Value order, option("ord"));
      MLE_TRY_ASSIGN(Value axis, option("axis"));
      MLE_TRY_ASSIGN(Value keep, option("keepdims"));
      return torch("linalg_vector_norm", {x, order, axis, keep});
    }
    return not_compiled("functions of class '" + archive::shown(name_) + "' are not compiled",
                        "docs/networks.md lists the functions that are");
  }

  Result<Value> cast(const Value& x, const std::string& dtype) {
    struct Known {
      std::string_view name;
      int64_t number;
    };
    static constexpr Known kTypes[] = {{"float32", 6}, {"float64", 7}, {"int32", 3}, {"int64", 4},
                                       {"int16", 2},   {"int8", 1},    {"uint8", 0}, {"bool", 11},
                                       {"float16", 6}, {"bfloat16", 6}};
    const auto known = std::ranges::find(kTypes, std::string_view(dtype), &Known::name);
    if (known == std::end(kTypes))
      return not_compiled("in the type '" + archive::shown(dtype) + "' it is not compiled");
    if (dtype.find("16") != std::string::npos && dtype != "int16")
      composer_.note("what the model computes in 16 bits is computed in f32");
    return torch("to", {x, Value::whole(known->number)});
  }

  // The first length is that of the rows, whether -1 or not.
  Result<Value> reshape(const Value& x) {
    const json& shape = field(config_, "newshape");
    if (!shape.is_array() || shape.empty()) return wrong_layer("without its newshape");
    std::vector<Value> lengths;
    bool open = false;
    for (size_t i = 1; i < shape.size(); ++i) {
      const auto length = integer_of(shape[i]);
      if (shape[i].is_null() || (length && *length == -1)) open = true;
      if (!shape[i].is_null() && !length) return wrong_layer("its newshape holds no lengths");
      lengths.push_back(Value::whole(length.value_or(-1)));
    }
    const auto rows = composer_.shape(x.text).dims.at(0);
    const bool by_rows = shape[0].is_null() || integer_of(shape[0]) == -1 || open;
    if (!by_rows) return not_compiled("of a fixed number of rows mixes rows");
    lengths.insert(lengths.begin(), Value::length(rows));
    return torch("view", {x, Value::list(std::move(lengths))});
  }

  // x[:, 1:3, None, ..., 0]
  Result<Value> get_item(Value x) {
    if (positional_.size() != 2) return wrong_layer("without its key");
    const Value& key = positional_[1];
    const bool is_list = key.is(Value::Kind::List) && !is_slice(key);
    const std::vector<Value> parts = is_list ? key.items : std::vector<Value>{key};
    size_t named = 0;
    for (const Value& part : parts)
      if (!part.is_none() && !is_ellipsis(part)) ++named;
    int64_t axis = 0;
    for (const Value& part : parts) {
      const size_t rank = composer_.shape(x.text).rank();
      if (is_ellipsis(part)) {
        const size_t given = static_cast<size_t>(axis) + named;
        if (given > rank) return wrong_layer("a key of too many parts");
        axis = static_cast<int64_t>(rank - named);
      } else if (part.is_none()) {
        MLE_TRY_ASSIGN(x, torch("unsqueeze", {x, Value::whole(axis)}));
        ++axis;
      } else if (is_slice(part)) {
        --named;
        const Value step = part.items[3].is_none() ? Value::whole(1) : part.items[3];
        if (!step.is(Value::Kind::Int) || step.integer.fixed < 1)
          return not_compiled("a slice backwards is not compiled");
        MLE_TRY_ASSIGN(x,
                       torch("slice", {x, Value::whole(axis), part.items[1], part.items[2], step}));
        ++axis;
      } else if (part.is(Value::Kind::Int)) {
        --named;
        if (axis == 0)
          return not_compiled("an entry of the batch axis mixes rows", "take all rows: x[:, …]");
        MLE_TRY_ASSIGN(x, torch("select", {x, Value::whole(axis), part}));
      } else {
        return not_compiled("by such a key is not compiled");
      }
    }
    return x;
  }
  static bool is_slice(const Value& value) {
    return value.is(Value::Kind::List) && value.items.size() == 4 &&
           value.items[0].is(Value::Kind::Text);
  }
  static bool is_ellipsis(const Value& value) {
    return value.is(Value::Kind::Text) && value.text == "...";
  }

  onnx::Composer& composer_;
  const std::string name_;
  const json& config_;
  const std::vector<std::string>& tensors_;
  size_t next_ = 0;
  std::vector<Value> positional_;
};

}  // namespace

bool is_function(const json& layer) {
  const std::string module = text_of(field(layer, "module"));
  return module.rfind("keras.src.ops.", 0) == 0 || module.rfind("keras.ops.", 0) == 0;
}

Result<std::vector<std::string>> run_function(onnx::Composer& composer, const json& layer,
                                              const json& call,
                                              const std::vector<std::string>& tensors) {
  MLE_TRY_ASSIGN(const Value made, Call(composer, layer, tensors).run(call));
  std::vector<std::string> names;
  if (made.is_tensor()) names.push_back(made.text);
  for (const Value& item : made.items)
    if (item.is_tensor()) names.push_back(item.text);
  if (names.empty()) return wrong_layer("it gives no tensor");
  return names;
}

}  // namespace mle::compiler::keras
