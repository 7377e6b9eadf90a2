// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/array_stream.h"

#include "format/rules.h"
#include "tools/cli/input_file.h"
#include "tools/cli/text.h"

#include <algorithm>
#include <cstdlib>

namespace mle::tools {
namespace {

using Bytes = std::span<const std::byte>;

std::string temporary_folder() {
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

}  // namespace

Result<ArrayStream> ArrayStream::open(archive::MemberReader reader, bool mapped) {
  std::vector<std::byte> storage, rest;
  const uint64_t head_bytes = std::min<uint64_t>(archive::kNpyHeadBytes, reader.left());
  MLE_TRY_ASSIGN(const Bytes head, reader.take(head_bytes, storage));
  MLE_TRY_ASSIGN(const size_t length, archive::npy_header_bytes(head));
  std::vector<std::byte> header(head.begin(), head.end());
  if (length - head.size() > reader.left()) return archive::parse_npy_header(head, 0).error();
  MLE_TRY_ASSIGN(const Bytes tail, reader.take(length - head.size(), rest));
  header.insert(header.end(), tail.begin(), tail.end());
  MLE_TRY_ASSIGN(archive::NpyArray array, archive::parse_npy_header(header, reader.left()));
  return ArrayStream(std::move(array), std::move(reader), mapped);
}

Result<ArrayStream> ArrayStream::of_npy(Bytes file, bool mapped) {
  archive::ZipMember member;
  member.size = file.size();
  member.packed = file;
  return open(archive::MemberReader::unsummed(member), mapped);
}

Result<ArrayStream> ArrayStream::of_member(const archive::ZipMember& member, bool mapped) {
  return open(archive::MemberReader(member), mapped);
}

Result<Bytes> ArrayStream::take(uint64_t bytes) {
  const Bytes before = reader_.packed();
  MLE_TRY_ASSIGN(given_, reader_.take(bytes, storage_));
  read_ = before.first(before.size() - reader_.packed().size());
  return given_;
}

Result<Bytes> ArrayStream::all() {
  constexpr uint64_t kPiece = 1 << 20;
  const bool in_place = reader_.in_place();
  if (!in_place && reader_.left() > archive::kMaxZipInflated)
    return Status::make(Code::Unsupported, format::rule::T302_ReadRows, Status::kNoOffset,
                        "unpacks to more than " + byte_text(archive::kMaxZipInflated) +
                            " and lies column by column",
                        "save numpy.ascontiguousarray(x)");
  const Bytes elements = reader_.packed();
  if (!in_place) unpacked_.emplace_back(temporary_folder());
  while (reader_.left() > 0) {
    MLE_TRY_ASSIGN(const Bytes piece, take(std::min(reader_.left(), kPiece)));
    if (!in_place) MLE_TRY(unpacked_[0].append(piece));
    release();
  }
  if (in_place) return given_ = read_ = elements;
  MLE_TRY_ASSIGN(spooled_, unpacked_[0].map());
  return given_ = spooled_;
}

void ArrayStream::release() {
  if (mapped_) release_pages(read_);
  release_pages(spooled_);
}

}  // namespace mle::tools
