// From the proven view to what sessions walk: specs, tensors, steps. Checks nothing again.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/load/loader.h"

#include "format/layout.h"
#include "format/limits.h"
#include "format/mle_generated.h"
#include "format/rules.h"
#include "format/tensor_facts.h"
#include "runtime/load/isa.h"
#include "runtime/memory/allocate.h"
#include "runtime/steps/binder.h"

#include <algorithm>
#include <bitset>
#include <new>
#include <utility>

namespace mle::load {
namespace {

using detail::ModelState;
using detail::TensorFacts;
using memory::Bump;

// Each of these fills one part of the state; false means the memory is not to be had.

bool describe_tensors(ModelState& state, std::span<const steps::Operand>& operands) noexcept {
  const auto& tensors = *state.view.model().tensors();
  TensorFacts* facts = state.memory.make<TensorFacts>(tensors.size());
  steps::Operand* operand = state.memory.make<steps::Operand>(tensors.size());
  if (facts == nullptr || operand == nullptr) return false;
  operands = {operand, tensors.size()};
  for (uint32_t i = 0; i < tensors.size(); ++i, ++operand) {
    const format::TensorFacts tensor = format::facts_of(*tensors.Get(i));
    TensorFacts& f = facts[i];
    const uint64_t width = format::element_count(tensor.dims);
    f.dtype = tensor.dtype;
    f.place = static_cast<TensorFacts::Place>(tensor.place);
    f.per_row = tensor.per_row;
    f.row_bytes = width * size_of(f.dtype);
    f.row_stride = f.per_row ? format::row_stride_bytes(width, size_of(f.dtype)) : 0;
    f.arena_offset = tensor.offset;
    operand->slot = static_cast<uint16_t>(i);
    operand->dtype = f.dtype;
    operand->per_row = f.per_row;
    operand->dims = tensor.dims;
    operand->width = width;
    if (tensor.is_constant()) {
      const auto bytes = state.view.segment(tensor.segment).subspan(tensor.offset, tensor.bytes);
      operand->constant = bytes.data();
      f.constant = const_cast<std::byte*>(bytes.data());  // no step writes to a constant
      state.weight_bytes += bytes.size();
    }
    if (f.place == TensorFacts::Place::Input && !f.per_row) state.whole = true;
  }
  state.tensors = {facts, tensors.size()};
  return true;
}

using Ports = flatbuffers::Vector<flatbuffers::Offset<fb::Port>>;

bool describe_ports(ModelState& state, const Ports* ports, std::span<const TensorSpec>& specs,
                    std::span<const detail::Port>& to) noexcept {
  const size_t count = ports == nullptr ? 0 : ports->size();
  TensorSpec* spec = state.memory.make<TensorSpec>(count);
  detail::Port* port = state.memory.make<detail::Port>(count);
  if (spec == nullptr || port == nullptr) return false;
  for (uint32_t i = 0; i < count; ++i) {
    const fb::Port& from = *ports->Get(i);
    const fb::Tensor& tensor = *state.view.model().tensors()->Get(from.tensor());
    const std::string_view name = state.view.string(from.name());
    const char* terminated = state.memory.copy(name);  // the C ABI hands it out
    if (terminated == nullptr) return false;
    spec[i].name = {terminated, name.size()};
    spec[i].dtype = static_cast<DType>(tensor.dtype());
    spec[i].per_row = tensor.rows() == fb::Rows::PerRow;
    spec[i].source_rows = from.source_rows();
    spec[i].axes = static_cast<Axes>(from.axes());
    if (tensor.dims() != nullptr) spec[i].dims = {tensor.dims()->data(), tensor.dims()->size()};
    port[i].tensor = from.tensor();
  }
  specs = {spec, count};
  to = {port, count};
  return true;
}

bool describe_entries(ModelState& state) noexcept {
  const auto& entries = *state.view.model().entries();
  EntrySpec* spec = state.memory.make<EntrySpec>(entries.size());
  detail::Entry* entry = state.memory.make<detail::Entry>(entries.size());
  if (spec == nullptr || entry == nullptr) return false;
  for (uint32_t i = 0; i < entries.size(); ++i) {
    const fb::Entry& from = *entries.Get(i);
    spec[i].name = state.view.string(from.name());
    if (!describe_ports(state, from.inputs(), spec[i].inputs, entry[i].inputs) ||
        !describe_ports(state, from.outputs(), spec[i].outputs, entry[i].outputs)) {
      return false;
    }
  }
  state.entry_specs = {spec, entries.size()};
  state.entries = {entry, entries.size()};
  return true;
}

using Names = flatbuffers::Vector<uint32_t>;

bool name_all(ModelState& state, const Names* indices,
              std::span<const std::string_view>& to) noexcept {
  if (indices == nullptr) return true;
  std::string_view* names = state.memory.make<std::string_view>(indices->size());
  if (names == nullptr) return false;
  for (uint32_t i = 0; i < indices->size(); ++i) names[i] = state.view.string(indices->Get(i));
  to = {names, indices->size()};
  return true;
}

// Features of the default entry's first input, labels of the first output that has any.
bool name_columns(ModelState& state) noexcept {
  const auto& entries = *state.view.model().entries();
  if (!name_all(state, entries.Get(0)->inputs()->Get(0)->features(), state.features)) return false;
  for (const fb::Entry* entry : entries) {
    for (const fb::Port* output : *entry->outputs()) {
      if (output->labels() == nullptr || output->labels()->size() == 0) continue;
      return name_all(state, output->labels(), state.labels);
    }
  }
  return true;
}

// Classes of the outputs of the first entry that has any.
bool name_classes(ModelState& state) noexcept {
  const auto& entries = *state.view.model().entries();
  for (uint32_t i = 0; i < entries.size(); ++i) {
    size_t count = 0;
    for (const fb::Port* output : *entries.Get(i)->outputs())
      count += output->classes() == nullptr ? 0 : output->classes()->size();
    if (count == 0) continue;
    std::string_view* names = state.memory.make<std::string_view>(count);
    if (names == nullptr) return false;
    state.classes = {names, count};
    state.classes_of = i;
    for (const fb::Port* output : *entries.Get(i)->outputs()) {
      if (output->classes() == nullptr) continue;
      for (const uint32_t name : *output->classes()) *names++ = state.view.string(name);
    }
    return true;
  }
  return true;
}

// A layer whose answers an arg-max compares keeps denormals: scores that differ must not become
// equal.
void keep_compared_denormals(const ModelState& state, std::span<steps::Step> steps) noexcept {
  const auto& ops = *state.view.model().ops();
  const auto compares = [](const fb::Op* op) { return op->kind() == fb::OpKind::ArgMax; };
  if (std::none_of(ops.begin(), ops.end(), compares)) return;
  std::bitset<format::kMaxTensors + 1> compared;
  for (const fb::Op* op : ops)
    if (compares(op)) compared.set(op->inputs()->Get(0));
  for (uint32_t i = 0; i < ops.size(); ++i)
    if (compared.test(ops.Get(i)->outputs()->Get(0))) steps[i].flush = false;
}

void count_bytes(const TensorFacts& tensor, steps::Step& step) noexcept {
  (tensor.per_row ? step.bytes_per_row : step.bytes_per_call) += tensor.row_bytes;
}

bool bind_steps(ModelState& state, std::span<const steps::Operand> operands) noexcept {
  const auto& ops = *state.view.model().ops();
  steps::Step* step = state.memory.make<steps::Step>(ops.size());
  if (step == nullptr) return false;
  steps::Binder binder(state.view, operands, *state.kernels, state.memory);
  for (uint32_t i = 0; i < ops.size(); ++i) {
    if (!steps::bind(binder, *ops.Get(i), step[i])) return false;
    state.rows_mix |= step[i].all_rows;
    count_bytes(state.tensors[step[i].output], step[i]);
    for (const uint16_t input : step[i].inputs) count_bytes(state.tensors[input], step[i]);
  }
  keep_compared_denormals(state, {step, ops.size()});
  state.steps = {step, ops.size()};
  return true;
}

Status no_memory(const Bump& bump) noexcept {
  if (!bump.limit_reached()) return Status::out_of_memory();
  return error(Code::OutOfMemory, format::rule::V71_LoaderMemory, Status::kNoOffset,
               "the file was not made by mle-convert, or is damaged",
               "the program would need more than three times its own size to load");
}

}  // namespace

Status check_options(const LoadOptions& options) noexcept {
  using format::rule::R103_Option;
  if (!memory::is_sound(options.allocator)) {
    return error(Code::InvalidArgument, R103_Option, Status::kNoOffset,
                 "set allocate and release, or neither",
                 "LoadOptions::allocator: only one of its two functions is set");
  }
  if (options.max_program_bytes > format::kMaxProgramBytesCeiling) {
    return error(Code::InvalidArgument, R103_Option, Status::kNoOffset, "ask for at most 256 MiB",
                 "LoadOptions::max_program_bytes: %llu is more than %llu",
                 static_cast<unsigned long long>(options.max_program_bytes),
                 static_cast<unsigned long long>(format::kMaxProgramBytesCeiling));
  }
  return {};
}

Result<ModelState*> load(MappedFile file, std::span<const std::byte> front,
                         const LoadOptions& options) noexcept {
  MLE_TRY_ASSIGN(const kernels::Table* table, choose_table(options.isa));
  format::ViewOptions view_options;
  view_options.verify = options.verify;
  view_options.max_program_bytes = options.max_program_bytes;
  view_options.allocator = options.allocator;
  MLE_TRY_ASSIGN(format::FileView view, format::FileView::open(file.bytes(), view_options, front));

  const uint64_t program_bytes = view.header().program_size;
  Bump bump(options.allocator, sizeof(ModelState) + 4096 + 2 * program_bytes,
            format::kLoaderBytesPerProgramByte * program_bytes + format::kLoaderBytesBase -
                view.own_bytes());
  void* at = bump.take_for<ModelState>();
  if (at == nullptr) return no_memory(bump);
  ModelState* state = ::new (at) ModelState(std::move(file), std::move(view), std::move(bump));
  state->kernels = table;
  state->arena_bytes = state->view.model().arena_bytes();
  std::span<const steps::Operand> operands;
  if (!describe_tensors(*state, operands) || !describe_entries(*state) || !name_columns(*state) ||
      !name_classes(*state) || !bind_steps(*state, operands)) {
    Status failure = no_memory(state->memory);
    state->drop_owner();
    return failure;
  }
  return state;
}

}  // namespace mle::load
