// SPDX-License-Identifier: Apache-2.0
#include "serve/protocol/zip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace mle::serve {
namespace {

constexpr int kWindow = 15, kGzip = 16;
constexpr size_t kStep = size_t{64} << 10;

int window_of(Encoding encoding) noexcept {
  return encoding == Encoding::Gzip ? kWindow + kGzip : kWindow;
}

// zlib asks for a pointer that it does not write through.
Bytef* input_of(std::string_view bytes) noexcept {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

struct Inflation {
  z_stream stream{};
  const bool good;
  explicit Inflation(Encoding encoding)
      : good(::inflateInit2(&stream, window_of(encoding)) == Z_OK) {}
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;
  ~Inflation() {
    if (good) ::inflateEnd(&stream);
  }
};

struct Deflation {
  z_stream stream{};
  const bool good;
  explicit Deflation(Encoding encoding)
      : good(::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_of(encoding), 8,
                            Z_DEFAULT_STRATEGY) == Z_OK) {}
  Deflation(const Deflation&) = delete;
  Deflation& operator=(const Deflation&) = delete;
  ~Deflation() {
    if (good) ::deflateEnd(&stream);
  }
};

}  // namespace

Unzipped unzip(Encoding encoding, std::string_view bytes, size_t most, std::string& to) {
  to.clear();
  Inflation inflation(encoding);
  if (!inflation.good || bytes.size() > std::numeric_limits<uInt>::max()) return Unzipped::TooLarge;
  z_stream& stream = inflation.stream;
  stream.next_in = input_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  for (;;) {
    const size_t before = to.size();
    // One byte more than allowed tells too large from just fitting.
    const size_t step = std::min(std::max(kStep, before), most + 1 - before);
    to.resize(before + step);
    stream.next_out = reinterpret_cast<Bytef*>(to.data() + before);
    stream.avail_out = static_cast<uInt>(step);
    const int outcome = ::inflate(&stream, Z_NO_FLUSH);
    to.resize(before + step - stream.avail_out);
    if (to.size() > most) return Unzipped::TooLarge;
    if (outcome == Z_STREAM_END) return stream.avail_in == 0 ? Unzipped::Good : Unzipped::Damaged;
    // Out of input before the end is damage, too.
    if (outcome != Z_OK || (stream.avail_in == 0 && stream.avail_out > 0)) return Unzipped::Damaged;
  }
}

bool zip(Encoding encoding, std::string_view bytes, std::string& to) {
  Deflation deflation(encoding);
  if (!deflation.good || bytes.size() > std::numeric_limits<uInt>::max() / 2) return false;
  z_stream& stream = deflation.stream;
  const size_t before = to.size();
  const size_t room = ::deflateBound(&stream, bytes.size());
  to.resize(before + room);
  stream.next_in = input_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(to.data() + before);
  stream.avail_out = static_cast<uInt>(room);
  const bool good = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
  to.resize(good ? before + room - stream.avail_out : before);
  return good;
}

}  // namespace mle::serve
