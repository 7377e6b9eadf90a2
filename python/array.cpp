// SPDX-License-Identifier: Apache-2.0
#include "python/array.h"

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace mle::python {
namespace {

namespace nb = nanobind;

std::optional<DType> sized(char kind, Py_ssize_t bytes) {
  switch (kind) {
    case 'i':
      return bytes == 1   ? DType::I8
             : bytes == 2 ? DType::I16
             : bytes == 4 ? DType::I32
                          : DType::I64;
    default:
      return bytes == 1   ? DType::U8
             : bytes == 2 ? DType::U16
             : bytes == 4 ? DType::U32
                          : DType::U64;
  }
}

// By the letters of Python's module struct, in this machine's byte order.
std::optional<DType> dtype_of(const char* format, Py_ssize_t bytes) {
  std::string_view text = format == nullptr ? "B" : format;
  if (!text.empty() && (text[0] == '@' || text[0] == '=' || text[0] == '<')) text.remove_prefix(1);
  if (text.size() != 1) return {};
  switch (text[0]) {
    case 'f': return DType::F32;
    case 'd': return DType::F64;
    case 'e': return DType::F16;
    case '?': return DType::Bool;
    case 'b':
    case 'h':
    case 'i':
    case 'l':
    case 'q': return sized('i', bytes);
    case 'B':
    case 'H':
    case 'I':
    case 'L':
    case 'Q': return sized('u', bytes);
    default: return {};
  }
}

}  // namespace

Array Array::borrow(nb::handle object, bool writable) {
  Array array;
  if (PyObject_CheckBuffer(object.ptr()) == 0) return array;
  const int flags = PyBUF_STRIDES | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
  if (PyObject_GetBuffer(object.ptr(), &array.view_, flags) != 0) {
    PyErr_Clear();
    return array;
  }
  array.held_ = true;
  const auto dtype = dtype_of(array.view_.format, array.view_.itemsize);
  if (!dtype || static_cast<Py_ssize_t>(size_of(*dtype)) != array.view_.itemsize) return Array();
  array.dtype_ = *dtype;
  return array;
}

Array::Array(Array&& other) noexcept
    : view_(other.view_), dtype_(other.dtype_), held_(std::exchange(other.held_, false)) {}

Array::~Array() {
  if (held_) PyBuffer_Release(&view_);
}

std::span<const Py_ssize_t> Array::shape() const {
  return {view_.shape, static_cast<size_t>(view_.ndim)};
}

size_t Array::count() const {
  size_t count = 1;
  for (const Py_ssize_t length : shape()) count *= static_cast<size_t>(length);
  return count;
}

bool Array::has_dense_rows() const {
  Py_ssize_t wanted = view_.itemsize;
  for (int axis = view_.ndim - 1; axis > 0; --axis) {
    if (view_.shape[axis] != 1 && view_.strides[axis] != wanted) return false;
    wanted *= view_.shape[axis];
  }
  return view_.ndim == 0 || view_.shape[0] <= 1 || view_.strides[0] >= wanted;
}

ptrdiff_t Array::row_bytes() const {
  Py_ssize_t dense = view_.itemsize;
  for (int axis = 1; axis < view_.ndim; ++axis) dense *= view_.shape[axis];
  return view_.ndim > 0 && view_.shape[0] > 1 ? view_.strides[0] : dense;
}

nb::object new_array(DType dtype, std::span<const Py_ssize_t> shape) {
  nb::object dims = nb::steal(PyTuple_New(static_cast<Py_ssize_t>(shape.size())));
  for (size_t axis = 0; axis < shape.size(); ++axis)
    PyTuple_SET_ITEM(dims.ptr(), static_cast<Py_ssize_t>(axis), PyLong_FromSsize_t(shape[axis]));
  // Looked up once and kept, as numpy itself is. Not by the static's own initialiser: importing may
  // hand the interpreter's lock to a thread that then waits for it.
  static PyObject* empty = nullptr;
  static PyObject* names[16] = {};
  const auto kept = [](nb::object object) { return object.release().ptr(); };
  if (empty == nullptr) empty = kept(nb::module_::import_("numpy").attr("empty"));
  PyObject*& name = names[static_cast<size_t>(dtype)];
  if (name == nullptr) name = kept(nb::module_::import_("numpy").attr("dtype")(numpy_name(dtype)));
  return nb::handle(empty)(dims, nb::handle(name));
}

const char* numpy_name(DType dtype) {
  switch (dtype) {
    case DType::F32: return "float32";
    case DType::F64: return "float64";
    case DType::F16: return "float16";
    case DType::BF16: return "uint16";
    case DType::I8: return "int8";
    case DType::U8: return "uint8";
    case DType::I16: return "int16";
    case DType::U16: return "uint16";
    case DType::I32: return "int32";
    case DType::U32: return "uint32";
    case DType::I64: return "int64";
    case DType::U64: return "uint64";
    case DType::Bool: return "bool";
    case DType::Str: return "str";
  }
  return "?";
}

}  // namespace mle::python
