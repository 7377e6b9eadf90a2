// What a Model points to: the file, the view of it, and its ops bound to kernels.
// Promise: never changes after load, so that any number of threads and sessions may share it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/options.h>
#include <mle/tensor.h>

#include "format/file_view.h"
#include "runtime/kernels/kernels.h"
#include "runtime/load/mapped_file.h"
#include "runtime/memory/bump.h"
#include "runtime/steps/step.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mle {
class Model;
}

namespace mle::detail {

// A tensor as sessions need it.
struct TensorFacts {
  enum class Place : uint8_t { Input, Output, Arena, Constant };

  DType dtype = DType::F32;
  Place place = Place::Arena;
  bool per_row = false;
  uint64_t row_bytes = 0;     // dense: of one row, or of the whole tensor
  uint64_t row_stride = 0;    // in an arena; 0 where the tensor is whole
  uint64_t arena_offset = 0;  // Arena: bytes per row of a tile
  std::byte* constant = nullptr;
};

// One input or output of an entry.
struct Port {
  uint16_t tensor = 0;
};

struct Entry {
  std::span<const Port> inputs, outputs;  // parallel to those of the EntrySpec
};

struct ModelState {
  ModelState(load::MappedFile mapped, format::FileView proven, memory::Bump bump) noexcept
      : file(std::move(mapped)), view(std::move(proven)), memory(std::move(bump)) {}

  std::atomic<uint64_t> owners = 1;
  load::MappedFile file;
  format::FileView view;
  memory::Bump memory;  // holds this too, and all the spans below
  const kernels::Table* kernels = nullptr;

  std::span<const EntrySpec> entry_specs;
  std::span<const Entry> entries;
  std::span<const std::string_view> labels;
  std::span<const std::string_view> classes;  // of all outputs of that entry
  uint32_t classes_of = 0;
  std::span<const std::string_view> features;
  std::span<const TensorFacts> tensors;
  std::span<const steps::Step> steps;
  bool whole = false;         // not row-wise: one call is one tensor
  bool rows_mix = false;      // an answer may depend on all rows of its call
  uint64_t arena_bytes = 0;   // per row of a tile
  uint64_t weight_bytes = 0;  // of all constants

  // For the rest of the runtime, which gets a Model and needs what is in it.
  static ModelState* of(const Model& model) noexcept;
  static Model wrap(ModelState* state) noexcept;  // takes over one owner
  void add_owner() noexcept { owners.fetch_add(1, std::memory_order_relaxed); }
  void drop_owner() noexcept;
};

}  // namespace mle::detail
