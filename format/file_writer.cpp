// SPDX-License-Identifier: Apache-2.0
#include "format/file_writer.h"

#include <mle/version.h>

#include "format/checksum.h"
#include "format/layout.h"
#include "format/limits.h"
#include "format/rules.h"

#include <cstring>

namespace mle::format {
namespace {

// Large segments start on a page, so that a mapping of them alone is possible; small ones only on a
// cache line, so that a linear model stays below 2 KiB.
constexpr uint64_t kPageAlignedFrom = 65536;

uint32_t segment_align(uint64_t bytes) { return bytes >= kPageAlignedFrom ? 4096 : kAlignment; }

uint64_t program_offset(size_t segments) {
  return round_up(sizeof(Header) + segments * sizeof(SegmentEntry), kAlignment);
}

std::vector<std::byte> serialize(const fb::ProgramT& program) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(fb::Program::Pack(builder, &program), fb::ProgramIdentifier());
  const std::span<const uint8_t> bytes(builder.GetBufferPointer(), builder.GetSize());
  const auto view = std::as_bytes(bytes);
  return {view.begin(), view.end()};
}

}  // namespace

StringPool::StringPool() { add(""); }

uint32_t StringPool::add(std::string_view text) {
  if (const auto found = index_.find(text); found != index_.end()) return found->second;
  const auto index = static_cast<uint32_t>(strings_.size());
  strings_.emplace_back(text);
  index_.emplace(strings_.back(), index);
  return index;
}

void StringPool::store(fb::ProgramT& program) const {
  program.strings_at.clear();
  program.strings.clear();
  for (const std::string& text : strings_) {
    program.strings_at.push_back(static_cast<uint32_t>(program.strings.size()));
    program.strings.insert(program.strings.end(), text.begin(), text.end());
  }
  program.strings_at.push_back(static_cast<uint32_t>(program.strings.size()));
}

uint64_t SegmentSpec::add(Blob blob) {
  const uint64_t offset = bytes_;
  bytes_ += round_up(blob.bytes, kAlignment);
  blobs_.emplace_back(offset, std::move(blob));
  return offset;
}

Result<FileWriter> FileWriter::plan(const fb::ProgramT& program, std::vector<SegmentSpec> segments,
                                    uint64_t required_features) {
  while (!segments.empty() && segments.back().bytes() == 0) segments.pop_back();
  for (size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].bytes() != 0) continue;
    return error(Code::Internal, rule::V12_SegmentPlace, Status::kNoOffset,
                 "put empty segments last: leaving them out must not change an index",
                 "segment %zu is empty and segment %zu is not", i, segments.size() - 1);
  }
  if (segments.size() > kMaxSegments) {
    return error(Code::Internal, rule::V08_Directory, Status::kNoOffset,
                 "put more into one segment", "%zu segments, a file holds at most %u",
                 segments.size(), kMaxSegments);
  }

  FileWriter writer;
  writer.program_ = serialize(program);
  if (writer.program_.size() > kMaxProgramBytesCeiling) {
    return error(Code::Unsupported, rule::V18_ProgramTooLarge, Status::kNoOffset,
                 "split the model into several files",
                 "the program without weights takes %zu bytes, at most %llu can be loaded",
                 writer.program_.size(), static_cast<unsigned long long>(kMaxProgramBytesCeiling));
  }
  uint64_t end = program_offset(segments.size()) + writer.program_.size();
  for (const SegmentSpec& segment : segments) {
    const uint64_t offset = round_up(end, segment_align(segment.bytes()));
    writer.offsets_.push_back(offset);
    end = offset + segment.bytes();
  }
  writer.size_ = end;
  writer.segments_ = std::move(segments);
  writer.required_features_ = required_features;
  return writer;
}

Status FileWriter::write(std::span<std::byte> out,
                         const std::function<void(uint64_t)>& after_part) const {
  return fill(out, after_part, UINT64_MAX);
}

Status FileWriter::write_without_weights(std::span<std::byte> out, uint64_t most) const {
  return fill(out, nullptr, most);
}

Status FileWriter::fill(std::span<std::byte> out, const std::function<void(uint64_t)>& after_part,
                        uint64_t most_weights) const {
  if (out.size() != size_) {
    return error(Code::Internal, 0, Status::kNoOffset, "allocate FileWriter::size() zero bytes",
                 "the file takes %llu bytes, the destination has %zu",
                 static_cast<unsigned long long>(size_), out.size());
  }
  std::vector<SegmentEntry> directory;
  for (size_t i = 0; i < segments_.size(); ++i) {
    const SegmentSpec& segment = segments_[i];
    const auto bytes = out.subspan(offsets_[i], segment.bytes());
    const bool left_out = segment.kind() == kWeights && segment.bytes() > most_weights;
    for (const auto& [offset, blob] : segment.blobs_) {
      if (left_out) break;
      blob.fill(bytes.subspan(offset, blob.bytes));
      if (after_part) after_part(blob.bytes);
    }

    SegmentEntry entry{};
    entry.kind = segment.kind();
    entry.offset = offsets_[i];
    entry.size = segment.bytes();
    entry.xxh3 = left_out ? 0 : xxh3(bytes);
    entry.align = segment_align(segment.bytes());
    directory.push_back(entry);
  }

  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.format_major = kFormatMajor;
  header.format_minor = kFormatMinor;
  header.header_size = sizeof(Header);
  header.file_size = size_;
  header.required_features = required_features_;
  header.program_offset = program_offset(segments_.size());
  header.program_size = program_.size();
  header.program_xxh3 = xxh3(program_);
  header.segment_count = static_cast<uint32_t>(segments_.size());
  header.segment_entry_size = sizeof(SegmentEntry);
  const auto directory_bytes = std::as_bytes(std::span(directory));
  header.header_xxh3 = header_sum(header, directory_bytes);

  std::memcpy(out.data(), &header, sizeof header);
  if (!directory.empty()) {
    std::memcpy(out.data() + sizeof header, directory_bytes.data(), directory_bytes.size());
  }
  std::memcpy(out.data() + header.program_offset, program_.data(), program_.size());
  return {};
}

}  // namespace mle::format
