// Bodies of rare questions, which are small JSON objects, and the settings that Triton's clients
// ask for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "serve/http/answers.h"

#include <string>

namespace mle::serve {

// Whether only what is ready is asked for.
Result<bool> read_index_body(std::string& body);

// Nothing is traced: there is one setting, and it is off.
void trace_settings(std::string& text);
Status set_trace(std::string& body, std::string& text);

void log_settings(const Service& service, std::string& text);
Status set_log(Service& service, const HttpQuestion& question, std::string& text);

}  // namespace mle::serve
