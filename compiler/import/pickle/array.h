// numpy arrays and scalars, in the ways pickles of numpy 1 and 2 and joblib write them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/pickle/object.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::compiler::pickle {

// Other: complex numbers, long doubles, times. Such arrays are read as bytes and not looked into.
enum class Element : uint8_t {
  Float,
  Signed,
  Unsigned,
  Bool,
  Unicode,
  ByteString,
  Object,
  Record,
  Other
};

// An element type: kind, bytes, order.
struct ElementType {
  Element kind = Element::Float;
  size_t bytes = 8;
  bool swapped = false;  // big-endian
};

// Elements in the order of C, whatever order the file has them in. Borrows from the Pickle.
class Array {
 public:
  const ElementType& type() const { return type_; }
  const std::vector<uint64_t>& shape() const { return shape_; }
  size_t rank() const { return shape_.size(); }
  size_t size() const { return size_; }

  bool is_number() const { return type_.kind <= Element::Bool; }
  bool is_text() const;  // Unicode or ByteString; objects are looked at one by one
  bool is_objects() const { return type_.kind == Element::Object; }

  // Element i in C order. Only where is_number(); integers beyond 2^53 lose digits in real().
  double real(size_t i) const;
  int64_t integer(size_t i) const;   // of Signed, Unsigned and Bool; Unsigned beyond 2^63 wraps
  std::string text(size_t i) const;  // as UTF-8, only where is_text()
  Id object(size_t i) const { return objects_[place(i)]; }  // only where is_objects()

  std::vector<double> reals() const;

  // Eight bytes at that offset into element i, little-endian. Only where they lie inside.
  int64_t field_integer(size_t i, size_t offset) const;
  double field_real(size_t i, size_t offset) const;

 private:
  friend Result<Array> make_array(const Pickle& pickle, Id dtype, std::vector<uint64_t> shape,
                                  bool fortran, std::span<const std::byte> bytes,
                                  std::span<const Id> objects);
  friend Result<Array> read_array(const Pickle& pickle, Id id);

  size_t place(size_t i) const;  // in the file, of element i in C order
  uint64_t raw(size_t i, size_t bytes) const;

  ElementType type_;
  std::vector<uint64_t> shape_;
  size_t size_ = 0;
  bool fortran_ = false;
  std::span<const std::byte> bytes_;
  std::span<const Id> objects_;
  std::shared_ptr<const std::string> owner_;  // of bytes that stood in the file as text
};

// "numpy.ndarray" made by _reconstruct or _frombuffer, or joblib's.
bool is_array(const Pickle& pickle, Id id);
Result<Array> read_array(const Pickle& pickle, Id id);

// The names of a Record's fields, in their order; none where the array is of something else.
std::vector<std::string_view> field_names(const Pickle& pickle, Id array);

// A numpy scalar, as an array of rank 0.
bool is_scalar(const Pickle& pickle, Id id);

Result<ElementType> read_element_type(const Pickle& pickle, Id dtype);

// The product of a shape, and that of its bytes; refuses what wraps.
Result<uint64_t> count_elements(std::span<const uint64_t> shape);

}  // namespace mle::compiler::pickle
