// SPDX-License-Identifier: Apache-2.0
#include "tests/support/walk_view.h"

#include "format/layout.h"
#include "format/limits.h"
#include "format/mle_generated.h"

#include <cstdlib>

namespace mle::testing {
namespace {

using format::FileView;

void demand(bool promise) {
  if (!promise) std::abort();
}

struct Walk {
  const FileView& view;
  const fb::Model& model;
  uint64_t mix = 0;

  void take(uint64_t number) { mix = (mix ^ number) * 0x9E3779B97F4A7C15u; }
  void take(std::span<const std::byte> bytes) {
    for (const std::byte b : bytes) take(std::to_integer<uint64_t>(b));
  }
  void string(uint32_t index) {
    demand(index + 1 < view.program().strings_at()->size());
    for (const char c : view.string(index)) take(static_cast<unsigned char>(c));
  }
  void strings(const flatbuffers::Vector<uint32_t>* indices) {
    if (indices == nullptr) return;
    for (const uint32_t index : *indices) string(index);
  }

  const fb::Tensor& tensor(uint32_t index) {
    demand(index < model.tensors()->size());
    return *model.tensors()->Get(index);
  }

  void check_tensor(const fb::Tensor& t) {
    string(t.name());
    uint64_t elements = 1;
    if (t.dims() != nullptr) {
      demand(t.dims()->size() <= format::kMaxRank);
      for (const uint32_t dim : *t.dims()) elements *= dim;
    }
    demand(elements >= 1 && elements <= format::kMaxTensorBytes);
    const uint64_t bytes = elements * size_of(static_cast<DType>(t.dtype()));
    switch (t.place()) {
      case fb::Place::Input:
      case fb::Place::Output: break;
      case fb::Place::Arena:
        demand(t.bytes() >= bytes && t.offset() % format::kAlignment == 0);
        demand(t.offset() + t.bytes() <= model.arena_bytes());
        break;
      case fb::Place::Constant: {
        demand(t.bytes() >= bytes);
        const auto constant = view.constant(t);
        demand(reinterpret_cast<uintptr_t>(constant.data()) % format::kAlignment == 0);
        take({constant.data(), format::round_up(constant.size(), format::kAlignment)});
        break;
      }
    }
  }

  void check_op(const fb::Op& op) {
    string(op.name());
    demand(op.kind() > fb::OpKind::None && op.kind() <= fb::OpKind::MAX);
    demand(op.outputs()->size() == 1 && op.inputs()->size() >= 1);
    for (const uint16_t t : *op.inputs()) take(tensor(t).bytes());
    take(tensor(op.outputs()->Get(0)).bytes());
    if (op.iattr() != nullptr) {
      for (const uint32_t value : *op.iattr()) take(value);
    }
    if (op.fattr() != nullptr) {
      for (const fb::Bits64* value : *op.fattr()) take(value->lo());
    }
  }

  void check_ports(const flatbuffers::Vector<flatbuffers::Offset<fb::Port>>& ports,
                   fb::Place place) {
    demand(ports.size() > 0);
    for (const fb::Port* port : ports) {
      demand(tensor(port->tensor()).place() == place);
      string(port->name());
      demand(!view.string(port->name()).empty());
      strings(port->features());
      strings(port->labels());
      strings(port->classes());
      string(port->doc());
      string(port->unit());
    }
  }

  void check_golden_ports(const flatbuffers::Vector<flatbuffers::Offset<fb::GoldenPort>>* ports) {
    if (ports == nullptr || ports->size() == 0) return;
    const int segment = view.find_segment(format::kGolden);
    demand(segment >= 0);
    for (const fb::GoldenPort* port : *ports) {
      take(tensor(port->tensor()).bytes());
      take(view.segment(static_cast<size_t>(segment)).subspan(port->offset(), port->bytes()));
    }
  }
};

}  // namespace

uint64_t walk_view(const FileView& view) {
  Walk walk{view, view.model()};
  for (const fb::Tensor* tensor : *walk.model.tensors()) walk.check_tensor(*tensor);
  for (const fb::Op* op : *walk.model.ops()) walk.check_op(*op);
  demand(walk.model.entries()->size() > 0);
  for (const fb::Entry* entry : *walk.model.entries()) {
    walk.string(entry->name());
    walk.check_ports(*entry->inputs(), fb::Place::Input);
    walk.check_ports(*entry->outputs(), fb::Place::Output);
  }
  if (walk.model.goldens() != nullptr) {
    for (const fb::Golden* golden : *walk.model.goldens()) {
      walk.string(golden->reference());
      walk.check_golden_ports(golden->inputs());
      walk.check_golden_ports(golden->outputs());
    }
  }
  if (walk.model.meta() != nullptr) {
    for (const fb::KV* pair : *walk.model.meta()) {
      walk.string(pair->key());
      walk.string(pair->value());
    }
  }
  return walk.mix;
}

}  // namespace mle::testing
