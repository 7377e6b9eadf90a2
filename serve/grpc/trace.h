// The trace a call belongs to: taken from its metadata and sent back with the answer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/protocol/trace_parent.h"

#include <grpcpp/grpcpp.h>

#include <string>

namespace mle::serve {

// What gRPC reads here another of its threads may have written, and ThreadSanitizer does not see
// how its library orders the two. Code of its headers stays out of this function, and has its own
// name.
__attribute__((no_sanitize("thread"))) inline void pass_trace(grpc::ServerContext& context,
                                                              TraceParent& trace) {
  constexpr const char* kName = "traceparent";
  trace.clear();
  const auto& metadata = context.client_metadata();
  const auto at = metadata.find(kName);
  if (at == metadata.end()) return;
  trace.take({at->second.data(), at->second.size()});
  if (!trace.empty()) context.AddInitialMetadata(kName, std::string(trace.text()));
}

}  // namespace mle::serve
