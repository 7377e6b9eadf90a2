// Each tensor alone (V30 … V34, V36, V37), then all constants together (V35) and the rows fact of
// the model (V54).
// SPDX-License-Identifier: Apache-2.0
#include "format/layout.h"
#include "format/limits.h"
#include "format/sort_indices.h"
#include "format/stored_weights.h"
#include "format/tensor_facts.h"
#include "format/validation.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <new>

namespace mle::format {
namespace {

constexpr uint32_t kNoQuant = ~uint32_t{0};

// One tensor on its way through the checks.
struct Candidate {
  Validation& v;
  size_t index;
  const fb::Tensor& tensor;

  [[gnu::cold, gnu::format(printf, 3, 4)]] Status bad(int rule, const char* format,
                                                      ...) const noexcept {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return refuse(Code::Corrupt, rule, v.at(&tensor), "%s: %s", v.tensor_name(index).text, text);
  }
};

Candidate candidate(Validation& v, uint32_t index) noexcept {
  return {v, index, *v.model.tensors()->Get(index)};
}

Status check_enums(const Candidate& c) noexcept {
  const fb::Tensor& t = c.tensor;
  if (t.dtype() == fb::DType::None || t.dtype() > fb::DType::MAX) {
    return c.bad(rule::V32_Enum, "%u is no dtype", static_cast<unsigned>(t.dtype()));
  }
  if (t.layout() > fb::Layout::MAX) {
    return c.bad(rule::V32_Enum, "%u is no layout", static_cast<unsigned>(t.layout()));
  }
  if (t.place() > fb::Place::MAX) {
    return c.bad(rule::V32_Enum, "%u is no place", static_cast<unsigned>(t.place()));
  }
  if (t.rows() > fb::Rows::MAX) {
    return c.bad(rule::V32_Enum, "%u is no rows fact", static_cast<unsigned>(t.rows()));
  }
  if (t.flags() != 0) return c.bad(rule::V32_Enum, "has unknown flags %u", unsigned{t.flags()});
  return {};
}

Status check_dims(const Candidate& c, const TensorFacts& facts) noexcept {
  if (facts.dims.size() > kMaxRank) {
    return c.bad(rule::V30_Dims, "has %zu dims, at most %u are allowed", facts.dims.size(),
                 kMaxRank);
  }
  uint64_t bytes = size_of(facts.dtype);
  for (const uint32_t dim : facts.dims) {
    if (dim == 0 || dim > kMaxDim) {
      return c.bad(rule::V30_Dims, "has a dim of %u, allowed are 1 to %llu", dim, print(kMaxDim));
    }
    if (__builtin_mul_overflow(bytes, uint64_t{dim}, &bytes) || bytes > kMaxTensorBytes) {
      return c.bad(rule::V30_Dims, "its dims make more than %llu bytes", print(kMaxTensorBytes));
    }
  }
  return {};
}

Status check_layout(const Candidate& c, const TensorFacts& facts) noexcept {
  if (facts.is_constant() && facts.dtype == DType::Str) {
    return c.bad(rule::V33_Layout, "is a constant of strings, which no layout holds");
  }
  if (facts.layout == Layout::Plain || !facts.is_constant()) return {};
  const char* layout = fb::EnumNameLayout(c.tensor.layout());
  const uint64_t needed = feature_of(facts.layout, facts.dtype);
  if (needed == 0 || facts.dims.size() != 2) {
    return c.bad(rule::V33_Layout, "layout %s does not hold %s with %zu dims", layout,
                 name_of(facts.dtype), facts.dims.size());
  }
  if ((c.v.view.header().required_features & needed) != needed) {
    return c.bad(rule::V33_Layout, "layout %s needs feature bits %llx, the header has %llx", layout,
                 print(needed), print(c.v.view.header().required_features));
  }
  return {};
}

uint64_t bytes_needed(const TensorFacts& facts) noexcept {
  const uint64_t size = size_of(facts.dtype);
  switch (facts.place) {
    case fb::Place::Constant:
      if (facts.layout != Layout::Plain) {
        return packed_elements(facts.layout, facts.dims[0], facts.dims[1]) * size;
      }
      return element_count(facts.dims) * size;
    case fb::Place::Arena: return row_stride_bytes(element_count(facts.dims), size);
    case fb::Place::Input:
    case fb::Place::Output: return 0;
  }
  return 0;
}

Status check_bytes(const Candidate& c, const TensorFacts& facts) noexcept {
  const uint64_t needed = bytes_needed(facts);
  if (needed > kMaxTensorBytes) {
    return c.bad(rule::V30_Dims, "its dims, padded, make more than %llu bytes",
                 print(kMaxTensorBytes));
  }
  if (facts.bytes != needed) {
    return c.bad(rule::V31_TensorBytes, "states %llu bytes, its dims need %llu", print(facts.bytes),
                 print(needed));
  }
  return {};
}

// The lines a constant lies on: kernels may read them whole.
uint64_t extent(const TensorFacts& constant) noexcept {
  return round_up(constant.bytes, kAlignment);
}

Status check_constant_place(const Candidate& c, const TensorFacts& t) noexcept {
  const auto segments = c.v.view.segments();
  if (t.segment >= segments.size() || segments[t.segment].kind != kWeights) {
    return c.bad(rule::V34_ConstantPlace, "lies in segment %u, which holds no weights",
                 unsigned{t.segment});
  }
  const uint64_t size = segments[t.segment].size;
  if (t.offset % kAlignment != 0 || extent(t) > size || t.offset > size - extent(t)) {
    return c.bad(rule::V34_ConstantPlace,
                 "its %llu bytes at %llu do not fit whole lines of segment %u with %llu bytes",
                 print(t.bytes), print(t.offset), unsigned{t.segment}, print(size));
  }
  return {};
}

Status check_value_place(const Candidate& c, const TensorFacts& facts) noexcept {
  if (facts.layout != Layout::Plain || facts.segment != 0) {
    return c.bad(rule::V36_NotConstant, "is no constant, but has a layout or a segment");
  }
  if (facts.place != fb::Place::Arena && facts.offset != 0) {
    return c.bad(rule::V36_NotConstant, "lies with the caller, but has an offset");
  }
  return {};
}

Status check_tensor(const Candidate& c, TensorFacts& facts) noexcept {
  MLE_TRY(c.v.check_name(c.tensor.name(), &c.tensor, "a tensor"));
  MLE_TRY(check_enums(c));
  new (&facts) TensorFacts(facts_of(c.tensor));  // in place: no copy of bytes just written
  MLE_TRY(check_dims(c, facts));
  MLE_TRY(check_layout(c, facts));
  if (!facts.is_constant()) MLE_TRY(check_value_place(c, facts));
  MLE_TRY(check_bytes(c, facts));
  if (facts.is_constant()) MLE_TRY(check_constant_place(c, facts));
  if (c.tensor.quant() != kNoQuant) {
    return c.bad(rule::V37_Quant, "is quantised, but the file does not ask for that feature");
  }
  if (facts.is_constant() && facts.per_row) {
    return c.bad(rule::V54_Rows, "is a constant, but PerRow");
  }
  return {};
}

// All values of a model are PerRow or all are Whole. Where rows mix, what the caller gives and gets
// is PerRow.
Status check_rows(Validation& v) noexcept {
  const TensorFacts* first = nullptr;
  for (uint32_t i = 0; i < v.tensors.size(); ++i) {
    const TensorFacts& tensor = v.tensors[i];
    if (tensor.is_constant()) continue;
    if (v.rows_mix()) {
      if (tensor.per_row || tensor.place == fb::Place::Arena) continue;
      return candidate(v, i).bad(rule::V54_Rows, "is Whole, but rows mix: it must be PerRow");
    }
    if (first == nullptr) first = &tensor;
    if (tensor.per_row == first->per_row) continue;
    return candidate(v, i).bad(rule::V54_Rows, "is %s where others are %s",
                               tensor.per_row ? "PerRow" : "Whole",
                               first->per_row ? "PerRow" : "Whole");
  }
  return {};
}

// V35: sorted by place, neighbours tell.
Status check_overlap(Validation& v) noexcept {
  const auto tensors = v.tensors;
  uint32_t constants = 0;
  for (const TensorFacts& tensor : tensors) constants += tensor.is_constant() ? 1 : 0;
  Scratch<uint32_t> order;
  MLE_TRY(order.make(v, constants));
  MLE_TRY(v.spend(tensors.size()));
  MLE_TRY(v.spend_sort(constants));
  for (uint32_t i = 0, next = 0; i < tensors.size(); ++i) {
    if (tensors[i].is_constant()) order[next++] = i;
  }
  sort_indices({order.begin(), order.size()}, [&](uint32_t a, uint32_t b) {
    const TensorFacts& x = tensors[a];
    const TensorFacts& y = tensors[b];
    if (x.segment != y.segment) return x.segment < y.segment;
    if (x.offset != y.offset) return x.offset < y.offset;
    return x.bytes < y.bytes;
  });
  for (size_t i = 1; i < order.size(); ++i) {
    const TensorFacts& before = tensors[order[i - 1]];
    const TensorFacts& here = tensors[order[i]];
    if (before.segment != here.segment) continue;
    if (before.offset == here.offset && before.bytes == here.bytes) continue;
    if (before.offset + extent(before) <= here.offset) continue;
    return candidate(v, order[i])
        .bad(rule::V35_ConstantOverlap, "overlaps %s in part", v.tensor_name(order[i - 1]).text);
  }
  return {};
}

}  // namespace

Status check_tensors(Validation& v, Facts& facts) noexcept {
  const auto& tensors = *v.model.tensors();
  MLE_TRY(v.spend(uint64_t{tensors.size()} * 2));
  if (tensors.size() > kMaxTensors) {
    return refuse(Code::Unsupported, rule::V42_TensorIndex, v.at(&tensors),
                  "the model: has %u tensors, an index reaches %llu", tensors.size(),
                  print(kMaxTensors));
  }
  if (count_of(v.model.quants()) != 0) {
    return refuse(Code::Unsupported, rule::V37_Quant, v.at(v.model.quants()),
                  "the model: has quantisation, but the file does not ask for that feature");
  }
  MLE_TRY(facts.make(v, tensors.size()));
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    MLE_TRY(v.spend(count_of(tensors.Get(i)->dims())));
    MLE_TRY(check_tensor(candidate(v, i), facts[i]));
  }
  v.tensors = {facts.begin(), facts.size()};
  MLE_TRY(check_rows(v));
  return check_overlap(v);
}

}  // namespace mle::format
