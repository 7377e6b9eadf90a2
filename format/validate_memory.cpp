// The memory plan: arena tensors lie in the arena (V50, V51), and no two share bytes while both are
// needed (V52), but for an op that may work in place (V48). Where rows mix, what is Whole is needed
// from the first op to the last: tile after tile is computed with it.
// SPDX-License-Identifier: Apache-2.0
#include "format/limits.h"
#include "format/live_ranges.h"
#include "format/sort_indices.h"
#include "format/tensor_facts.h"
#include "format/validation.h"

#include <algorithm>
#include <bit>

namespace mle::format {
namespace {

bool is_arena(const TensorFacts& tensor) noexcept { return tensor.place == fb::Place::Arena; }

bool stays(const Validation& v, const TensorFacts& tensor) noexcept {
  return v.rows_mix() && !tensor.per_row;
}

bool may_work_in_place(fb::OpKind kind) noexcept {
  switch (kind) {
    case fb::OpKind::Unary:
    case fb::OpKind::Binary:
    case fb::OpKind::Select:
    case fb::OpKind::Scale:
    case fb::OpKind::Clip:
    case fb::OpKind::Softmax:
    case fb::OpKind::LogSoftmax:
    case fb::OpKind::CumSum:
    case fb::OpKind::LayerNorm:
    case fb::OpKind::Reshape: return true;
    default: return false;
  }
}

// The elements of both lie at the same addresses, one for one.
bool same_elements(fb::OpKind kind, const TensorFacts& x, const TensorFacts& y) noexcept {
  if (x.dtype != y.dtype) return false;
  if (kind == fb::OpKind::Reshape) return true;
  return std::equal(x.dims.begin(), x.dims.end(), y.dims.begin(), y.dims.end());
}

Status check_arena(Validation& v) noexcept {
  const fb::Model& model = v.model;
  const uint64_t arena_bytes = model.arena_bytes();
  MLE_TRY(v.spend(v.tensors.size()));
  for (uint32_t i = 0; i < v.tensors.size(); ++i) {
    const TensorFacts& t = v.tensors[i];
    if (!is_arena(t)) continue;
    if (t.offset % kAlignment == 0 && t.bytes <= arena_bytes && t.offset <= arena_bytes - t.bytes) {
      continue;
    }
    return refuse(Code::Corrupt, rule::V50_ArenaPlace, v.at(model.tensors()->Get(i)),
                  "%s: its %llu bytes at %llu do not fit the arena of %llu", v.tensor_name(i).text,
                  print(t.bytes), print(t.offset), print(arena_bytes));
  }
  if (arena_bytes > kMaxArenaBytes) {
    return refuse(Code::Unsupported, rule::V51_ArenaSize, v.at(&model),
                  "the model: its arena takes %llu bytes, at most %llu are allowed",
                  print(arena_bytes), print(kMaxArenaBytes));
  }
  const uint32_t align = model.arena_align();
  if (!std::has_single_bit(align) || align < kAlignment || align > kMaxSegmentAlign) {
    return refuse(Code::Corrupt, rule::V51_ArenaSize, v.at(&model),
                  "the model: an arena aligned to %u", align);
  }
  return {};
}

// An arena tensor that some op writes.
struct Resident {
  uint32_t tensor;
  LiveRange live;
  uint64_t begin;
  uint64_t end;
  bool stays;
};

using Residents = Scratch<Resident>;
using LastReads = Scratch<uint32_t>;  // per tensor: half step of the last read

Status find_last_reads(Validation& v, LastReads& last) noexcept {
  const auto& ops = *v.model.ops();
  MLE_TRY(last.make(v, v.tensors.size()));
  for (uint32_t i = 0; i < ops.size(); ++i) {
    const auto inputs = span_of(ops.Get(i)->inputs());
    MLE_TRY(v.spend(inputs.size()));
    // Until its op has written, an input stays where it is.
    for (const uint16_t t : inputs) last[t] = 2 * i + 1;
  }
  return {};
}

// V48. Where an op's output lies exactly on an input that nobody reads later, the input's life ends
// with the op's reading.
Status allow_in_place(Validation& v, LastReads& last) noexcept {
  const auto& ops = *v.model.ops();
  const auto tensors = v.tensors;
  for (uint32_t i = 0; i < ops.size(); ++i) {
    const fb::Op& op = *ops.Get(i);
    const TensorFacts& out = tensors[op.outputs()->Get(0)];
    if (!is_arena(out)) continue;
    MLE_TRY(v.spend(count_of(op.inputs())));
    for (const uint16_t t : span_of(op.inputs())) {
      const TensorFacts& in = tensors[t];
      const bool ends_here = last[t] == 2 * i + 1 && !stays(v, in);
      if (!is_arena(in) || in.offset != out.offset || !ends_here) continue;
      if (!may_work_in_place(op.kind()) || !same_elements(op.kind(), in, out)) {
        return refuse(Code::Corrupt, rule::V48_InPlace, v.at(&op),
                      "%s, %s: must not write where it reads %s", v.op_name(i).text,
                      fb::EnumNameOpKind(op.kind()), v.tensor_name(t).text);
      }
      last[t] = 2 * i;
    }
  }
  return {};
}

Status find_residents(Validation& v, const LastReads& last, Residents& residents) noexcept {
  const auto& ops = *v.model.ops();
  const auto tensors = v.tensors;
  MLE_TRY(v.spend(uint64_t{ops.size()} * 2));
  uint32_t count = 0;
  for (uint32_t i = 0; i < ops.size(); ++i) {
    if (is_arena(tensors[ops.Get(i)->outputs()->Get(0)])) ++count;
  }
  MLE_TRY(residents.make(v, count));
  for (uint32_t i = 0, next = 0; i < ops.size(); ++i) {
    const uint16_t t = ops.Get(i)->outputs()->Get(0);
    const TensorFacts& tensor = tensors[t];
    if (!is_arena(tensor)) continue;
    const uint32_t written = 2 * i + 1;
    residents[next++] = {t,
                         {written, std::max(written, last[t])},
                         tensor.offset,
                         tensor.offset + tensor.bytes,
                         stays(v, tensor)};
  }
  return {};
}

// Who lies at a byte of the arena.
class Crowd {
 public:
  Status make(Validation& v, uint32_t ops) noexcept { return ranges_.make(v, ops); }

