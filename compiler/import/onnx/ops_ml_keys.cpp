// ai.onnx.ml: keys, places and labels. LabelEncoder, CategoryMapper, OneHotEncoder,
// ArrayFeatureExtractor.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/ops.h"
#include "compiler/import/onnx/ops_ml.h"
#include "compiler/import/onnx/rearrange.h"
#include "compiler/import/onnx/text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;
using onnx_pb::AttributeProto;

// A list as an attribute: numbers of one dtype, or words.
Tensor words_tensor(std::vector<std::string> words) {
  Tensor tensor;
  tensor.dtype = DType::Str;
  tensor.dims = {static_cast<uint32_t>(words.size())};
  tensor.words = std::move(words);
  return tensor;
}

template <class T>
Tensor list_of(DType dtype, const std::vector<T>& numbers) {
  return make_tensor("", dtype, {static_cast<uint32_t>(numbers.size())}, numbers);
}

// keys_strings, keys_int64s, keys_floats or keys_tensor; the same for values.
Result<Tensor> list_attribute(OperatorNode& op, const std::string& what) {
  MLE_TRY_ASSIGN(std::vector<std::string> words, words_of(op, what + "_strings"));
  MLE_TRY_ASSIGN(const std::vector<int64_t> integers, integers_of(op, what + "_int64s"));
  MLE_TRY_ASSIGN(const std::vector<float> reals, reals_of(op, what + "_floats"));
  MLE_TRY_ASSIGN(const AttributeProto* tensor,
                 op.attribute(what + "_tensor", AttributeProto::TENSOR));
  const int given = !words.empty() + !integers.empty() + !reals.empty() + (tensor != nullptr);
  if (given != 1)
    return broken(C209_Attribute,
                  op.type() + " wants one list of " + what + ", has " + std::to_string(given));
  if (!words.empty()) return words_tensor(std::move(words));
  if (!integers.empty()) return list_of(DType::I64, integers);
  if (!reals.empty()) return list_of(DType::F32, reals);
  MLE_TRY_ASSIGN(Tensor list, op.read_tensor_attribute(*tensor));
  if (list.dims.size() != 1 || list.count() == 0)
    return broken(C208_Shape, op.type() + " whose " + what + " are no list");
  return list;
}

// What stands for keys that are not in the list, one element of the values' dtype.
Result<Tensor> default_value(OperatorNode& op, DType dtype) {
  MLE_TRY_ASSIGN(const std::string_view word, op.text("default_string", "_Unused"));
  MLE_TRY_ASSIGN(const int64_t integer, op.integer("default_int64", -1));
  MLE_TRY_ASSIGN(const auto* real, op.attribute("default_float", AttributeProto::FLOAT));
  MLE_TRY_ASSIGN(const auto* tensor, op.attribute("default_tensor", AttributeProto::TENSOR));
  if (tensor != nullptr) {
    MLE_TRY_ASSIGN(Tensor given, op.read_tensor_attribute(*tensor));
    if (given.count() != 1 || given.dtype != dtype)
      return broken(C209_Attribute, op.type() + " whose default is no " + name_of(dtype));
    given.dims = {1};
    return given;
  }
  if (dtype == DType::Str) return words_tensor({std::string(word)});
  if (dtype == DType::F32 || dtype == DType::F64)
    return cast(list_of(DType::F32, std::vector<float>{real == nullptr ? -0.0f : real->f()}),
                dtype);
  return cast(list_of(DType::I64, std::vector<int64_t>{integer}), dtype);
}

// Places of keys, and which of the given keys stands at each place.
struct Places {
  ValueId value = kNone;
  std::vector<uint32_t> key_at;  // then the default, then the key NaN, where they are asked for
};

Node map_node(ValueId x, uint32_t unknown, uint32_t missing) {
  Node node;
  node.kind = OpKind::MapKeys;
  node.inputs = {x};
  node.iattr = {unknown, missing};
  return node;
}

