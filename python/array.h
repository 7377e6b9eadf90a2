// Arrays of Python as plain memory, by the buffer protocol: nothing is copied, numpy is not linked.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include <nanobind/nanobind.h>

#include <cstddef>
#include <span>
#include <vector>

namespace mle::python {

// Borrows an object's buffer, and keeps the object alive. Made and destroyed with the lock held;
// the memory may be used without it.
class Array {
 public:
  // What `object` is: a dtype of ours and strides that are known. Empty where it is not, without a
  // Python error. `writable` asks for memory that may be written to.
  static Array borrow(nanobind::handle object, bool writable);

  Array() = default;
  Array(Array&& other) noexcept;
  Array& operator=(Array&&) = delete;
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array();

  explicit operator bool() const { return held_; }
  // An unsigned 16-bit array holds the bits of a bf16 one.
  bool holds(DType dtype) const {
    return dtype_ == dtype || (dtype == DType::BF16 && dtype_ == DType::U16);
  }
  DType dtype() const { return dtype_; }
  std::span<const Py_ssize_t> shape() const;
  void* data() const { return view_.buf; }
  size_t count() const;  // elements in all
  // Whether everything but the first axis is densely packed, and rows do not go backwards or lie on
  // top of each other.
  bool has_dense_rows() const;
  ptrdiff_t row_bytes() const;  // of an array with dense rows and at least one axis

 private:
  Py_buffer view_ = {};
  DType dtype_ = DType::F32;
  bool held_ = false;
};

// numpy.empty(shape, dtype).
nanobind::object new_array(DType dtype, std::span<const Py_ssize_t> shape);

// "float32", as numpy says it. Str is "str"; bf16, which numpy has not, "uint16".
const char* numpy_name(DType dtype);

}  // namespace mle::python
