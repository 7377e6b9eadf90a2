// ConstantPool: the constants of a program, each content once.
// Promise: weights are packed whenever the file is written, straight into it, and kept nowhere
// else.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/graph/graph.h"
#include "format/file_writer.h"
#include "format/header.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace mle::compiler {

class ConstantPool {
 public:
  // Where a constant lies in segment WGTS.
  struct Placed {
    uint64_t offset = 0;
    uint64_t bytes = 0;
    size_t twin = 0;      // the number of its content, counted from 0
    bool is_new = false;  // no equal content was added before
  };

  // Equal constants (bytes, dtype, dims, layout) get one place. The file has them as `in_file`.
  Placed add(const Value& constant, format::Layout layout, DType in_file);

  format::SegmentSpec take() { return std::move(segment_); }
  bool empty() const { return segment_.bytes() == 0; }

 private:
  struct Known {
    Fact fact;
    format::Layout layout;
    DType in_file;
    Constant constant;
    Placed placed;
  };
  std::vector<Known> known_;
  std::unordered_multimap<uint64_t, size_t> by_hash_;  // of the bytes → index in known_
  format::SegmentSpec segment_{format::kWeights};
};

}  // namespace mle::compiler
