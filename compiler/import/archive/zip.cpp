// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/archive/zip.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>

namespace mle::archive {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50, kCentralSignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50, kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr uint64_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22;
constexpr uint64_t kEnd64Bytes = 56, kLocator64Bytes = 20;
constexpr uint16_t kZip64Extra = 1;
constexpr uint16_t kEncrypted = 1;

Status damaged(const Voice& voice, const std::string& what) {
  return Status::make(Code::Corrupt, voice.rule, Status::kNoOffset,
                      std::string("not a readable ") + voice.zip + ": " + what, voice.zip_hint);
}

using Bytes = std::span<const std::byte>;

template <class T>
T read(Bytes bytes, uint64_t at) {  // the caller has checked that it is inside
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

struct Directory {
  uint64_t offset = 0, size = 0, members = 0;
};

// Where the end record says the directory lies. A comment may follow the end record.
Result<Directory> find_directory(Bytes bytes, const Voice& voice) {
  if (bytes.size() < kEndBytes) return damaged(voice, "it is too short");
  const uint64_t last = bytes.size() - kEndBytes;
  const uint64_t first = last > 65535 ? last - 65535 : 0;
  uint64_t at = last;
  while (read<uint32_t>(bytes, at) != kEndSignature ||
         read<uint16_t>(bytes, at + 20) != bytes.size() - at - kEndBytes) {
    if (at == first) return damaged(voice, "it has no directory: the file is cut or no zip at all");
    --at;
  }
  if (read<uint16_t>(bytes, at + 4) != 0 || read<uint16_t>(bytes, at + 6) != 0)
    return damaged(voice, "it is one part of several");
  Directory directory{read<uint32_t>(bytes, at + 16), read<uint32_t>(bytes, at + 12),
                      read<uint16_t>(bytes, at + 10)};
  uint64_t end = at;
  const bool zip64 =
      directory.offset == 0xFFFFFFFF || directory.size == 0xFFFFFFFF || directory.members == 0xFFFF;
  if (zip64 && at >= kLocator64Bytes &&
      read<uint32_t>(bytes, at - kLocator64Bytes) == kLocator64Signature) {
    const uint64_t record = read<uint64_t>(bytes, at - kLocator64Bytes + 8);
    if (record > at - kLocator64Bytes || at - kLocator64Bytes - record < kEnd64Bytes ||
        read<uint32_t>(bytes, record) != kEnd64Signature)
      return damaged(voice, "its zip64 record is not where it says");
    directory = {read<uint64_t>(bytes, record + 48), read<uint64_t>(bytes, record + 40),
                 read<uint64_t>(bytes, record + 32)};
    end = record;
  }
  if (directory.offset > end || directory.size > end - directory.offset)
    return damaged(voice, "its directory lies outside the file");
  if (directory.members > kMaxZipMembers) return damaged(voice, "it has more than 65,536 members");
  return directory;
}

// Fills in the 64-bit fields that did not fit in 32 bits, in the order the standard gives them.
bool read_zip64_extra(Bytes extra, uint64_t& size, uint64_t& packed, uint64_t& offset) {
  while (extra.size() >= 4) {
    const uint16_t id = read<uint16_t>(extra, 0), length = read<uint16_t>(extra, 2);
    if (length > extra.size() - 4) return false;
    if (id == kZip64Extra) {
      Bytes fields = extra.subspan(4, length);
      for (uint64_t* field : {&size, &packed, &offset}) {
        if (*field != 0xFFFFFFFF) continue;
        if (fields.size() < 8) return false;
        *field = read<uint64_t>(fields, 0);
        fields = fields.subspan(8);
      }
      return true;
    }
    extra = extra.subspan(4u + length);
  }
  return true;
}

struct Extent {
  uint64_t begin, end;
};

// One entry of the directory, and the local header it points at.
Status read_member(Bytes bytes, Bytes entry, uint64_t directory_offset, ZipMember& member,
                   Extent& extent) {
  const Voice& voice = *member.voice;
  const uint16_t flags = read<uint16_t>(entry, 8);
  const uint64_t name_bytes = read<uint16_t>(entry, 28), extra_bytes = read<uint16_t>(entry, 30);
  uint64_t packed = read<uint32_t>(entry, 20), offset = read<uint32_t>(entry, 42);
  member.method = read<uint16_t>(entry, 10);
  member.crc32 = read<uint32_t>(entry, 16);
  member.size = read<uint32_t>(entry, 24);
  if (name_bytes > kMaxZipName) return damaged(voice, "the name of a member is too long");
  member.name.assign(reinterpret_cast<const char*>(entry.data()) + kCentralBytes, name_bytes);
  const std::string who = "member '" + shown(member.name) + "'";
  if (!read_zip64_extra(entry.subspan(kCentralBytes + name_bytes, extra_bytes), member.size, packed,
                        offset))
    return damaged(voice, who + " has a broken zip64 field");
  if ((flags & kEncrypted) != 0) return damaged(voice, who + " is encrypted");
  if (member.method != 0 && member.method != 8)
    return damaged(voice, who + " is packed by method " + std::to_string(member.method) +
                              ", only stored and deflate are read");

  if (offset > directory_offset || directory_offset - offset < kLocalBytes ||
      read<uint32_t>(bytes, offset) != kLocalSignature)
    return damaged(voice, who + " is not where the directory says");
  const uint64_t local_name = read<uint16_t>(bytes, offset + 26);
  const uint64_t head = kLocalBytes + local_name + read<uint16_t>(bytes, offset + 28);
  if (head > directory_offset - offset || packed > directory_offset - offset - head)
    return damaged(voice, who + " reaches beyond the directory");
  if (local_name != name_bytes ||
      std::memcmp(bytes.data() + offset + kLocalBytes, member.name.data(), name_bytes) != 0 ||
      read<uint16_t>(bytes, offset + 8) != member.method)
    return damaged(voice, who + " is described differently in its own header");
  member.packed = bytes.subspan(offset + head, packed);
  if (member.method == 0 ? member.size != packed : member.size / kMaxZipRatio > packed)
    return damaged(voice, who + " claims to unpack to " + std::to_string(member.size) +
                              " bytes from " + std::to_string(packed));
  extent = {offset, offset + head + packed};
  return {};
}

}  // namespace

std::string shown(std::string_view name) {
  constexpr size_t kMost = 80;
  std::string text;
  for (const char c : name.substr(0, kMost)) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte >= 0x7f ? '?' : c;
  }
  return name.size() > kMost ? text + "..." : text;
}

