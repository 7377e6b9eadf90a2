// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/pickle/joblib_array.h"

#include "compiler/import/pickle/array.h"
#include "compiler/import/pickle/limits.h"
#include "format/rules.h"

namespace mle::compiler::pickle {
namespace {

using enum format::rule::Rule;

Status damaged(const char* what) {
  return error(Code::Corrupt, C204_Damaged, Status::kNoOffset, "save or copy it again",
               "an array of the joblib file is damaged: %s", what);
}

}  // namespace

bool is_joblib_array(const Pickle& pickle, Id call) {
  return pickle.is_global(pickle.items(call)[0], "joblib.numpy_pickle", "NumpyArrayWrapper");
}

bool has_objects(const Pickle& pickle, const RawArray& array) {
  const auto type = read_element_type(pickle, array.dtype);
  return type && type->kind == Element::Object;
}

Result<RawArray> read_joblib_array(const Pickle& pickle, Id call, Cursor& cursor) {
  const auto shape = pickle.attribute(call, "shape");
  const auto dtype = pickle.attribute(call, "dtype");
  const auto order = pickle.attribute(call, "order");
  if (!shape || !dtype || !order || pickle.at(*shape).kind != Kind::Tuple)
    return damaged("it does not say its shape, type and order");
  RawArray array;
  array.dtype = *dtype;
  array.fortran = pickle.text(*order) == "F";
  if (pickle.items(*shape).size() > kMaxRank) return damaged("it has too many axes");
  for (const Id dim : pickle.items(*shape)) {
    if (pickle.at(dim).kind != Kind::Integer || pickle.at(dim).integer < 0)
      return damaged("its shape is no shape");
    array.shape.push_back(static_cast<uint64_t>(pickle.at(dim).integer));
  }
  MLE_TRY_ASSIGN(const ElementType type, read_element_type(pickle, array.dtype));
  if (type.kind == Element::Object) return array;
  // Since joblib 1.2 a byte says how many bytes of padding follow it.
  const auto aligned = pickle.attribute(call, "numpy_array_alignment_bytes");
  if (aligned && !pickle.is_none(*aligned)) {
    const auto padding = cursor.number(1);
    if (!padding || !cursor.take(*padding)) return damaged("it ends within its padding");
  }
  MLE_TRY_ASSIGN(const uint64_t count, count_elements(array.shape));
  uint64_t bytes = 0;
  const bool too_many = __builtin_mul_overflow(count, type.bytes, &bytes);
  const auto taken = too_many ? std::nullopt : cursor.take(bytes);
  if (!taken) return damaged("it has fewer bytes than its shape says");
  array.bytes = *taken;
  return array;
}

}  // namespace mle::compiler::pickle
