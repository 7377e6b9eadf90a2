// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/ops_words.h"

#include "compiler/import/onnx/ops_ml.h"
#include "compiler/import/onnx/text.h"

#include <map>
#include <utility>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;

// A list of different words, and where each element of a tensor stands in it.
struct Dictionary {
  std::vector<std::string> words;
  Tensor places;
};

Dictionary dictionary_of(const Tensor& tensor) {
  Dictionary dictionary;
  std::map<std::string, int64_t> known;
  std::vector<int64_t> places;
  for (const std::string& word : tensor.words) {
    const auto [found, is_new] = known.emplace(word, static_cast<int64_t>(known.size()));
    if (is_new) dictionary.words.push_back(word);
    places.push_back(found->second);
  }
  dictionary.places = make_tensor(tensor.name, DType::I64, tensor.dims, places);
  return dictionary;
}

// The places as a constant that combines with rows of ONNX rank `rows_rank`.
Result<ValueId> places_beside(OperatorNode& op, Tensor places, size_t rows_rank) {
  if (places.count() == 0) return broken(C208_Shape, op.type() + " of no strings");
  if (places.dims.size() > rows_rank || (places.dims.size() == rows_rank && places.dims[0] != 1))
    return unsupported(C214_MixesRows,
                       "combines rows with constant " + quoted(places.name) +
                           ", which has a batch axis of its own",
                       "export the model with a dynamic batch axis, or fix it with --shape NAME=N");
  if (places.dims.size() == rows_rank) places.dims.erase(places.dims.begin());
  return op.constant(places);
}

}  // namespace

bool has_words_beside_rows(const OperatorNode& op, size_t first, size_t last) {
  bool words = false, rows = false;
  for (size_t i = 0; i < op.input_count(); ++i) {
    rows = rows || op.per_row(i);
    words = words || (i >= first && i <= last && op.is_constant(i) && op.dtype(i) == DType::Str);
  }
  return words && rows;
}

Status read_equal_words(OperatorNode& op) {
  const size_t rows = op.per_row(0) ? 0 : 1;
  const Dictionary dictionary = dictionary_of(op.tensor(1 - rows));
  MLE_TRY_ASSIGN(const ValueId x, op.value(rows));
  MLE_TRY_ASSIGN(const ValueId places, places_beside(op, dictionary.places, op.rank(rows)));
  Node node;
  node.kind = OpKind::MapKeys;
  node.inputs = {x};
  node.strings = dictionary.words;
  const auto none = static_cast<uint32_t>(dictionary.words.size());
  node.iattr = {none, none};
  MLE_TRY_ASSIGN(const ValueId place, op.add(std::move(node)));
  return op.emit(compare(CompareFn::Equal, place, places));
}

Status read_where_words(OperatorNode& op) {
  if (!op.per_row(0))
    return unsupported(C205_UnsupportedOp,
                       "Where with a fixed condition between rows and constant strings",
                       "fix the number of rows with --shape NAME=N");
  MLE_TRY_ASSIGN(const ValueId condition, op.value(0));
  ValueId choices[2];
  for (size_t i = 0; i < 2; ++i) {
    if (!op.is_constant(i + 1)) {
      MLE_TRY_ASSIGN(choices[i], op.beside_rows(i + 1, op.rank(0)));
      continue;
    }
    // Chosen between two times the same, the places have as many rows as the condition.
    const Dictionary dictionary = dictionary_of(op.tensor(i + 1));
    MLE_TRY_ASSIGN(const ValueId fixed, places_beside(op, dictionary.places, op.rank(0)));
    MLE_TRY_ASSIGN(const ValueId places, op.add(select(condition, fixed, fixed)));
    Node node;
    node.kind = OpKind::Labels;
    node.inputs = {places};
    node.strings = dictionary.words;
    MLE_TRY_ASSIGN(choices[i], op.add(std::move(node)));
  }
  return op.emit(select(condition, choices[0], choices[1]));
}

}  // namespace mle::compiler::onnx
