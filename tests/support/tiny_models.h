// Small valid models, built by hand, for the tests of every room; and the tools to break them.
// Promise: what make_file() returns for an unchanged TinyModel is accepted by FileView.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include "format/file_writer.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mle::testing {

// The kernel table that every machine of this kind can run.
#ifdef __x86_64__
inline constexpr const char* kPlainIsa = "sse2";
#else
inline constexpr const char* kPlainIsa = "neon";
#endif

// The bytes of a file at a multiple of 64, as FileView wants them.
class AlignedBytes {
 public:
  explicit AlignedBytes(size_t size);
  explicit AlignedBytes(std::span<const std::byte> bytes);
  AlignedBytes(const AlignedBytes& other) : AlignedBytes(other.span()) {}
  AlignedBytes(AlignedBytes&& other) = default;
  AlignedBytes& operator=(AlignedBytes&& other) = default;

  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  size_t size() const { return size_; }
  std::byte& operator[](size_t i) { return data_.get()[i]; }
  std::span<std::byte> span() { return {data_.get(), size_}; }
  std::span<const std::byte> span() const { return {data_.get(), size_}; }
  // The first `size` bytes as a file of their own, so that a sanitizer sees a read beyond them.
  AlignedBytes first(size_t size) const { return AlignedBytes(span().first(size)); }
  // With `count` times `filler` behind.
  AlignedBytes extended(size_t count, std::byte filler) const;

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<std::byte, Free> data_;
  size_t size_;
};

// A model under construction: change what you like, then make_file().
struct TinyModel {
  fb::ProgramT program;
  format::StringPool strings;
  std::vector<std::byte> weights;  // segment 0, WGTS; empty: left out
  std::vector<std::byte> golden;   // the segment behind it, gold; empty: left out
  uint64_t required_features = 0;

  TinyModel();

  fb::ModelT& model() { return *program.models.at(0); }
  fb::TensorT& tensor(size_t i) { return *model().tensors.at(i); }
  fb::OpT& op(size_t i) { return *model().ops.at(i); }
  fb::EntryT& entry(size_t i = 0) { return *model().entries.at(i); }

  // Tensors; each returns its index. All f32 and Plain.
  uint16_t add_input(const char* name, std::vector<uint32_t> dims);
  uint16_t add_output(const char* name, std::vector<uint32_t> dims);
  uint16_t add_arena(const char* name, std::vector<uint32_t> dims);  // behind the others
  uint16_t add_constant(const char* name, std::vector<uint32_t> dims,
                        std::span<const float> values);
  // A [K, N] matrix given row by row, packed as dense_order() says.
  uint16_t add_dense_weight(const char* name, uint32_t k, uint32_t n,
                            std::span<const float> values);

  // The same in f16, bf16 or i8, for a layer of more than 16 columns: element i is the number with
  // the bits at(i), row by row.
  uint16_t add_stored_weight(const char* name, uint32_t k, uint32_t n, DType dtype,
                             const std::function<uint16_t(size_t)>& at);

  fb::OpT& add_op(fb::OpKind kind, std::vector<uint16_t> inputs, uint16_t output,
                  const char* name = "");
  fb::EntryT& add_entry(const char* name, std::vector<uint16_t> inputs,
                        std::vector<uint16_t> outputs);
  // Golden rows of the first entry, port after port.
  void add_golden(uint32_t rows, std::span<const float> inputs, std::span<const float> outputs);

  // Every tensor computed once per call instead of per row.
  void make_whole();

 private:
  uint16_t add_tensor(const char* name, fb::Place place, std::vector<uint32_t> dims);
};

AlignedBytes make_file(const TinyModel& model);
// A file of header and program alone, with right sums; `program` may be anything.
AlignedBytes make_file(std::span<const std::byte> program);
// The program with its strings, as make_file() writes it.
fb::ProgramT finished_program(const TinyModel& model);
// The same file after `edit` has changed its program, strings included.
AlignedBytes make_file(const TinyModel& model, const std::function<void(fb::ProgramT&)>& edit);

// y[2] = x[3] W + b: input x, output y, constants w and b, one Dense op; entry "predict" with
// golden rows.
TinyModel tiny_linear();

// x[3] → Dense relu [5] → Dense [2] → Softmax; entry "predict_proba" with features, labels and
// golden rows. Weights follow a fixed pattern: weight i of a layer is tiny_weight(i).
TinyModel tiny_mlp();
float tiny_weight(size_t i);

// A whole model: softmax over the first axis of a fixed [4, 3] input.
TinyModel tiny_whole();

// Recomputes the sums of segments, program and header, so that the rule behind a changed byte is
// reached. Leaves files alone whose header is too broken to follow.
void refit_sums(std::span<std::byte> file);

}  // namespace mle::testing