// Of equal keys the first one counts, or the last.
Result<Places> places_of_words(OperatorNode& op, ValueId x, const std::vector<std::string>& keys,
                               bool last_counts, bool fault) {
  std::map<std::string, uint32_t> counted;
  for (uint32_t i = 0; i < keys.size(); ++i) {
    const auto [found, is_new] = counted.try_emplace(keys[i], i);
    if (!is_new && last_counts) found->second = i;
  }
  Places places;
  const auto count = static_cast<uint32_t>(counted.size());
  const uint32_t otherwise = fault ? format::kNoAnswer : count;
  Node node = map_node(x, otherwise, otherwise);
  for (uint32_t i = 0; i < keys.size(); ++i) {  // in the order of the source
    if (counted.at(keys[i]) != i) continue;
    places.key_at.push_back(i);
    node.strings.push_back(keys[i]);
  }
  MLE_TRY_ASSIGN(places.value, op.add(std::move(node)));
  return places;
}

Result<Places> places_of_numbers(OperatorNode& op, ValueId x, const Tensor& keys, bool last_counts,
                                 bool fault, bool nan_is_a_key) {
  std::vector<uint32_t> order(keys.count());
  std::iota(order.begin(), order.end(), 0u);
  const auto is_nan = [&](uint32_t i) {
    return !is_integer(keys.dtype) && std::isnan(keys.real(i));
  };
  const auto nan_key = std::find_if(order.begin(), order.end(), is_nan);
  const bool has_nan = nan_is_a_key && nan_key != order.end();
  const uint32_t nan_at = has_nan ? *nan_key : 0;
  std::erase_if(order, is_nan);
  const auto less = [&](uint32_t a, uint32_t b) {
    if (keys.dtype == DType::U64)
      return static_cast<uint64_t>(keys.integer(a)) < static_cast<uint64_t>(keys.integer(b));
    return is_integer(keys.dtype) ? keys.integer(a) < keys.integer(b) : keys.real(a) < keys.real(b);
  };
  std::stable_sort(order.begin(), order.end(), less);
  Places places;
  for (size_t i = 0; i < order.size(); ++i) {
    const bool twin_before = i > 0 && !less(order[i - 1], order[i]);
    if (!twin_before)
      places.key_at.push_back(order[i]);
    else if (last_counts)
      places.key_at.back() = order[i];
  }
  if (places.key_at.empty())
    return unsupported(C209_Attribute, op.type() + " whose only key is NaN");
  MLE_TRY_ASSIGN(Tensor sorted, pick(keys, 0, places.key_at, op.budget()));
  const auto count = static_cast<uint32_t>(places.key_at.size());
  const uint32_t otherwise = fault ? format::kNoAnswer : count;
  Node node = map_node(x, otherwise, has_nan ? count + 1 : otherwise);
  MLE_TRY_ASSIGN(const ValueId list, op.table(sorted));
  node.inputs.push_back(list);
  if (has_nan) places.key_at.push_back(nan_at);
  MLE_TRY_ASSIGN(places.value, op.add(std::move(node)));
  return places;
}

// Keys → values, the default where a key is not in the list.
Status emit_mapping(OperatorNode& op, const Tensor& keys, const Tensor& values,
                    const Tensor& otherwise) {
  if (op.dtype(0) != keys.dtype)
    return broken(C207_UnsupportedType, op.type() + " of " + name_of(op.dtype(0)) +
                                            " whose keys are " + name_of(keys.dtype));
  if (keys.count() != values.count())
    return broken(C209_Attribute, op.type() + " of " + std::to_string(keys.count()) +
                                      " keys with " + std::to_string(values.count()) + " values");
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const Places places,
                 keys.dtype == DType::Str
                     ? places_of_words(op, x, keys.words, false, false)
                     : places_of_numbers(op, x, keys, false, false, op.opset() >= 4));
  // The values by place: those of the keys, the default, that of NaN.
  std::vector<uint32_t> picks = places.key_at;
  MLE_TRY_ASSIGN(const Tensor both, concat({&values, &otherwise}, 0, op.budget()));
  const auto fallback = static_cast<uint32_t>(values.count());
  if (keys.dtype != DType::Str && !is_integer(keys.dtype) && !picks.empty() &&
      std::isnan(keys.real(picks.back())))
    picks.insert(picks.end() - 1, fallback);
  else
    picks.push_back(fallback);
  MLE_TRY_ASSIGN(const Tensor by_place, pick(both, 0, picks, op.budget()));
  MLE_TRY_ASSIGN(const ValueId y, values_at(op, places.value, by_place));
  op.emit_value(y);
  return {};
}

