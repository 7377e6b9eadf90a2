// Transformers that treat each column, or each row, by a formula.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/coefficients.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"
#include "compiler/import/sklearn/usual.h"

#include <limits>

namespace mle::compiler::sklearn {
namespace {

// Divided by their scale and shifted, as far as the estimator has such numbers.
ValueId shifted_and_scaled(Builder& b, const Estimator& e, ValueId x, const char* shift,
                           const char* with_shift, const char* scale, const char* with_scale) {
  if (e.flag_or(with_shift, true) && e.has(shift)) x = b.subtract(x, b.vector(e.reals(shift)));
  if (e.flag_or(with_scale, true) && e.has(scale)) x = b.divide(x, b.vector(e.reals(scale)));
  return x;
}

ValueId unscaled_and_unshifted(Builder& b, const Estimator& e, ValueId x, const char* shift,
                               const char* with_shift, const char* scale, const char* with_scale) {
  if (e.flag_or(with_scale, true) && e.has(scale)) x = b.multiply(x, b.vector(e.reals(scale)));
  if (e.flag_or(with_shift, true) && e.has(shift)) x = b.add(x, b.vector(e.reals(shift)));
  return x;
}

}  // namespace

Frame transform_standard(Reading& r, const Estimator& e, const Frame& x) {
  if (e.has("mean_") && e.has("scale_")) suppose(r, x, e.reals("mean_"), e.reals("scale_"));
  return Frame::computed(
      r.b, shifted_and_scaled(r.b, e, numbers(r.b, x), "mean_", "with_mean", "scale_", "with_std"));
}

Frame transform_robust(Reading& r, const Estimator& e, const Frame& x) {
  if (e.has("center_") && e.has("scale_")) suppose(r, x, e.reals("center_"), e.reals("scale_"));
  return Frame::computed(r.b, shifted_and_scaled(r.b, e, numbers(r.b, x), "center_",
                                                 "with_centering", "scale_", "with_scaling"));
}

Frame transform_max_abs(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  ValueId y = b.divide(numbers(b, x), b.vector(e.reals("scale_")));
  if (e.flag_or("clip", false)) y = b.clip(y, -1, 1);
  return Frame::computed(b, y);
}

Frame transform_min_max(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  if (e.has("data_min_") && e.has("data_max_"))
    suppose_between(r, x, e.reals("data_min_"), e.reals("data_max_"));
  ValueId y = b.multiply(numbers(b, x), b.vector(e.reals("scale_")));
  y = b.add(y, b.vector(e.reals("min_")));
  if (e.flag_or("clip", false)) {
    const Reals range = e.reals("feature_range");
    if (range.size() != 2) refuse_damaged("MinMaxScaler has an odd feature_range");
    y = b.clip(y, range[0], range[1]);
  }
  return Frame::computed(b, y);
}

// By the norm of the row, unless that is next to nothing.
Frame transform_normalizer(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const std::string kind = e.text_or("norm", "l2");
  const ValueId columns = numbers(b, x);
  ValueId norm = kNone;
  if (kind == "l2")
    norm = b.unary(Act::Sqrt, b.reduce(ReduceFn::SumSquare, columns));
  else if (kind == "l1")
    norm = b.sum(b.unary(Act::Abs, columns));
  else if (kind == "max")
    norm = b.reduce(ReduceFn::Max, b.unary(Act::Abs, columns));
  else
    refuse("Normalizer with norm '" + kind + "'");
  const double least = 10 * std::numeric_limits<double>::epsilon();
  norm = b.select(b.compare(CompareFn::Less, norm, least), b.vector({1}), norm);
  return Frame::computed(b, b.divide(columns, norm));
}

Frame transform_binarizer(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const ValueId above = b.compare(CompareFn::Greater, numbers(b, x), e.real("threshold"));
  return Frame::computed(b, b.cast(above, DType::F64));
}

ValueId inverse_transform(Reading& r, const Estimator& e, ValueId x) {
  Builder& b = r.b;
  const std::string& name = e.name();
  if (name == "StandardScaler")
    return unscaled_and_unshifted(b, e, x, "mean_", "with_mean", "scale_", "with_std");
  if (name == "RobustScaler")
    return unscaled_and_unshifted(b, e, x, "center_", "with_centering", "scale_", "with_scaling");
  if (name == "MaxAbsScaler") return b.multiply(x, b.vector(e.reals("scale_")));
  if (name == "MinMaxScaler")
    return b.divide(b.subtract(x, b.vector(e.reals("min_"))), b.vector(e.reals("scale_")));
  if (name == "PowerTransformer") return inverse_power(r, e, x);
  if (name == "QuantileTransformer") return inverse_quantile(r, e, x);
  if (name == "FunctionTransformer")
    return e.has("inverse_func") ? apply_function(r, function_path(e, "inverse_func"), x) : x;
  if (name == "Pipeline") {
    const auto steps = e.named_estimators("steps");
    for (size_t i = steps.size(); i-- > 0;)
      if (!steps[i].second.name().empty()) x = inverse_transform(r, steps[i].second, x);
    return x;
  }
  refuse("the inverse of " + name + " is not known here");
}

std::string function_path(const Estimator& e, std::string_view attribute) {
  const pickle::Pickle& pickle = e.source();
  const pickle::Id id = e.need(attribute);
  if (pickle.at(id).kind == pickle::Kind::Global) return pickle.name_of(id);
  // Older numpy: the name of a function of its own as an argument.
  const auto arguments = pickle.arguments(id);
  if (pickle.name_of(id).ends_with("_ufunc_reconstruct") && arguments.size() == 2)
    return std::string(pickle.text(arguments[0])) + "." + std::string(pickle.text(arguments[1]));
  refuse(e.name() + " has something as its " + std::string(attribute) +
         " that is no named function");
}

ValueId apply_function(Reading& r, const std::string& path, ValueId x) {
  Builder& b = r.b;
  const bool known = path.starts_with("numpy.") || path.starts_with("scipy.special.") ||
                     path.starts_with("scipy._lib.array_api_compat.numpy.");
  const std::string name = path.substr(path.rfind('.') + 1);
  constexpr std::pair<std::string_view, Act> kFunctions[] = {
      {"abs", Act::Abs},       {"absolute", Act::Abs},  {"arccos", Act::Acos},
      {"arccosh", Act::Acosh}, {"arcsin", Act::Asin},   {"arcsinh", Act::Asinh},
      {"arctan", Act::Atan},   {"arctanh", Act::Atanh}, {"ceil", Act::Ceil},
      {"cos", Act::Cos},       {"cosh", Act::Cosh},     {"erf", Act::Erf},
      {"exp", Act::Exp},       {"expit", Act::Sigmoid}, {"expm1", Act::Expm1},
      {"fabs", Act::Abs},      {"floor", Act::Floor},   {"log", Act::Log},
      {"log1p", Act::Log1p},   {"negative", Act::Neg},  {"reciprocal", Act::Reciprocal},
      {"rint", Act::Round},    {"sign", Act::Sign},     {"sin", Act::Sin},
      {"sinh", Act::Sinh},     {"sqrt", Act::Sqrt},     {"tan", Act::Tan},
      {"tanh", Act::Tanh}};
  if (known) {
    for (const auto& [function, act] : kFunctions)
      if (name == function) return b.unary(act, x);
    if (name == "asarray" || name == "array" || name == "positive") return x;
    if (name == "square") return b.multiply(x, x);
    if (name == "cbrt") {
      const ValueId root = b.binary(BinaryFn::Pow, b.unary(Act::Abs, x), b.vector({1.0 / 3}));
      return b.multiply(b.unary(Act::Sign, x), root);
    }
    if (name == "log2") return b.divide(b.unary(Act::Log, x), 0.693147180559945309417);
    if (name == "log10") return b.divide(b.unary(Act::Log, x), 2.302585092994045684018);
    if (name == "exp2") return b.binary(BinaryFn::Pow, b.vector({2}), x);
    if (name == "deg2rad" || name == "radians") return b.multiply(x, 0.017453292519943295769);
    if (name == "rad2deg" || name == "degrees") return b.multiply(x, 57.295779513082320877);
    if (name == "logit") return b.unary(Act::Log, b.divide(x, b.from(1, x)));
    if (name == "nan_to_num") {
      const ValueId is_number = b.compare(CompareFn::Equal, x, x);
      constexpr double kMost = std::numeric_limits<double>::max();
      return b.select(is_number, b.clip(x, -kMost, kMost), b.vector({0}));
    }
  }
  refuse("function '" + path + "' is not among those that are known",
         "known are numpy's and scipy.special's functions of one number; put others in front of "
         "the model");
}

Frame transform_function(Reading& r, const Estimator& e, const Frame& x) {
  if (!e.has("func")) return x;
  if (e.has("kw_args") && !e.source().pairs(e.need("kw_args")).empty())
    refuse("FunctionTransformer with kw_args");
  const std::string path = function_path(e, "func");
  if (path.ends_with(".asarray") || path.ends_with(".array")) return x;
  return Frame::computed(r.b, apply_function(r, path, numbers(r.b, x)));
}

}  // namespace mle::compiler::sklearn