bool is_zip(Bytes bytes) {
  if (bytes.size() < 4) return false;
  const uint32_t signature = read<uint32_t>(bytes, 0);
  return signature == kLocalSignature || signature == kEndSignature;
}

Result<std::vector<ZipMember>> list_zip(Bytes bytes, const Voice& voice) {
  MLE_TRY_ASSIGN(const Directory directory, find_directory(bytes, voice));
  Bytes rest = bytes.subspan(directory.offset, directory.size);
  std::vector<ZipMember> members;
  std::vector<Extent> extents;
  std::set<std::string, std::less<>> names;
  for (uint64_t i = 0; i < directory.members; ++i) {
    if (rest.size() < kCentralBytes || read<uint32_t>(rest, 0) != kCentralSignature)
      return damaged(voice, "its directory is cut");
    const uint64_t length = kCentralBytes + read<uint16_t>(rest, 28) + read<uint16_t>(rest, 30) +
                            read<uint16_t>(rest, 32);
    if (length > rest.size()) return damaged(voice, "its directory is cut");
    ZipMember member;
    member.voice = &voice;
    Extent extent{};
    MLE_TRY(read_member(bytes, rest.first(length), directory.offset, member, extent));
    if (!names.insert(member.name).second)
      return damaged(voice, "two members are called '" + shown(member.name) + "'");
    members.push_back(std::move(member));
    extents.push_back(extent);
    rest = rest.subspan(length);
  }
  if (!rest.empty()) return damaged(voice, "its directory holds more than it counts");
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  for (size_t i = 1; i < extents.size(); ++i)
    if (extents[i].begin < extents[i - 1].end) return damaged(voice, "two members share bytes");
  return members;
}

