// NpzWriter: arrays, one after another, as an uncompressed .npz that numpy.load reads.
// Promise: the same arrays give the same bytes; zip64 fields appear only where they are needed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/cli/output_stream.h"
#include "tools/cli/spool.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mle::tools {

class NpzWriter {
 public:
  explicit NpzWriter(OutputStream& out) : out_(out) {}

  // `elements` are the array's bytes, C-ordered; `descr` as npy.h has it. The name goes into the
  // file with slashes as they are: it is a name inside an archive, not a path.
  Status add(const std::string& name, const std::string& descr, std::span<const uint64_t> shape,
             Spool& elements);
  // The directory. Call once, last.
  Status finish();

 private:
  struct Member {
    std::string name;
    uint32_t crc32;
    uint64_t size, offset;
  };
  OutputStream& out_;
  std::vector<Member> members_;
};

}  // namespace mle::tools
