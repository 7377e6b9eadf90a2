// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/element.h"

#include "tools/cli/half.h"
#include "tools/cli/text.h"

namespace mle::tools {

void append_element(std::string& out, DType dtype, const void* data, size_t i) {
  switch (dtype) {
    case DType::F32: return append_number(out, element<float>(data, i));
    case DType::F64: return append_number(out, element<double>(data, i));
    case DType::F16: return append_number(out, half_to_float(element<uint16_t>(data, i)));
    case DType::BF16: return append_number(out, bfloat_to_float(element<uint16_t>(data, i)));
    case DType::I8: out += std::to_string(element<int8_t>(data, i)); return;
    case DType::U8: out += std::to_string(element<uint8_t>(data, i)); return;
    case DType::I16: out += std::to_string(element<int16_t>(data, i)); return;
    case DType::U16: out += std::to_string(element<uint16_t>(data, i)); return;
    case DType::I32: out += std::to_string(element<int32_t>(data, i)); return;
    case DType::U32: out += std::to_string(element<uint32_t>(data, i)); return;
    case DType::I64: out += std::to_string(element<int64_t>(data, i)); return;
    case DType::U64: out += std::to_string(element<uint64_t>(data, i)); return;
    case DType::Bool: out += element<uint8_t>(data, i) != 0 ? "true" : "false"; return;
    case DType::Str: return;
  }
}

double element_value(DType dtype, const void* data, size_t i) {
  switch (dtype) {
    case DType::F32: return double{element<float>(data, i)};
    case DType::F64: return element<double>(data, i);
    case DType::F16: return double{half_to_float(element<uint16_t>(data, i))};
    case DType::BF16: return double{bfloat_to_float(element<uint16_t>(data, i))};
    case DType::I8: return element<int8_t>(data, i);
    case DType::U8:
    case DType::Bool: return element<uint8_t>(data, i);
    case DType::I16: return element<int16_t>(data, i);
    case DType::U16: return element<uint16_t>(data, i);
    case DType::I32: return element<int32_t>(data, i);
    case DType::U32: return element<uint32_t>(data, i);
    case DType::I64: return static_cast<double>(element<int64_t>(data, i));
    case DType::U64: return static_cast<double>(element<uint64_t>(data, i));
    case DType::Str: break;
  }
  return 0;
}

}  // namespace mle::tools