struct MemberReader::Inflater {
  z_stream stream{};
  bool begun = false, ended = false;
  ~Inflater() {
    if (begun) inflateEnd(&stream);
  }
};

MemberReader::MemberReader(const ZipMember& member)
    : name_(member.name),
      voice_(member.voice),
      method_(member.method),
      wanted_sum_(member.crc32),
      left_(member.size),
      packed_(member.packed) {}
MemberReader MemberReader::unsummed(const ZipMember& member) {
  MemberReader reader(member);
  reader.summed_ = false;
  return reader;
}

MemberReader::MemberReader(MemberReader&& other) noexcept = default;
MemberReader& MemberReader::operator=(MemberReader&& other) noexcept = default;
MemberReader::~MemberReader() = default;

Status MemberReader::damaged_member(const char* what) const {
  return damaged(*voice_, "member '" + shown(name_) + "' " + what);
}

// Fills `out`, and goes on to the end of the stream where `out` has the last bytes.
Status MemberReader::inflate(std::span<std::byte> out) {
  constexpr uint64_t kStep = uint64_t{1} << 30;  // zlib counts in 32 bits
  if (!inflater_) inflater_ = std::make_unique<Inflater>();
  z_stream& stream = inflater_->stream;
  if (!inflater_->begun && inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return Status::out_of_memory();
  inflater_->begun = true;
  const bool last = out.size() == left_;
  const char* const kSize = "does not unpack to the size it claims";
  std::byte spare{};
  while (!inflater_->ended && (!out.empty() || last)) {
    const std::span<std::byte> to = out.empty() ? std::span(&spare, 1) : out;
    const uint64_t in = std::min<uint64_t>(packed_.size(), kStep),
                   room = std::min<uint64_t>(to.size(), kStep);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed_.data()));
    stream.next_out = reinterpret_cast<Bytef*>(to.data());
    stream.avail_in = static_cast<uInt>(in);
    stream.avail_out = static_cast<uInt>(room);
    const int state = ::inflate(&stream, Z_NO_FLUSH);
    const uint64_t got = room - stream.avail_out;
    packed_ = packed_.subspan(in - stream.avail_in);
    if (out.empty() && got > 0) return damaged_member(kSize);
    out = out.subspan(out.empty() ? 0 : got);
    if (state != Z_OK && state != Z_STREAM_END) return damaged_member(kSize);
    inflater_->ended = state == Z_STREAM_END;
  }
  if (!out.empty() || (last && !packed_.empty())) return damaged_member(kSize);
  return {};
}

namespace {

uint32_t add_to_checksum(uint32_t before, Bytes bytes) {
  uLong sum = before;
  while (!bytes.empty()) {
    const size_t step = std::min<size_t>(bytes.size(), size_t{1} << 30);
    sum = ::crc32(sum, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(step));
    bytes = bytes.subspan(step);
  }
  return static_cast<uint32_t>(sum);
}

}  // namespace

Result<Bytes> MemberReader::take(uint64_t count, std::vector<std::byte>& storage) {
  if (count > left_) return damaged_member("is shorter than what it holds");
  Bytes piece;
  if (method_ == 0) {
    piece = packed_.first(count);
    packed_ = packed_.subspan(count);
  } else {
    storage.resize(count);
    MLE_TRY(inflate(storage));
    piece = storage;
  }
  if (summed_) sum_ = add_to_checksum(sum_, piece);
  left_ -= count;
  if (summed_ && left_ == 0 && sum_ != wanted_sum_)
    return damaged_member("has contents that do not match their checksum");
  return piece;
}

Result<Bytes> open_member(const ZipMember& member, std::vector<std::byte>& storage) {
  if (member.method != 0 && member.size > kMaxZipInflated)
    return damaged(*member.voice, "member '" + shown(member.name) + "' unpacks to more than 4 GiB");
  return MemberReader(member).take(member.size, storage);
}

}  // namespace mle::archive
