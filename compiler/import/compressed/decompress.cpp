// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/compressed/decompress.h"

#include "format/rules.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <initializer_list>
#include <limits>

namespace mle::compiler {
namespace {

using enum format::rule::Rule;

constexpr uint64_t kBase = uint64_t{64} << 20;
constexpr uint64_t kPerByte = 20;
constexpr uint64_t kMost = uint64_t{4} << 30;
constexpr uint64_t kDecoderMemory = uint64_t{96} << 20;  // xz's largest preset needs 65 MiB

bool begins(std::span<const std::byte> bytes, std::initializer_list<unsigned> first) {
  return bytes.size() >= first.size() &&
         std::equal(first.begin(), first.end(), bytes.begin(), [](unsigned want, std::byte got) {
           return want == std::to_integer<unsigned>(got);
         });
}

// Two bytes that are a multiple of 31, method deflate, window of 32 KiB.
bool begins_like_zlib(std::span<const std::byte> bytes) {
  if (!begins(bytes, {0x78}) || bytes.size() < 2) return false;
  return (0x7800 + std::to_integer<unsigned>(bytes[1])) % 31 == 0;
}

Status damaged(const char* name) {
  return error(Code::Corrupt, C204_Damaged, Status::kNoOffset, "save or copy it again",
               "the file's %s data is damaged or cut off", name);
}

Status too_large(const char* name, uint64_t most) {
  return error(Code::Unsupported, C203_SourceTooLarge, Status::kNoOffset,
               "save it without compression",
               "the file's %s data grows beyond %llu bytes, more than a model would", name,
               static_cast<unsigned long long>(most));
}

enum class Progress : uint8_t { More, Done, Damaged };

// Output that grows as a stream fills it, up to a limit.
class Output {
 public:
  explicit Output(uint64_t most) : most_(most) {}

  // Room behind what is there; empty at the limit.
  std::span<std::byte> room() {
    if (used_ == bytes_.size())
      bytes_.resize(std::min<uint64_t>(most_, std::max<uint64_t>(bytes_.size() * 2, 1 << 16)));
    const size_t left =
        std::min<size_t>(bytes_.size() - used_, std::numeric_limits<unsigned>::max());
    return std::span(bytes_).subspan(used_, left);
  }
  void add(size_t count) { used_ += count; }
  std::vector<std::byte> take() {
    bytes_.resize(used_);
    return std::move(bytes_);
  }

