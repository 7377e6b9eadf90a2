// Step: an op of the program, bound to its kernel once and run many times.
// Promise: a bound step takes no memory and checks nothing but indices, each before each use;
// weights are operands, never a size or the target of a branch.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/op_kinds.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mle::steps {

// Where a tensor lies while a tile runs.
struct Slot {
  std::byte* data = nullptr;
  size_t stride = 0;  // bytes between rows; 0: all rows share one (constants, whole tensors)

  template <class T>
  T* row(size_t r) const noexcept {
    return reinterpret_cast<T*>(data + r * stride);
  }
  template <class T>
  size_t stride_of() const noexcept {
    return stride / sizeof(T);
  }
};

struct Step;

// The first row of a tile that a step has no answer for. The step writes zeros there and goes on;
// the call fails with it when the tile is done.
struct Fault {
  static constexpr int64_t kNoValue = INT64_MIN;

  const Step* step = nullptr;  // null: none
  size_t row = 0;
  const char* what = nullptr;  // "an index outside its table"; static text
  int64_t value = kNoValue;    // what was met, where a number says it
  std::string_view text;       // or a string of the caller's

  void report(const Step& of, size_t at, const char* what_of, int64_t met = kNoValue) noexcept {
    if (step == nullptr || at < row) *this = {&of, at, what_of, met, {}};
  }
  void report_text(const Step& of, size_t at, const char* what_of, std::string_view met) noexcept {
    if (step == nullptr || at < row) *this = {&of, at, what_of, kNoValue, met};
  }
};

struct Step {
  // Computes `rows` rows, of a whole model 1. `slots` has one entry per tensor of the program.
  void (*run)(const Step& step, const Slot* slots, size_t rows, Fault& fault) noexcept = nullptr;
  const void* plan = nullptr;  // what the family prepared; only its own run looks inside
  // The same for shares [begin, end) of the columns of the output, which threads may compute side
  // by side; null where shares is 1. Never without an answer.
  void (*run_shares)(const Step& step, const Slot* slots, size_t rows, size_t begin,
                     size_t end) noexcept = nullptr;
  size_t shares = 1;

  bool flush = false;  // runs with denormals flushed to zero
  // Takes all rows of a call together: run() with no rows begins, then takes in tile after tile,
  // and the output is right after the last.
  bool all_rows = false;
  std::span<const uint16_t> inputs;  // slots
  uint16_t output = 0;

  // What profiles say, and what the choice of threads is made from.
  format::OpKind kind = format::OpKind::None;
  std::string_view name;
  uint64_t flops_per_row = 0;   // two per multiply-add; 0 where counting makes no sense
  uint64_t bytes_per_row = 0;   // of per-row inputs and outputs
  uint64_t bytes_per_call = 0;  // of constants and whole tensors
  uint64_t work_per_row = 0;    // time, in floating-point operations of a dense layer
};

}  // namespace mle::steps
