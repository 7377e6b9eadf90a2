// Binder: what a step needs to know of the file while it is being bound.
// Promise: reads the proven view only, and takes memory for plans only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include "format/file_view.h"
#include "runtime/kernels/kernels.h"
#include "runtime/memory/bump.h"
#include "runtime/steps/step.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace mle::fb {
struct Op;
}

namespace mle::steps {

// One input or output of an op.
struct Operand {
  uint16_t slot = 0;
  DType dtype = DType::F32;
  bool per_row = false;
  std::span<const uint32_t> dims;       // of one row where per_row, else of the whole tensor
  size_t width = 0;                     // product of dims
  const std::byte* constant = nullptr;  // its elements, where it is one

  size_t bytes() const noexcept { return width * size_of(dtype); }
};

class Binder {
 public:
  // `tensors`: one for each of the view.
  Binder(const format::FileView& view, std::span<const Operand> tensors,
         const kernels::Table& kernels, memory::Bump& memory) noexcept
      : view_(view), tensors_(tensors), kernels_(kernels), memory_(memory) {}

  const kernels::Table& kernels() const noexcept { return kernels_; }

  const Operand& tensor(uint16_t index) const noexcept { return tensors_[index]; }
  const Operand& input(const fb::Op& op, size_t index) const noexcept;
  const Operand& output(const fb::Op& op) const noexcept;
  size_t input_count(const fb::Op& op) const noexcept;
  // The elements of a constant of that type.
  template <class T>
  const T* constant(const fb::Op& op, size_t index) const noexcept {
    return reinterpret_cast<const T*>(input(op, index).constant);
  }

  // The list of the op: indices into what its kind says.
  std::span<const uint32_t> indices(const fb::Op& op) const noexcept;
  const format::FileView& view() const noexcept { return view_; }

  uint32_t iattr(const fb::Op& op, size_t index) const noexcept;
  // `otherwise` where the op has fewer.
  double fattr(const fb::Op& op, size_t index, double otherwise) const noexcept;

  std::string_view string(uint32_t index) const noexcept { return view_.string(index); }

  // Memory that lives as long as the model, or null.
  template <class T>
  T* make(size_t count = 1) noexcept {
    return memory_.make<T>(count);
  }

 private:
  const format::FileView& view_;
  std::span<const Operand> tensors_;
  const kernels::Table& kernels_;
  memory::Bump& memory_;
};

// Calls f with a value of the C++ type of a floating dtype. FileView lets no other dtype reach the
// ops that ask, and none with operands of both.
template <class F>
bool with_float(DType dtype, F&& f) noexcept {
  return dtype == DType::F64 ? f(double{}) : f(float{});
}

// Binds one op: fills `step` in full. False when memory is gone, the only way it can fail.
bool bind(Binder& binder, const fb::Op& op, Step& step) noexcept;

// The families, each in a file of its own; called by bind() for the op kinds they know. They set
// run and plan, and what differs from the defaults bind() has set before.
bool bind_dense(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_unary(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_binary(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_compare(Binder& binder, const fb::Op& op, Step& step) noexcept;
// The same for dtypes that the kernel tables do not know.
bool bind_unary_any(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_binary_any(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_compare_any(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_select(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_scale(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_clip(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_softmax(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_concat(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_slice(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_reshape(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_transpose(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_expand(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_gather(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_gather_elements(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_argmax(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_cast(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_products(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_piecewise(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_couple(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_matmul(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_reduce(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_reduce_rows(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_cumsum(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_topk(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_layer_norm(Binder& binder, const fb::Op& op, Step& step) noexcept;

bool bind_map_keys(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_labels(Binder& binder, const fb::Op& op, Step& step) noexcept;
bool bind_is_missing(Binder& binder, const fb::Op& op, Step& step) noexcept;

}  // namespace mle::steps
