// What a message of gRPC takes from the budget of all that is under way.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "format/rules.h"
#include "serve/protocol/byte_budget.h"

#include <grpcpp/grpcpp.h>

#include <cstddef>

namespace mle::serve {

// Above this a message is weighed as it lies in memory, which takes a while and may be twenty times
// what it was on its way: an empty string is two bytes there and forty here.
constexpr size_t kWeighed = size_t{64} << 10;

inline Status too_many_messages() {
  return Status::make(Code::OutOfMemory, format::rule::S403_Overloaded, Status::kNoOffset,
                      "the server holds as many messages as it may", "try again later");
}

// What is refused is let go at once.
template <class Message>
Status charge_for(Message& message, ByteCharge& charge) {
  size_t bytes = message.ByteSizeLong();
  if (bytes > kWeighed) bytes = message.SpaceUsedLong();
  if (charge.add(bytes)) return {};
  message = {};
  return too_many_messages();
}
// As it came.
inline Status charge_for(grpc::ByteBuffer& bytes, ByteCharge& charge) {
  if (charge.add(bytes.Length())) return {};
  bytes.Clear();
  return too_many_messages();
}

// Ready for the next; a huge message is not remembered for ever.
template <class Message>
void forget(Message& message) {
  if (message.SpaceUsedLong() > kWeighed)
    message = {};
  else
    message.Clear();
}

// The same for a message that charge_for has seen since it was filled. Weighing takes longer than
// reading a small one: `since` adds up what was not weighed, which may be this much.
template <class Message>
void forget(Message& message, size_t& since) {
  constexpr size_t kUnweighed = size_t{4} << 10;
  since += static_cast<size_t>(message.GetCachedSize());
  if (since <= kUnweighed) return message.Clear();
  since = 0;
  forget(message);
}

// Once the answer is made, nobody needs the question any more: what is huge goes before the answer
// does, which may take a slow caller a while.
template <class Message>
void let_go(Message& question, ByteCharge& charge) {
  if (charge.bytes() > kWeighed) question = {};
  charge.clear();
}

}  // namespace mle::serve