// Before opset 2 one list of words stands for its positions.
Status read_label_encoder_1(OperatorNode& op) {
  MLE_TRY_ASSIGN(std::vector<std::string> words, words_of(op, "classes_strings"));
  if (words.empty()) return broken(C209_Attribute, "LabelEncoder without classes");
  std::vector<int64_t> positions(words.size());
  std::iota(positions.begin(), positions.end(), int64_t{0});
  const Tensor texts = words_tensor(std::move(words)), numbers = list_of(DType::I64, positions);
  const bool from_text = op.dtype(0) == DType::Str;
  const Tensor& values = from_text ? numbers : texts;
  MLE_TRY_ASSIGN(const Tensor otherwise, default_value(op, values.dtype));
  return emit_mapping(op, from_text ? texts : numbers, values, otherwise);
}

Status read_label_encoder(OperatorNode& op) {
  MLE_TRY_ASSIGN(const Tensor keys, list_attribute(op, "keys"));
  MLE_TRY_ASSIGN(const Tensor values, list_attribute(op, "values"));
  MLE_TRY_ASSIGN(const Tensor otherwise, default_value(op, values.dtype));
  return emit_mapping(op, keys, values, otherwise);
}

Status read_category_mapper(OperatorNode& op) {
  MLE_TRY_ASSIGN(std::vector<std::string> words, words_of(op, "cats_strings"));
  MLE_TRY_ASSIGN(const std::vector<int64_t> integers, integers_of(op, "cats_int64s"));
  if (words.empty() || words.size() != integers.size())
    return broken(C209_Attribute, "CategoryMapper whose lists differ in length");
  const Tensor texts = words_tensor(std::move(words)), numbers = list_of(DType::I64, integers);
  const bool from_text = op.dtype(0) == DType::Str;
  const Tensor& values = from_text ? numbers : texts;
  MLE_TRY_ASSIGN(const Tensor otherwise, default_value(op, values.dtype));
  return emit_mapping(op, from_text ? texts : numbers, values, otherwise);
}

// One more axis at the end: 1 at the place of the category, else 0.
Status read_one_hot_encoder(OperatorNode& op) {
  MLE_TRY_ASSIGN(const std::vector<std::string> words, words_of(op, "cats_strings"));
  MLE_TRY_ASSIGN(const std::vector<int64_t> integers, integers_of(op, "cats_int64s"));
  MLE_TRY_ASSIGN(const int64_t zeros, op.integer("zeros", 1));
  if (words.empty() == integers.empty())
    return broken(C209_Attribute, "OneHotEncoder wants one list of categories");
  if ((op.dtype(0) == DType::Str) != integers.empty())
    return broken(C207_UnsupportedType, std::string("OneHotEncoder of ") + name_of(op.dtype(0)) +
                                            " whose categories are " +
                                            (words.empty() ? "numbers" : "strings"));
  MLE_TRY_ASSIGN(ValueId x, op.value(0));
  Places places;
  if (integers.empty()) {
    MLE_TRY_ASSIGN(places, places_of_words(op, x, words, true, zeros == 0));
  } else {
    MLE_TRY_ASSIGN(x, converted(op, x, DType::I64));
    MLE_TRY_ASSIGN(
        places, places_of_numbers(op, x, list_of(DType::I64, integers), true, zeros == 0, false));
  }
  // The place that lights each column; equal categories leave columns that nothing lights.
  std::vector<int64_t> lit(words.size() + integers.size(), -1);
  for (size_t place = 0; place < places.key_at.size(); ++place)
    lit[places.key_at[place]] = static_cast<int64_t>(place);
  MLE_TRY_ASSIGN(const ValueId columns, op.constant(list_of(DType::I64, lit)));
  Dims dims = op.fact(places.value).dims;
  dims.push_back(1);
  MLE_TRY_ASSIGN(const ValueId place, op.reshaped(places.value, dims));
  MLE_TRY_ASSIGN(const ValueId hot, op.add(compare(CompareFn::Equal, place, columns)));
  MLE_TRY_ASSIGN(const ValueId y, converted(op, hot, DType::F32));
  op.emit_value(y);
  return {};
}

