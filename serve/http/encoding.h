// How bodies are packed, as headers say it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/protocol/zip.h"

#include <string_view>

namespace mle::serve {

// Of Content-Encoding.
Encoding encoding_of(std::string_view header) noexcept;
// The one to answer with, of Accept-Encoding: None unless one of ours is listed and not refused.
Encoding accepted_encoding(std::string_view header) noexcept;
const char* name_of(Encoding encoding) noexcept;

}  // namespace mle::serve
