// ArrayStream: the elements of one array of an .npy or .npz file, from the first to the last.
// Promise: memory for what is taken at once, however long the array, stored or deflated.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/archive/npy.h"
#include "compiler/import/archive/zip.h"
#include "tools/cli/spool.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mle::tools {

class ArrayStream {
 public:
  // Both borrow the file's bytes and read the header. `mapped`: they are pages of a file, and
  // those that have been read may be given back.
  static Result<ArrayStream> of_npy(std::span<const std::byte> file, bool mapped);
  static Result<ArrayStream> of_member(const archive::ZipMember& member, bool mapped);

  const archive::NpyArray& array() const { return array_; }  // its bytes are empty
  // The next `bytes` bytes of elements, valid until the next call.
  Result<std::span<const std::byte>> take(uint64_t bytes);
  // All elements, for arrays whose rows do not lie one after another: in the file, or unpacked
  // into a nameless temporary one. Instead of take().
  Result<std::span<const std::byte>> all();
  // The elements given last are done with, for now.
  void release();

 private:
  ArrayStream(archive::NpyArray array, archive::MemberReader reader, bool mapped)
      : array_(std::move(array)), reader_(std::move(reader)), mapped_(mapped) {}
  static Result<ArrayStream> open(archive::MemberReader reader, bool mapped);

  archive::NpyArray array_;
  archive::MemberReader reader_;
  bool mapped_;
  std::vector<std::byte> storage_;
  std::span<const std::byte> given_, read_;  // elements; the bytes of the file they came from
  std::vector<Spool> unpacked_;              // none or one
  std::span<const std::byte> spooled_;       // its pages
};

}  // namespace mle::tools
