// Messages as they came: bytes that may be packed, and that nobody has read yet. gRPC would do both
// on the thread of its queue, and unpack whatever size comes out. Promise: what is larger than
// allowed once it is unpacked is refused before it takes that memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "serve/protocol/byte_budget.h"

#include <google/protobuf/message_lite.h>
#include <grpcpp/grpcpp.h>

#include <cstddef>

namespace mle::serve {

bool is_packed(grpc::ByteBuffer& bytes);

// Not ok where it is damaged, too large, or no such message. `bytes` is empty afterwards. What is
// unpacked is charged to the budget until it is read.
Status read_message(grpc::ByteBuffer& bytes, size_t most_bytes, ByteBudget& budget,
                    google::protobuf::MessageLite& message);

}  // namespace mle::serve
