// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/ranges.h"

#include "format/mle_generated.h"

#include <bit>
#include <string_view>

namespace mle::serve {
namespace {

double to_double(const fb::Bits64& bits) {
  return std::bit_cast<double>(uint64_t{bits.hi()} << 32 | bits.lo());
}

// The port of that name in any entry: ports of one name are one tensor.
const fb::Port* find_port(const format::FileView& view, std::string_view name) {
  for (const auto* entry : *view.model().entries())
    for (const auto* port : *entry->inputs())
      if (view.string(port->name()) == name) return port;
  return nullptr;
}

template <class T>
uint64_t count_in(const void* data, size_t count, std::span<const double> low,
                  std::span<const double> high) noexcept {
  const auto* values = static_cast<const T*>(data);
  uint64_t outside = 0;
  for (size_t i = 0, column = 0; i < count; ++i) {
    const auto value = static_cast<double>(values[i]);
    outside += value < low[column] || value > high[column] ? 1 : 0;
    if (++column == low.size()) column = 0;
  }
  return outside;
}

}  // namespace

Ranges Ranges::of(const format::FileView& view, const TensorSpec& input) {
  Ranges ranges;
  const fb::Port* const port = find_port(view, input.name);
  if (port == nullptr || port->fmin() == nullptr || port->fmax() == nullptr) return ranges;
  const auto &low = *port->fmin(), &high = *port->fmax();
  if (low.size() != input.width() || high.size() != low.size()) return ranges;
  ranges.dtype_ = input.dtype;
  for (uint32_t i = 0; i < low.size(); ++i) {
    ranges.low_.push_back(to_double(*low.Get(i)));
    ranges.high_.push_back(to_double(*high.Get(i)));
  }
  return ranges;
}

uint64_t Ranges::count_outside(const void* data, size_t count) const noexcept {
  switch (dtype_) {
    case DType::F32: return count_in<float>(data, count, low_, high_);
    case DType::F64: return count_in<double>(data, count, low_, high_);
    case DType::I8: return count_in<int8_t>(data, count, low_, high_);
    case DType::U8: return count_in<uint8_t>(data, count, low_, high_);
    case DType::I16: return count_in<int16_t>(data, count, low_, high_);
    case DType::U16: return count_in<uint16_t>(data, count, low_, high_);
    case DType::I32: return count_in<int32_t>(data, count, low_, high_);
    case DType::U32: return count_in<uint32_t>(data, count, low_, high_);
    case DType::I64: return count_in<int64_t>(data, count, low_, high_);
    case DType::U64: return count_in<uint64_t>(data, count, low_, high_);
    case DType::F16:
    case DType::BF16:
    case DType::Bool:
    case DType::Str: return 0;
  }
  return 0;
}

}  // namespace mle::serve