 private:
  uint64_t most_;
  size_t used_ = 0;
  std::vector<std::byte> bytes_;
};

// Calls step(in, out, taken, made) until the stream ends.
template <class Step>
Result<std::vector<std::byte>> pump(std::span<const std::byte> in, const char* name, Step&& step) {
  const uint64_t most = most_decompressed(in.size());
  Output out(most);
  for (;;) {
    const std::span<std::byte> room = out.room();
    if (room.empty()) return too_large(name, most);
    const auto part = in.first(std::min<size_t>(in.size(), std::numeric_limits<unsigned>::max()));
    size_t taken = 0, made = 0;
    const Progress progress = step(part, room, taken, made);
    in = in.subspan(taken);
    out.add(made);
    if (progress == Progress::Done) return out.take();
    if (progress == Progress::Damaged || (taken == 0 && made == 0)) return damaged(name);
  }
}

Result<std::vector<std::byte>> inflate_all(std::span<const std::byte> bytes, const char* name) {
  constexpr int kZlibOrGzip = 15 + 32;
  z_stream stream = {};
  if (inflateInit2(&stream, kZlibOrGzip) != Z_OK) return Status::out_of_memory();
  auto result = pump(bytes, name, [&](auto in, auto out, size_t& taken, size_t& made) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream.avail_in = static_cast<unsigned>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<unsigned>(out.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    taken = in.size() - stream.avail_in;
    made = out.size() - stream.avail_out;
    return status == Z_STREAM_END                    ? Progress::Done
           : status == Z_OK || status == Z_BUF_ERROR ? Progress::More
                                                     : Progress::Damaged;
  });
  inflateEnd(&stream);
  return result;
}

Result<std::vector<std::byte>> bunzip_all(std::span<const std::byte> bytes, const char* name) {
  bz_stream stream = {};
  if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) return Status::out_of_memory();
  auto result = pump(bytes, name, [&](auto in, auto out, size_t& taken, size_t& made) {
    stream.next_in = reinterpret_cast<char*>(const_cast<std::byte*>(in.data()));
    stream.avail_in = static_cast<unsigned>(in.size());
    stream.next_out = reinterpret_cast<char*>(out.data());
    stream.avail_out = static_cast<unsigned>(out.size());
    const int status = BZ2_bzDecompress(&stream);
    taken = in.size() - stream.avail_in;
    made = out.size() - stream.avail_out;
    return status == BZ_STREAM_END ? Progress::Done
           : status == BZ_OK       ? Progress::More
                                   : Progress::Damaged;
  });
  BZ2_bzDecompressEnd(&stream);
  return result;
}

Result<std::vector<std::byte>> unxz_all(std::span<const std::byte> bytes, const char* name) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_auto_decoder(&stream, kDecoderMemory, 0) != LZMA_OK) return Status::out_of_memory();
  auto result = pump(bytes, name, [&](auto in, auto out, size_t& taken, size_t& made) {
    stream.next_in = reinterpret_cast<const uint8_t*>(in.data());
    stream.avail_in = in.size();
    stream.next_out = reinterpret_cast<uint8_t*>(out.data());
    stream.avail_out = out.size();
    const lzma_ret status = lzma_code(&stream, LZMA_RUN);
    taken = in.size() - stream.avail_in;
    made = out.size() - stream.avail_out;
    return status == LZMA_STREAM_END                       ? Progress::Done
           : status == LZMA_OK || status == LZMA_BUF_ERROR ? Progress::More
                                                           : Progress::Damaged;
  });
  lzma_end(&stream);
  return result;
}

}  // namespace

Compression detect_compression(std::span<const std::byte> bytes) {
  if (begins(bytes, {0x1f, 0x8b})) return Compression::Gzip;
  if (begins(bytes, {'B', 'Z', 'h'})) return Compression::Bzip2;
  if (begins(bytes, {0xfd, '7', 'z', 'X', 'Z', 0})) return Compression::Xz;
  if (begins(bytes, {0x5d, 0, 0})) return Compression::Lzma;
  if (begins(bytes, {0x04, 0x22, 0x4d, 0x18})) return Compression::Lz4;
  return begins_like_zlib(bytes) ? Compression::Zlib : Compression::None;
}

const char* name_of(Compression compression) {
  constexpr const char* kNames[] = {"uncompressed", "zlib", "gzip", "bzip2", "xz", "lzma", "lz4"};
  return kNames[static_cast<size_t>(compression)];
}

uint64_t most_decompressed(uint64_t compressed_bytes) {
  if (compressed_bytes > (kMost - kBase) / kPerByte) return kMost;
  return kBase + kPerByte * compressed_bytes;
}

Result<std::vector<std::byte>> decompress(std::span<const std::byte> bytes,
                                          Compression compression) {
  const char* name = name_of(compression);
  switch (compression) {
    case Compression::None: return std::vector<std::byte>(bytes.begin(), bytes.end());
    case Compression::Zlib:
    case Compression::Gzip: return inflate_all(bytes, name);
    case Compression::Bzip2: return bunzip_all(bytes, name);
    case Compression::Xz:
    case Compression::Lzma: return unxz_all(bytes, name);
    case Compression::Lz4: break;
  }
  return error(Code::Unsupported, C201_UnknownFormat, Status::kNoOffset,
               "save it again with joblib.dump(model, path, compress=3)",
               "the file is compressed with lz4, which mle does not read");
}

}  // namespace mle::compiler
