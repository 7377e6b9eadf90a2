// ArrayStream: the elements of one array of an .npy or .npz file, from the first to the last.
// Promise: memory for what is taken at once, however long the array, stored or deflated.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "tools/cli/npy.h"
#include "tools/cli/spool.h"
#include "tools/cli/zip.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mle::tools {

class ArrayStream {
 public:
  // Both borrow the file's bytes and read the header. `mapped`: they are pages of a file, and
  // those that have been read may be given back.
  static Result<ArrayStream> of_npy(std::span<const std::byte> file, bool mapped);
  static Result<ArrayStream> of_member(const ZipMember& member, bool mapped);

  const NpyArray& array() const { return array_; }  // its bytes are empty
  // The next `bytes` bytes of elements, valid until the next call.
  Result<std::span<const std::byte>> take(uint64_t bytes);
  // All elements, for arrays whose rows do not lie one after another: in the file, or unpacked
  // into a nameless temporary one. Instead of take().
  Result<std::span<const std::byte>> all();
  // The elements given last are done with, for now.
  void release();

 private:
  ArrayStream(NpyArray array, MemberReader reader, bool mapped)
      : array_(std::move(array)), reader_(std::move(reader)), mapped_(mapped) {}
  static Result<ArrayStream> open(MemberReader reader, bool mapped);

  NpyArray array_;
  MemberReader reader_;
  bool mapped_;
  std::vector<std::byte> storage_;
  std::span<const std::byte> given_, read_;  // elements; the bytes of the file they came from
  std::vector<Spool> unpacked_;              // none or one
  std::span<const std::byte> spooled_;       // its pages
};

}  // namespace mle::tools
