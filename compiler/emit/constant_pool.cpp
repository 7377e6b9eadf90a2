// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/constant_pool.h"

#include "compiler/emit/pack_weights.h"
#include "compiler/evaluate/elements.h"
#include "format/checksum.h"
#include "format/layout.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace mle::compiler {
namespace {

// Large constants are written part by part: what a part was made of can be given back before the
// next one is.
constexpr size_t kPart = size_t{4} << 20;

format::Blob plain_part(const Value& value, size_t first, size_t bytes) {
  return {bytes, [constant = value.constant, first](std::span<std::byte> out) {
            std::memcpy(out.data(), constant.bytes.data() + first, out.size());
          }};
}

std::vector<format::Blob> plain_parts(const Value& value) {
  const size_t bytes = value.constant.bytes.size();
  if (value.constant.turned || value.constant.stored)  // not as its dtype lies: read it whole
    return {{element_count(value.fact.dims) * size_of(value.fact.dtype),
             [value](std::span<std::byte> out) {
               const auto elements = read_constant(value);
               const Constant plain = make_constant(*elements, value.fact.dtype);
               std::memcpy(out.data(), plain.bytes.data(), out.size());
             }}};
  std::vector<format::Blob> parts;
  for (size_t at = 0; at < bytes; at += kPart)
    parts.push_back(plain_part(value, at, std::min(kPart, bytes - at)));
  return parts;
}

// Every part but the last takes whole lines of 64 bytes: parts lie behind each other without a gap.
std::vector<format::Blob> parts_of(const Value& value, format::Layout layout, DType in_file) {
  if (layout == format::Layout::Plain) return plain_parts(value);
  const size_t units = packed_units(layout, value.fact);
  const size_t unit = unit_bytes(layout, value.fact, in_file);
  const size_t step = std::max<size_t>(1, kPart / unit);
  std::vector<format::Blob> parts;
  for (size_t first = 0; first < units; first += step)
    parts.push_back({std::min(step, units - first) * unit,
                     [value, layout, in_file, first](std::span<std::byte> out) {
                       pack_weights(layout, value, in_file, first, out);
                     }});
  return parts;
}

}  // namespace

ConstantPool::Placed ConstantPool::add(const Value& constant, format::Layout layout,
                                       DType in_file) {
  const uint64_t hash = format::xxh3(constant.constant.bytes);
  const auto [begin, end] = by_hash_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    const Known& known = known_[it->second];
    if (known.layout == layout && known.in_file == in_file && known.fact == constant.fact &&
        known.constant.turned == constant.constant.turned &&
        known.constant.stored == constant.constant.stored &&
        std::ranges::equal(known.constant.bytes, constant.constant.bytes))
      return known.placed;
  }

  Placed placed;
  placed.offset = segment_.bytes();
  for (format::Blob& part : parts_of(constant, layout, in_file)) {
    placed.bytes += part.bytes;
    segment_.add(std::move(part));
  }
  placed.twin = known_.size();
  by_hash_.emplace(hash, known_.size());
  known_.push_back({constant.fact, layout, in_file, constant.constant, placed});
  placed.is_new = true;
  return placed;
}

}  // namespace mle::compiler
