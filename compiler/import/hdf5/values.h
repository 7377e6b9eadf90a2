// Types, shapes and what lies in attributes and datasets.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include "compiler/import/hdf5/view.h"

#include <string>
#include <vector>

namespace mle::compiler::hdf5 {

// An element type: a number, a text of fixed length, or a text that lies in a heap.
struct Type {
  enum class Kind : uint8_t { Number, FixedText, HeapText, Other };
  Kind kind = Kind::Other;
  DType dtype = DType::F32;  // of numbers
  uint64_t bytes = 0;
};

Result<Type> read_type(Bytes message);
// Lengths of the axes; empty for a single element, one of 0 for none.
Result<std::vector<uint64_t>> read_shape(Bytes message);

struct Attribute {
  std::string name;
  Type type;
  std::vector<uint64_t> shape;
  Bytes data;
};
Result<Attribute> read_attribute(Bytes message);

// The strings of an attribute of either kind of text.
Result<std::vector<std::string>> read_texts(Bytes file, const Attribute& attribute);

}  // namespace mle::compiler::hdf5
