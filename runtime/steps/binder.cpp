// Every op kind and the family that binds it, written out.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/steps/binder.h"

#include "format/mle_generated.h"

#include <bit>

namespace mle::steps {
namespace {

using format::OpKind;

// What an element costs beside half a multiply-add of a dense layer, roughly: a transcendental
// function is some thirty fused operations, a row of softmax twice that.
constexpr uint64_t kElementWork = 32;

bool bind_family(Binder& binder, const fb::Op& op, Step& step) noexcept {
  switch (step.kind) {
    case OpKind::Dense: return bind_dense(binder, op, step);
    case OpKind::Unary: return bind_unary(binder, op, step);
    case OpKind::Binary: return bind_binary(binder, op, step);
    case OpKind::Compare: return bind_compare(binder, op, step);
    case OpKind::Select: return bind_select(binder, op, step);
    case OpKind::Scale: return bind_scale(binder, op, step);
    case OpKind::Clip: return bind_clip(binder, op, step);
    case OpKind::Softmax:
    case OpKind::LogSoftmax: return bind_softmax(binder, op, step);
    case OpKind::Concat: return bind_concat(binder, op, step);
    case OpKind::Slice: return bind_slice(binder, op, step);
    case OpKind::Reshape: return bind_reshape(binder, op, step);
    case OpKind::ArgMax: return bind_argmax(binder, op, step);
    case OpKind::Cast: return bind_cast(binder, op, step);
    case OpKind::MapKeys: return bind_map_keys(binder, op, step);
    case OpKind::Labels: return bind_labels(binder, op, step);
    case OpKind::IsMissing: return bind_is_missing(binder, op, step);
    case OpKind::Products: return bind_products(binder, op, step);
    case OpKind::Piecewise: return bind_piecewise(binder, op, step);
    case OpKind::MatMul: return bind_matmul(binder, op, step);
    case OpKind::Reduce: return bind_reduce(binder, op, step);
    case OpKind::ReduceRows: return bind_reduce_rows(binder, op, step);
    case OpKind::Couple: return bind_couple(binder, op, step);
    case OpKind::CumSum: return bind_cumsum(binder, op, step);
    case OpKind::TopK: return bind_topk(binder, op, step);
    case OpKind::LayerNorm: return bind_layer_norm(binder, op, step);
    case OpKind::Transpose: return bind_transpose(binder, op, step);
    case OpKind::Expand: return bind_expand(binder, op, step);
    case OpKind::Gather: return bind_gather(binder, op, step);
    case OpKind::GatherElements: return bind_gather_elements(binder, op, step);
    case OpKind::None: break;
  }
  return false;  // FileView lets no other kind pass
}

}  // namespace

const Operand& Binder::input(const fb::Op& op, size_t index) const noexcept {
  return tensor(op.inputs()->Get(static_cast<flatbuffers::uoffset_t>(index)));
}

const Operand& Binder::output(const fb::Op& op) const noexcept {
  return tensor(op.outputs()->Get(0));
}

size_t Binder::input_count(const fb::Op& op) const noexcept { return op.inputs()->size(); }

std::span<const uint32_t> Binder::indices(const fb::Op& op) const noexcept {
  if (op.indices() == nullptr) return {};
  return {op.indices()->data(), op.indices()->size()};
}

uint32_t Binder::iattr(const fb::Op& op, size_t index) const noexcept {
  return op.iattr()->Get(static_cast<flatbuffers::uoffset_t>(index));
}

double Binder::fattr(const fb::Op& op, size_t index, double otherwise) const noexcept {
  if (op.fattr() == nullptr || index >= op.fattr()->size()) return otherwise;
  const fb::Bits64* bits = op.fattr()->Get(static_cast<flatbuffers::uoffset_t>(index));
  return std::bit_cast<double>(uint64_t{bits->hi()} << 32 | bits->lo());
}

bool bind(Binder& binder, const fb::Op& op, Step& step) noexcept {
  const Operand output = binder.output(op);
  step.kind = static_cast<OpKind>(op.kind());
  step.inputs = {op.inputs()->data(), op.inputs()->size()};
  step.output = output.slot;
  step.name = binder.string(op.name());
  step.work_per_row = output.width * kElementWork;
  return bind_family(binder, op, step);
}

}  // namespace mle::steps
