// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-convert/elements.h"

#include <cstring>

namespace mle::tools {
namespace {

template <class T>
compiler::Elements widen(const void* data, size_t count) {
  compiler::Elements elements(count);
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, static_cast<const char*>(data) + i * sizeof value, sizeof value);
    elements[i] = static_cast<double>(value);
  }
  return elements;
}

}  // namespace

compiler::Elements to_elements(DType dtype, const void* data, size_t count) {
  switch (dtype) {
    case DType::F32: return widen<float>(data, count);
    case DType::F64: return widen<double>(data, count);
    case DType::I8: return widen<int8_t>(data, count);
    case DType::U8:
    case DType::Bool: return widen<uint8_t>(data, count);
    case DType::I16: return widen<int16_t>(data, count);
    case DType::U16: return widen<uint16_t>(data, count);
    case DType::I32: return widen<int32_t>(data, count);
    case DType::U32: return widen<uint32_t>(data, count);
    case DType::I64: return widen<int64_t>(data, count);
    case DType::U64: return widen<uint64_t>(data, count);
    case DType::F16:
    case DType::BF16:
    case DType::Str: break;
  }
  return compiler::Elements(count);
}

Result<std::vector<compiler::Elements>> run_elements(Session& session, std::span<const In> inputs,
                                                     uint64_t rows) {
  std::vector<std::vector<uint64_t>> answers;
  std::vector<Out> outputs;
  for (const TensorSpec& spec : session.outputs()) {
    const size_t count = spec.width() * (spec.per_row ? rows : 1);
    answers.emplace_back((count * size_of(spec.dtype) + 7) / 8);
    outputs.emplace_back(spec.dtype, answers.back().data(), count);
  }
  MLE_TRY(session.run(inputs, outputs));
  std::vector<compiler::Elements> elements;
  for (size_t i = 0; i < outputs.size(); ++i)
    elements.push_back(to_elements(outputs[i].dtype(), answers[i].data(), outputs[i].count()));
  return elements;
}

}  // namespace mle::tools
