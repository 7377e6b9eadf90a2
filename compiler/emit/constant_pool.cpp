// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/constant_pool.h"

#include "compiler/emit/pack_weights.h"
#include "format/checksum.h"
#include "format/layout.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mle::compiler {
namespace {

template <class T>
std::span<T> elements_in(std::span<std::byte> bytes) {
  return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
}

format::Blob blob_of(const Value& value, format::Layout layout) {
  const Constant constant = value.constant;
  if (layout == format::Layout::Plain) {
    return {constant.bytes.size(), [constant](std::span<std::byte> out) {
              std::memcpy(out.data(), constant.bytes.data(), out.size());
            }};
  }
  const size_t k = value.fact.dims[0], n = value.fact.dims[1];
  const DType dtype = value.fact.dtype;
  return {format::packed_elements(layout, k, n) * size_of(dtype),
          [constant, layout, k, n, dtype](std::span<std::byte> out) {
            if (dtype == DType::F64) {
              pack_weights(layout, k, n, constant.f64(), elements_in<double>(out));
            } else {
              pack_weights(layout, k, n, constant.f32(), elements_in<float>(out));
            }
          }};
}

}  // namespace

ConstantPool::Placed ConstantPool::add(const Value& constant, format::Layout layout) {
  const uint64_t hash = format::xxh3(constant.constant.bytes);
  const auto [begin, end] = by_hash_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    const Known& known = known_[it->second];
    if (known.layout == layout && known.fact == constant.fact &&
        std::ranges::equal(known.constant.bytes, constant.constant.bytes))
      return known.placed;
  }

  format::Blob blob = blob_of(constant, layout);
  Placed placed;
  placed.bytes = blob.bytes;
  placed.offset = segment_.add(std::move(blob));
  placed.twin = known_.size();
  by_hash_.emplace(hash, known_.size());
  known_.push_back({constant.fact, layout, constant.constant, placed});
  placed.is_new = true;
  return placed;
}

}  // namespace mle::compiler
