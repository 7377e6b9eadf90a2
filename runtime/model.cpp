// Model: a counted reference to what the loader made.
// SPDX-License-Identifier: Apache-2.0
#include <mle/model.h>

#include "format/mle_generated.h"
#include "format/rules.h"
#include "runtime/load/loader.h"
#include "runtime/load/mapped_file.h"
#include "runtime/model_state.h"

#include <utility>

namespace mle {
namespace {

// FileView does not know what its bytes are called.
Status name_file(const char* path, const Status& status) noexcept {
  if (status.code() == Code::OutOfMemory && status.rule() == 0) return Status::out_of_memory();
  return error(status.code(), status.rule(), status.offset(), status.hint(), "%s: %s", path,
               status.message());
}

}  // namespace

namespace detail {

ModelState* ModelState::of(const Model& model) noexcept { return model.state_; }

Model ModelState::wrap(ModelState* state) noexcept { return Model(state); }

void ModelState::drop_owner() noexcept {
  if (owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  memory::Bump last = std::move(memory);  // the state lies in it
  this->~ModelState();
}

}  // namespace detail

using detail::ModelState;

Result<Model> Model::load(const char* path, const LoadOptions& options) noexcept {
  if (path == nullptr) {
    return error(Code::InvalidArgument, format::rule::R114_NullData, Status::kNoOffset,
                 "pass the path of a .mle file", "Model::load: path is null");
  }
  MLE_TRY(load::check_options(options));
  load::Front front;
  MLE_TRY_ASSIGN(load::MappedFile file,
                 load::MappedFile::open(path, options.populate, options.allocator, front));
  Result<ModelState*> state = load::load(std::move(file), front.bytes(), options);
  if (!state) return name_file(path, state.error());
  return Model(*state);
}

Result<Model> Model::from_memory(std::span<const std::byte> bytes,
                                 const LoadOptions& options) noexcept {
  MLE_TRY(load::check_options(options));
  MLE_TRY_ASSIGN(load::MappedFile file,
                 load::MappedFile::from_memory(bytes, options.copy, options.allocator));
  MLE_TRY_ASSIGN(ModelState * state, load::load(std::move(file), {}, options));
  return Model(state);
}

Model::Model(const Model& other) noexcept : state_(other.state_) {
  if (state_ != nullptr) state_->add_owner();
}

Model::Model(Model&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

Model& Model::operator=(const Model& other) noexcept { return *this = Model(other); }

Model& Model::operator=(Model&& other) noexcept {
  Model taken(std::move(other));
  std::swap(state_, taken.state_);
  return *this;
}

Model::~Model() {
  if (state_ != nullptr) state_->drop_owner();
}

std::span<const EntrySpec> Model::entries() const noexcept { return state_->entry_specs; }

std::span<const TensorSpec> Model::inputs() const noexcept {
  return state_->entry_specs.front().inputs;
}

std::span<const TensorSpec> Model::outputs() const noexcept {
  return state_->entry_specs.front().outputs;
}

std::span<const std::string_view> Model::labels() const noexcept { return state_->labels; }

std::span<const std::string_view> Model::classes(size_t column) const noexcept {
  if (state_->classes.empty()) return {};
  const EntrySpec& entry = state_->entry_specs[state_->classes_of];
  const auto& ports = *state_->view.model().entries()->Get(state_->classes_of)->outputs();
  size_t at = 0;
  for (uint32_t i = 0; i < ports.size(); ++i) {
    const auto* classes = ports.Get(i)->classes();
    const auto* counts = ports.Get(i)->class_counts();
    const size_t all = classes == nullptr ? 0 : classes->size();
    const size_t columns = entry.outputs[i].columns();
    if (column >= columns) {
      column -= columns;
      at += all;
      continue;
    }
    if (counts == nullptr || counts->size() == 0) return state_->classes.subspan(at, all);
    for (uint32_t c = 0; c < column; ++c) at += counts->Get(c);
    return state_->classes.subspan(at, counts->Get(static_cast<uint32_t>(column)));
  }
  return {};
}

std::span<const std::string_view> Model::features() const noexcept { return state_->features; }

std::string_view Model::name() const noexcept {
  return state_->view.string(state_->view.model().name());
}

bool Model::rows_mix() const noexcept { return state_->rows_mix; }

const char* Model::isa() const noexcept { return state_->kernels->isa; }

Model::Memory Model::memory() const noexcept {
  Memory memory;
  memory.file_bytes = state_->file.bytes().size();
  memory.own_bytes = state_->file.own_bytes() + state_->view.own_bytes() + state_->memory.bytes();
  return memory;
}

}  // namespace mle
