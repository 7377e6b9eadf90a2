// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/unary_call.h"

#include <string>
#include <string_view>

namespace mle::serve {
namespace {

bool is_local(std::string_view peer) {
  return peer.starts_with("ipv4:127.") || peer.starts_with("ipv6:%5B::1%5D") ||
         peer.starts_with("ipv6:[::1]") || peer.starts_with("unix:");
}

}  // namespace

// As pass_trace().
__attribute__((no_sanitize("thread"))) Caller caller_of(const grpc::ServerContext& context) {
  Caller caller;
  caller.local = is_local(context.peer());
  const auto& metadata = context.client_metadata();
  constexpr std::string_view kBearer = "Bearer ";
  if (const auto at = metadata.find("authorization"); at != metadata.end())
    if (const std::string_view value(at->second.data(), at->second.size());
        value.starts_with(kBearer))
      caller.key = value.substr(kBearer.size());
  return caller;
}

}  // namespace mle::serve
