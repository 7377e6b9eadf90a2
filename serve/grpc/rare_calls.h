// Every call of the protocol but inference.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/grpc/loop.h"
#include "serve/grpc/open_inference.grpc.pb.h"
#include "serve/grpc/unary_call.h"

// One call by its name, answered by `answers`, where `loop` and `async` are at hand.
#define MLE_ARM(name, answers)                                                        \
  arm_unary<inference::name##Request, inference::name##Response>(                     \
      loop,                                                                           \
      [&async](auto* context, auto* question, auto* writer, auto* queue, void* tag) { \
        async.Request##name(context, question, writer, queue, queue, tag);            \
      },                                                                              \
      answers)

namespace mle::serve {

void arm_rare_calls(Loop& loop, inference::GRPCInferenceService::AsyncService& service);
// Those of them that only Triton's clients ask for.
void arm_setting_calls(Loop& loop, inference::GRPCInferenceService::AsyncService& service);

}  // namespace mle::serve
