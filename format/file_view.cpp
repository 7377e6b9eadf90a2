// SPDX-License-Identifier: Apache-2.0
#include "format/file_view.h"

#include "format/checksum.h"
#include "format/limits.h"
#include "format/regions.h"
#include "format/validation.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

namespace mle::format {
namespace {

// Of the copy: as much as its numbers need, and what malloc gives without a search.
constexpr size_t kBlockAlign = alignof(std::max_align_t);
static_assert(alignof(Header) <= kBlockAlign && alignof(SegmentEntry) <= kBlockAlign);

static_assert(kMaxProgramBytesCeiling < FLATBUFFERS_MAX_BUFFER_SIZE,
              "V18 keeps V20: the verifier asserts on larger buffers");

// V22, V23. The verifier proves every offset; what it leaves open (enums, indices, alignment of the
// block itself) is checked elsewhere.
Status check_structure(std::span<const std::byte> program, uint64_t file_offset) noexcept {
  const auto* bytes = reinterpret_cast<const uint8_t*>(program.data());
  if (!fb::ProgramBufferHasIdentifier(bytes)) {
    return refuse(Code::Corrupt, rule::V22_Identifier, file_offset + sizeof(uint32_t),
                  "the program: its identifier is not %s", fb::ProgramIdentifier());
  }
  flatbuffers::Verifier::Options options;
  options.max_depth = kVerifierDepth;
  // A table with one field and the offset to it take 12 bytes. Who refers to tables more often
  // than that has the same one checked over and over.
  options.max_tables = static_cast<flatbuffers::uoffset_t>(program.size() / 12 + 8);
  flatbuffers::Verifier verifier(bytes, program.size(), options);
  if (!fb::VerifyProgramBuffer(verifier)) {
    return refuse(Code::Corrupt, rule::V23_Structure, file_offset,
                  "the program: not a well-formed FlatBuffer of the schema");
  }
  const uint32_t models = fb::GetProgram(bytes)->models()->size();
  if (models != 1) {
    return refuse(Code::Corrupt, rule::V23_Structure, file_offset, "the program: holds %u models",
                  models);
  }
  return {};
}

// V24 … V71. Each check relies on those before it.
Status check_program(const FileView& view, const Allocator& allocator) noexcept {
  Validation v(view, allocator, view.own_bytes());
  Facts facts;
  Writers writers;
  MLE_TRY(check_tensors(v, facts));
  MLE_TRY(check_ops(v, writers));
  MLE_TRY(check_memory(v));
  MLE_TRY(check_entries(v, writers));
  MLE_TRY(check_goldens(v));
  return check_provenance(v);
}

}  // namespace

Result<FileView> FileView::open(std::span<const std::byte> file, const ViewOptions& options,
                                std::span<const std::byte> front) noexcept {
  const uint64_t max_program =
      options.max_program_bytes == 0 ? kMaxProgramBytes : options.max_program_bytes;
  if (max_program > kMaxProgramBytesCeiling) {
    return refuse(Code::InvalidArgument, rule::R103_Option, Status::kNoOffset,
                  "max_program_bytes is %llu, at most %llu is allowed", print(max_program),
                  print(kMaxProgramBytesCeiling));
  }
  if (reinterpret_cast<uintptr_t>(file.data()) % kAlignment != 0) {
    return refuse(Code::InvalidArgument, rule::R104_Alignment, Status::kNoOffset,
                  "the bytes of the file do not lie at a multiple of %llu", print(kAlignment));
  }

  const FileBytes bytes{file, front.first(std::min(front.size(), file.size()))};
  const bool whole = options.verify == Verify::Everything || file.size() <= kReadWhole;
  Header header;
  MLE_TRY(check_header(bytes, header));
  SegmentEntry directory[kMaxSegments];
  const std::span<const SegmentEntry> segments(directory, header.segment_count);
  if (!segments.empty()) {
    std::memcpy(directory, bytes.at(sizeof(Header), segments.size_bytes()), segments.size_bytes());
  }
  MLE_TRY(check_regions(bytes, header, segments, max_program, whole));

  // From here on header, directory and program are read from the copy only: whoever writes to the
  // file meanwhile cannot undo a check.
  FileView view;
  view.file_ = file;
  view.allocator_ = options.allocator;
  view.program_at_ = round_up(sizeof(Header) + segments.size_bytes(), kAlignment);
  view.block_bytes_ = view.program_at_ + header.program_size;
  void* block = allocate_block(view.allocator_, view.block_bytes_, kBlockAlign);
  if (block == nullptr) return Status::out_of_memory();
  view.block_ = static_cast<std::byte*>(block);
  if (reinterpret_cast<uintptr_t>(block) % kBlockAlign != 0) {
    return refuse(Code::InvalidArgument, rule::V21_ProgramCopy, Status::kNoOffset,
                  "the allocator returned a block that is not aligned to %zu bytes", kBlockAlign);
  }
  std::memcpy(view.block_, &header, sizeof header);
  if (!segments.empty()) {
    std::memcpy(view.block_ + sizeof header, directory, segments.size_bytes());
  }
  std::memcpy(view.block_ + view.program_at_, bytes.at(header.program_offset, header.program_size),
              header.program_size);

  if (xxh3(view.program_bytes()) != header.program_xxh3) {
    return refuse(Code::Corrupt, rule::V17_Sum, header.program_offset,
                  "the program: checksum differs");
  }
  if (whole) MLE_TRY(check_segment_sums(file, segments));
  MLE_TRY(check_structure(view.program_bytes(), header.program_offset));
  MLE_TRY(check_pool(view.program(), header.program_offset));
  view.find_parts();
  MLE_TRY(check_program(view, view.allocator_));
  return view;
}

FileView::FileView(FileView&& other) noexcept
    : file_(std::exchange(other.file_, {})),
      block_(std::exchange(other.block_, nullptr)),
      block_bytes_(std::exchange(other.block_bytes_, 0)),
      program_at_(std::exchange(other.program_at_, 0)),
      model_(other.model_),
      pool_(other.pool_),
      starts_(other.starts_),
      string_count_(other.string_count_),
      allocator_(other.allocator_) {}

FileView& FileView::operator=(FileView&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(block_, other.block_);
  std::swap(block_bytes_, other.block_bytes_);
  std::swap(program_at_, other.program_at_);
  std::swap(model_, other.model_);
  std::swap(pool_, other.pool_);
  std::swap(starts_, other.starts_);
  std::swap(string_count_, other.string_count_);
  std::swap(allocator_, other.allocator_);
  return *this;
}

FileView::~FileView() { release_block(allocator_, block_, block_bytes_, kBlockAlign); }

const Header& FileView::header() const noexcept { return *reinterpret_cast<const Header*>(block_); }

std::span<const SegmentEntry> FileView::segments() const noexcept {
  return {reinterpret_cast<const SegmentEntry*>(block_ + sizeof(Header)), header().segment_count};
}

std::span<const std::byte> FileView::segment(size_t index) const noexcept {
  const SegmentEntry& entry = segments()[index];
  return file_.subspan(entry.offset, entry.size);
}

int FileView::find_segment(uint32_t kind) const noexcept {
  const auto all = segments();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].kind == kind) return static_cast<int>(i);
  }
  return -1;
}

std::span<const std::byte> FileView::program_bytes() const noexcept {
  return {block_ + program_at_, header().program_size};
}

const fb::Program& FileView::program() const noexcept {
  return *fb::GetProgram(block_ + program_at_);
}

void FileView::find_parts() noexcept {
  const fb::Program& all = program();
  model_ = all.models()->Get(0);
  pool_ = reinterpret_cast<const char*>(all.strings()->data());
  starts_ = all.strings_at()->data();
  string_count_ = all.strings_at()->size() - 1;
}

std::span<const std::byte> FileView::constant(const fb::Tensor& tensor) const noexcept {
  return segment(tensor.segment()).subspan(tensor.offset(), tensor.bytes());
}

}  // namespace mle::format
