// Every question over HTTP but inference, load and unload, which are answered later.
// Promise: nothing here waits for a file or for inference.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/http/reply.h"
#include "serve/http/route.h"
#include "serve/protocol/service.h"

#include <string>
#include <string_view>

namespace mle::serve {

struct HttpQuestion {
  const Route& route;
  std::string& body;  // room is made behind it
  Caller caller;
};

void answer(Service& service, const HttpQuestion& question, HttpReply& reply);

// Whether the body of a load or unload can be taken: parameters of a load are not.
Status check_control_body(std::string& body);

}  // namespace mle::serve