// Fixed columns of computed rows.
Status extract_columns(OperatorNode& op) {
  const Dims& dims = op.dims(0);
  if (dims.empty()) return broken(C208_Shape, "ArrayFeatureExtractor of rows without columns");
  MLE_TRY_ASSIGN(const std::vector<int64_t> indices, op.integers_of(1));
  std::vector<uint32_t> picks;
  for (const int64_t index : indices) {
    if (index < 0 || index >= int64_t{dims.back()})
      return broken(C209_Attribute, "ArrayFeatureExtractor of column " + std::to_string(index) +
                                        " of " + std::to_string(dims.back()));
    picks.push_back(static_cast<uint32_t>(index));
  }
  if (picks.empty()) return broken(C208_Shape, "ArrayFeatureExtractor of no columns");
  const auto axis = static_cast<uint32_t>(dims.size() - 1);
  if (op.is_constant(0)) {
    MLE_TRY_ASSIGN(Tensor result, pick(op.tensor(0), axis, picks, op.budget()));
    if (result.dims.size() == 1) result.dims.insert(result.dims.begin(), 1);
    op.set(0, std::move(result));
    return {};
  }
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(const ValueId y, columns_of(op, x, axis, picks));
  if (dims.size() > 1 || op.per_row(0)) {
    op.emit_value(y);
    return {};
  }
  return op.emit_reshaped(y, {1, static_cast<uint32_t>(picks.size())});
}

// The labels at computed places. Exporters put a list of labels in front of arg-max: the answer's
// only row lies across the rows of the batch, and is turned back by a Reshape.
Status extract_labels(OperatorNode& op) {
  Tensor labels = op.tensor(0);
  const Dims& places = op.dims(1);
  if (labels.count() == 0 || labels.count() != labels.dims.back())
    return unsupported(C205_UnsupportedOp,
                       "ArrayFeatureExtractor at computed places of more than one row");
  if (op.per_row(1) && element_count(places) != 1)
    return unsupported(C214_MixesRows, "ArrayFeatureExtractor at several places per row");
  labels.dims = {labels.dims.back()};
  MLE_TRY_ASSIGN(ValueId place, op.value(1));
  MLE_TRY_ASSIGN(place, converted(op, place, DType::I64));
  if (op.per_row(1)) {
    MLE_TRY_ASSIGN(place, op.reshaped(place, {}));
  } else {
    MLE_TRY_ASSIGN(place, op.reshaped(place, {1, static_cast<uint32_t>(element_count(places))}));
  }
  MLE_TRY_ASSIGN(const ValueId y, values_at(op, place, labels));
  op.emit_value(y);
  return {};
}

Status read_array_feature_extractor(OperatorNode& op) {
  if (op.is_constant(1)) return extract_columns(op);
  if (op.is_constant(0)) return extract_labels(op);
  if (op.per_row(0) || op.per_row(1) || op.dims(0).empty())
    return unsupported(C214_MixesRows, "ArrayFeatureExtractor of rows at computed places",
                       "only fixed columns, or places in a fixed list, are compiled");
  MLE_TRY_ASSIGN(const ValueId x, op.value(0));
  MLE_TRY_ASSIGN(ValueId place, op.value(1));
  MLE_TRY_ASSIGN(place, converted(op, place, DType::I64));
  const auto count = static_cast<uint32_t>(element_count(op.dims(1)));
  MLE_TRY_ASSIGN(place, op.reshaped(place, {count}));
  Node node;
  node.kind = OpKind::Gather;
  node.inputs = {x, place};
  node.iattr = {static_cast<uint32_t>(op.dims(0).size() - 1)};
  MLE_TRY_ASSIGN(const ValueId y, op.add(std::move(node)));
  Dims dims = op.fact(y).dims;
  if (dims.size() == 1) dims.insert(dims.begin(), 1);
  return op.emit_reshaped(y, dims);
}

constexpr Operator kOperators[] = {
    {"ArrayFeatureExtractor", 1, kNow, 2, 2, 1, read_array_feature_extractor},
    {"CategoryMapper", 1, kNow, 1, 1, 1, read_category_mapper},
    {"LabelEncoder", 1, 1, 1, 1, 1, read_label_encoder_1},
    {"LabelEncoder", 2, kNow, 1, 1, 1, read_label_encoder},
    {"OneHotEncoder", 1, kNow, 1, 1, 1, read_one_hot_encoder},
};

}  // namespace

std::span<const Operator> ml_key_operators() { return kOperators; }

}  // namespace mle::compiler::onnx
