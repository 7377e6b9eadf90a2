// Pages for people and their tools: the status page and the description of the API.
// Promise: nothing on them is fetched from anywhere but this server.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/http/reply.h"

#include <string>

namespace mle::serve {

void append_page(HttpReply& reply);
void append_openapi(std::string& to);

}  // namespace mle::serve
