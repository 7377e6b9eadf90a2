// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/npz_writer.h"

#include "compiler/import/archive/npy.h"

#include <zlib.h>

namespace mle::tools {
namespace {

constexpr uint64_t kFits = 0xFFFFFFFF;  // larger sizes and offsets go into zip64 fields
constexpr uint64_t kFitsCount = 0xFFFF;
constexpr uint16_t kUtf8Names = 1 << 11;
constexpr uint16_t kDate = (0 << 9) | (1 << 5) | 1;  // 1980-01-01: the same bytes every day

class Record {
 public:
  Record& u16(uint64_t value) { return put(value, 2); }
  Record& u32(uint64_t value) { return put(value, 4); }
  Record& u64(uint64_t value) { return put(value, 8); }
  // 32 bits, or all ones where the value is in a zip64 field.
  Record& capped(uint64_t value) { return put(value < kFits ? value : kFits, 4); }
  Record& text(const std::string& text) {
    bytes_ += text;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  Record& put(uint64_t value, int count) {
    for (int i = 0; i < count; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xFF);
    return *this;
  }
  std::string bytes_;
};

// Local headers need both sizes or none; directory entries only what does not fit.
std::string zip64_extra(uint64_t size, uint64_t offset, bool local) {
  Record fields;
  if (size >= kFits) fields.u64(size).u64(size);
  if (!local && offset >= kFits) fields.u64(offset);
  if (fields.bytes().empty()) return {};
  return Record().u16(1).u16(fields.bytes().size()).text(fields.bytes()).bytes();
}

}  // namespace

Status NpzWriter::add(const std::string& name, const std::string& descr,
                      std::span<const uint64_t> shape, Spool& elements) {
  const std::string header = archive::npy_header(descr, shape);
  const uLong head_crc =
      ::crc32(0, reinterpret_cast<const Bytef*>(header.data()), static_cast<uInt>(header.size()));
  Member member;
  member.name = name + ".npy";
  member.crc32 = static_cast<uint32_t>(
      crc32_combine64(head_crc, elements.crc32(), static_cast<z_off64_t>(elements.size())));
  member.size = header.size() + elements.size();
  member.offset = out_.written();
  const std::string extra = zip64_extra(member.size, member.offset, true);
  Record local;
  local.u32(0x04034b50).u16(extra.empty() ? 20 : 45).u16(kUtf8Names).u16(0).u16(0).u16(kDate);
  local.u32(member.crc32).capped(member.size).capped(member.size);
  local.u16(member.name.size()).u16(extra.size()).text(member.name).text(extra);
  MLE_TRY(out_.write(local.bytes()));
  MLE_TRY(out_.write(header));
  MLE_TRY(elements.copy_to(out_));
  members_.push_back(std::move(member));
  return {};
}

Status NpzWriter::finish() {
  const uint64_t begin = out_.written();
  for (const Member& member : members_) {
    const std::string extra = zip64_extra(member.size, member.offset, false);
    const uint64_t version = extra.empty() ? 20 : 45;
    Record entry;
    entry.u32(0x02014b50).u16(version).u16(version).u16(kUtf8Names).u16(0).u16(0).u16(kDate);
    entry.u32(member.crc32).capped(member.size).capped(member.size);
    entry.u16(member.name.size()).u16(extra.size()).u16(0).u16(0).u16(0).u32(0);
    entry.capped(member.offset).text(member.name).text(extra);
    MLE_TRY(out_.write(entry.bytes()));
  }
  const uint64_t end = out_.written(), size = end - begin, count = members_.size();
  Record tail;
  if (begin >= kFits || size >= kFits || count >= kFitsCount) {
    tail.u32(0x06064b50).u64(44).u16(45).u16(45).u32(0).u32(0).u64(count).u64(count);
    tail.u64(size).u64(begin);
    tail.u32(0x07064b50).u32(0).u64(end).u32(1);
  }
  const uint64_t shown = count < kFitsCount ? count : kFitsCount;
  tail.u32(0x06054b50).u16(0).u16(0).u16(shown).u16(shown).capped(size).capped(begin).u16(0);
  return out_.write(tail.bytes());
}

}  // namespace mle::tools
