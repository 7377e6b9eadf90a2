// Every call of the protocol but inference.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/grpc/inference.h"
#include "serve/grpc/loop.h"
#include "serve/grpc/unary_call.h"

// One call by its name, answered by `answers`, where `loop` and `calls` are at hand.
#define MLE_ARM(name, answers)                                                                 \
  arm_unary<inference::name##Request, inference::name##Response>(loop, asks_for(calls, #name), \
                                                                 answers)

namespace mle::serve {

void arm_rare_calls(Loop& loop, Inference& calls);
// Those of them that only Triton's clients ask for.
void arm_setting_calls(Loop& loop, Inference& calls);

}  // namespace mle::serve
