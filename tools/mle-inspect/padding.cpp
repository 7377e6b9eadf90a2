// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-inspect/padding.h"

#include "format/layout.h"
#include "format/mle_generated.h"
#include "format/rules.h"

#include <algorithm>
#include <vector>

namespace mle::tools {
namespace {

using format::FileView;
using format::kLanes;
using Bytes = std::span<const std::byte>;

struct Range {
  uint64_t begin, end;
};

Status not_zero(const FileView& view, Bytes bytes, size_t index, const char* what) {
  const auto offset = static_cast<uint64_t>(bytes.data() + index - view.file().data());
  return error(Code::Corrupt, format::rule::V17_Sum, offset,
               "convert the model again: no writer of ours leaves such bytes",
               "byte %llu, %s, is not zero", static_cast<unsigned long long>(offset), what);
}

Status check_zero(const FileView& view, Bytes bytes, const char* what) {
  for (size_t i = 0; i < bytes.size(); ++i)
    if (bytes[i] != std::byte{0}) return not_zero(view, bytes, i, what);
  return {};
}

// What the program points at in one segment.
std::vector<Range> used_ranges(const FileView& view, size_t segment) {
  std::vector<Range> ranges;
  const fb::Model& model = view.model();
  for (const fb::Tensor* tensor : *model.tensors())
    if (tensor->place() == fb::Place::Constant && tensor->segment() == segment)
      ranges.push_back({tensor->offset(), tensor->offset() + tensor->bytes()});
  if (model.goldens() != nullptr && view.find_segment(format::kGolden) == static_cast<int>(segment))
    for (const fb::Golden* golden : *model.goldens())
      for (const auto* ports : {golden->inputs(), golden->outputs()})
        if (ports != nullptr)
          for (const fb::GoldenPort* port : *ports)
            ranges.push_back({port->offset(), port->offset() + port->bytes()});
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.begin < b.begin; });
  return ranges;
}

Status check_segment(const FileView& view, size_t index) {
  const Bytes bytes = view.segment(index);
  uint64_t at = 0;
  for (const Range& range : used_ranges(view, index)) {
    if (range.begin > at)
      MLE_TRY(check_zero(view, bytes.subspan(at, range.begin - at), "padding of a segment"));
    at = std::max(at, range.end);
  }
  return check_zero(view, bytes.subspan(at), "padding of a segment");
}

// Lanes of a packed weight [k, n] that stand for no element.
Status check_lanes(const FileView& view, const fb::Tensor& tensor) {
  if (tensor.dims() == nullptr || tensor.dims()->size() != 2) return {};
  const uint64_t k = tensor.dims()->Get(0), n = tensor.dims()->Get(1);
  const uint64_t size = size_of(static_cast<DType>(tensor.dtype()));
  const Bytes bytes = view.constant(tensor);
  const char* const what = "padding of a packed weight";
  if (tensor.layout() == fb::Layout::Panel16 && n % kLanes != 0) {
    const uint64_t last = n / kLanes * k * kLanes * size, used = n % kLanes;
    for (uint64_t row = 0; row < k; ++row)
      MLE_TRY(check_zero(
          view, bytes.subspan(last + (row * kLanes + used) * size, (kLanes - used) * size), what));
  }
  if (tensor.layout() == fb::Layout::Lanes16 && k % kLanes != 0) {
    const uint64_t last = k / kLanes * n * kLanes * size, used = k % kLanes;
    for (uint64_t column = 0; column < n; ++column)
      MLE_TRY(check_zero(
          view, bytes.subspan(last + (column * kLanes + used) * size, (kLanes - used) * size),
          what));
  }
  return {};
}

}  // namespace

Status check_padding(const FileView& view) {
  for (size_t i = 0; i < view.segments().size(); ++i) {
    const uint32_t kind = view.segments()[i].kind;
    if (kind == format::kWeights || kind == format::kGolden) MLE_TRY(check_segment(view, i));
  }
  for (const fb::Tensor* tensor : *view.model().tensors())
    if (tensor->place() == fb::Place::Constant) MLE_TRY(check_lanes(view, *tensor));
  return {};
}

}  // namespace mle::tools
