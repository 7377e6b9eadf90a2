// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/message.h"

#include "format/rules.h"
#include "serve/grpc/charge.h"
#include "serve/protocol/zip.h"

#include <grpc/impl/codegen/grpc_types.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include <string>
#include <string_view>
#include <vector>

namespace mle::serve {
namespace {

// gRPC's own, for what it knows of the bytes beside them.
class Reader : public grpc::ProtoBufferReader {
 public:
  using ProtoBufferReader::ProtoBufferReader;
  // ThreadSanitizer does not see how gRPC's libraries hand over what another of their threads made.
  __attribute__((no_sanitize("thread"))) grpc_compression_algorithm packed_as() {
    return reader()->buffer_in->data.raw.compression;
  }
};

Status no_message() {
  return Status::make(Code::InvalidArgument, format::rule::S414_Protocol, Status::kNoOffset,
                      "the message is not written as the protocol says",
                      "its definition comes by reflection");
}

Status unpack(grpc::ByteBuffer& bytes, grpc_compression_algorithm packed_as, size_t most_bytes,
              std::string& to) {
  Encoding encoding = Encoding::Unknown;
  if (packed_as == GRPC_COMPRESS_GZIP) encoding = Encoding::Gzip;
  if (packed_as == GRPC_COMPRESS_DEFLATE) encoding = Encoding::Deflate;
  grpc::Slice slice;
  if (encoding == Encoding::Unknown || !bytes.DumpToSingleSlice(&slice).ok()) return no_message();
  const std::string_view packed(reinterpret_cast<const char*>(slice.begin()), slice.size());
  switch (unzip(encoding, packed, most_bytes, to)) {
    case Unzipped::Good: return {};
    case Unzipped::TooLarge:
      return Status::make(Code::OutOfMemory, format::rule::S415_TooLarge, Status::kNoOffset,
                          "the message is larger than this server takes once it is unpacked");
    case Unzipped::Damaged: break;
  }
  return Status::make(Code::InvalidArgument, format::rule::S414_Protocol, Status::kNoOffset,
                      "the message is not packed as grpc-encoding says");
}

#ifdef MLE_WATCHED_BY_TSAN
// As above: what is read here is a copy, which was made unwatched.
__attribute__((no_sanitize("thread"))) void append(const volatile char* from, size_t size,
                                                   std::string& to) {
  const size_t before = to.size();
  to.resize(before + size);
  char* const at = to.data() + before;
  for (size_t i = 0; i < size; ++i) at[i] = from[i];
}

bool parse(grpc::ByteBuffer& bytes, google::protobuf::MessageLite& message) {
  std::vector<grpc::Slice> slices;
  if (!bytes.Dump(&slices).ok()) return false;
  std::string copy;
  for (const grpc::Slice& slice : slices)
    append(reinterpret_cast<const char*>(slice.begin()), slice.size(), copy);
  return message.ParseFromArray(copy.data(), static_cast<int>(copy.size()));
}
#else
bool parse(grpc::ByteBuffer& bytes, google::protobuf::MessageLite& message) {
  Reader reader(&bytes);
  const void* data = nullptr;
  int size = 0;
  if (!reader.status().ok()) return false;
  if (!reader.Next(&data, &size)) return message.ParseFromArray(nullptr, 0);
  if (static_cast<size_t>(size) == bytes.Length()) return message.ParseFromArray(data, size);
  reader.BackUp(size);
  return message.ParseFromZeroCopyStream(&reader);
}
#endif

}  // namespace

bool is_packed(grpc::ByteBuffer& bytes) {
  Reader reader(&bytes);
  return reader.status().ok() && reader.packed_as() != GRPC_COMPRESS_NONE;
}

Status read_message(grpc::ByteBuffer& bytes, size_t most_bytes, ByteBudget& budget,
                    google::protobuf::MessageLite& message) {
  if (!is_packed(bytes)) {
    const bool fits = bytes.Length() <= most_bytes;
    const bool good = fits && parse(bytes, message);
    bytes.Clear();
    return good ? Status() : no_message();
  }
  std::string unpacked;
  const auto packed_as = Reader(&bytes).packed_as();
  Status status = unpack(bytes, packed_as, most_bytes, unpacked);
  bytes.Clear();
  if (!status.ok()) return status;
  ByteCharge charge(&budget);
  if (!charge.add(unpacked.size())) return too_many_messages();
  if (!message.ParseFromArray(unpacked.data(), static_cast<int>(unpacked.size())))
    return no_message();
  return {};
}

}  // namespace mle::serve
