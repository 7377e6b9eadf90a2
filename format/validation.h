// What all checks of a program share: the view, the work counter (V70), scratch memory (V71), and
// how a part is named in a message. Internal to FileView::open.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/options.h>
#include <mle/status.h>

#include "format/file_view.h"
#include "format/header.h"
#include "format/memory_block.h"
#include "format/mle_generated.h"
#include "format/refuse.h"
#include "format/rules.h"
#include "format/tensor_facts.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace mle::format {

// A FlatBuffers vector as a span; an absent one is empty.
template <class T>
std::span<const T> span_of(const flatbuffers::Vector<T>* vector) noexcept {
  if (vector == nullptr) return {};
  return {vector->data(), vector->size()};
}

template <class Vector>
uint32_t count_of(const Vector* vector) noexcept {
  return vector == nullptr ? 0 : vector->size();
}

inline double as_double(const fb::Bits64& bits) noexcept {
  const uint64_t pattern = uint64_t{bits.hi()} << 32 | bits.lo();
  double number;
  std::memcpy(&number, &pattern, sizeof number);
  return number;
}

// "tensor 7 ('fc1.weight')", cut to fit. Made only where something is refused: formatting text
// would cost more than the checks.
struct PartName {
  char text[128];
};

class Validation {
 public:
  // `memory_used`: what the view itself has taken.
  Validation(const FileView& view, const Allocator& allocator, uint64_t memory_used) noexcept;

  const FileView& view;
  const fb::Model& model;
  // Of every tensor, once check_tensors() has found them sound: plain numbers, where the program
  // must be asked for each field anew.
  std::span<const TensorFacts> tensors;
  const Allocator& allocator;

  // Whether the header says so: then values that are Whole may be made of all rows of a call, and
  // stay while tile after tile is computed (V55).
  bool rows_mix() const noexcept {
    return (view.header().required_features & kFeatureRowsMix) != 0;
  }

  // Every loop pays for its steps before it makes them (V70), so that parts which are referred to
  // many times cannot make the checks quadratic.
  Status spend(uint64_t steps) noexcept {
    if (steps > work_left_) return too_much_work();
    work_left_ -= steps;
    return {};
  }
  // For sorting `count` things.
  Status spend_sort(uint64_t count) noexcept;
  // Before each allocation (V71).
  Status take_memory(uint64_t bytes) noexcept;

  // Offset in the file of a part of the program.
  uint64_t at(const void* part) const noexcept;

  // Room for small things, so that a small program is checked without asking for memory. What is
  // taken last is given back first. Null where there is not enough left.
  void* take_near(size_t bytes) noexcept {
    if (bytes > sizeof near_ - near_used_) return nullptr;
    void* at = near_ + near_used_;
    near_used_ += round_up(bytes, kAlignment);
    return at;
  }
  void give_back_near(size_t bytes) noexcept { near_used_ -= round_up(bytes, kAlignment); }

  // V25
  Status check_string(uint32_t index, const void* where, const char* what) noexcept {
    return index < view.string_count() ? Status() : no_such_string(index, where, what);
  }
  Status check_strings(const flatbuffers::Vector<uint32_t>* indices, const void* where,
                       const char* what) noexcept;                                  // V25
  Status check_name(uint32_t index, const void* where, const char* what) noexcept;  // V25, V24

  PartName name_of(const char* kind, size_t index, uint32_t string_index) const noexcept;
  PartName tensor_name(size_t index) const noexcept;
  PartName op_name(size_t index) const noexcept;

 private:
  Status too_much_work() const noexcept;
  Status no_such_string(uint32_t index, const void* where, const char* what) const noexcept;

  // Most pools have none; then no name needs a look of its own.
  bool pool_has_control_characters_;
  uint64_t work_left_;
  uint64_t memory_left_;
  size_t near_used_ = 0;
  alignas(kAlignment) std::byte near_[4096];
};

// A zeroed array that lives as long as the checks need it. Those alive at the same time are made in
// the order they are declared.
template <class T>
class Scratch {
 public:
  Scratch() noexcept = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (v_ == nullptr) return;
    if (near_) {
      v_->give_back_near(bytes_);
    } else {
      release_block(v_->allocator, data_, bytes_, kAlignment);
    }
  }

  Status make(Validation& v, size_t count) noexcept {
    if (count == 0) return {};
    const size_t bytes = count * sizeof(T);
    MLE_TRY(v.take_memory(bytes));
    void* block = v.take_near(bytes);
    near_ = block != nullptr;
    if (!near_) block = allocate_block(v.allocator, bytes, kAlignment);
    if (block == nullptr) return Status::out_of_memory();
    std::memset(block, 0, bytes);
    data_ = static_cast<T*>(block);
    count_ = count;
    bytes_ = bytes;
    v_ = &v;
    return {};
  }

  T& operator[](size_t i) noexcept { return data_[i]; }
  const T& operator[](size_t i) const noexcept { return data_[i]; }
  T* begin() noexcept { return data_; }
  T* end() noexcept { return data_ + count_; }
  size_t size() const noexcept { return count_; }

 private:
  T* data_ = nullptr;
  size_t count_ = 0;
  size_t bytes_ = 0;
  Validation* v_ = nullptr;
  bool near_ = false;
};

inline constexpr uint32_t kNoGolden = ~uint32_t{0};  // of an entry

// Which op writes a tensor.
inline constexpr uint32_t kNoOp = 0;
using Writers = Scratch<uint32_t>;  // per tensor: index of the op + 1, or kNoOp

Status check_pool(const fb::Program& program, uint64_t file_offset) noexcept;  // V24
using Facts = Scratch<TensorFacts>;
Status check_tensors(Validation& v, Facts& facts) noexcept;  // V30 … V37, V54; fills v.tensors
Status check_ops(Validation& v, Writers& writers) noexcept;  // V40 … V46, V54, V55
Status check_memory(Validation& v) noexcept;                 // V48 … V52
Status check_entries(Validation& v, const Writers& writers) noexcept;  // V60 … V63, V65 … V67
Status check_goldens(Validation& v) noexcept;                          // V64
Status check_provenance(Validation& v) noexcept;                       // V23, V25

}  // namespace mle::format