  void add(const Resident& resident) noexcept {
    ++count_;
    staying_ += resident.stays ? 1 : 0;
    ranges_.add(resident.live);
  }
  void remove(const Resident& resident) noexcept {
    --count_;
    staying_ -= resident.stays ? 1 : 0;
    ranges_.remove(resident.live);
  }
  bool is_in_the_way(const Resident& arriving) const noexcept {
    if (arriving.stays) return count_ > 0;
    return staying_ > 0 || ranges_.overlaps(arriving.live);
  }

 private:
  LiveRanges ranges_;
  size_t count_ = 0;
  size_t staying_ = 0;
};

// V52: walks the arena from its first byte to its last; whoever lies at a byte must share no moment
// with the others that lie there.
Status check_overlap(Validation& v, Residents& residents) noexcept {
  const size_t count = residents.size();
  Scratch<uint32_t> by_begin, by_end;
  Crowd here;
  MLE_TRY(by_begin.make(v, count));
  MLE_TRY(by_end.make(v, count));
  MLE_TRY(here.make(v, v.model.ops()->size()));
  MLE_TRY(v.spend_sort(2 * count));
  for (uint32_t i = 0; i < count; ++i) by_begin[i] = by_end[i] = i;
  sort_indices({by_begin.begin(), count},
               [&](uint32_t a, uint32_t b) { return residents[a].begin < residents[b].begin; });
  sort_indices({by_end.begin(), count},
               [&](uint32_t a, uint32_t b) { return residents[a].end < residents[b].end; });

  size_t gone = 0;
  for (size_t i = 0; i < count; ++i) {
    const Resident& arriving = residents[by_begin[i]];
    for (; gone < count && residents[by_end[gone]].end <= arriving.begin; ++gone) {
      here.remove(residents[by_end[gone]]);
    }
    if (here.is_in_the_way(arriving)) {
      return refuse(
          Code::Corrupt, rule::V52_ArenaOverlap, v.at(v.model.tensors()->Get(arriving.tensor)),
          "%s: shares arena bytes from %llu with a tensor that is needed at the same time",
          v.tensor_name(arriving.tensor).text, print(arriving.begin));
    }
    here.add(arriving);
  }
  return {};
}

}  // namespace

Status check_memory(Validation& v) noexcept {
  MLE_TRY(check_arena(v));
  LastReads last;
  Residents residents;
  MLE_TRY(find_last_reads(v, last));
  MLE_TRY(allow_in_place(v, last));
  MLE_TRY(find_residents(v, last, residents));
  return check_overlap(v, residents);
}

}  // namespace mle::format
