// The files of TLS, as both fronts take them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace mle::serve {

// PEM. Empty: plain text. `client_authority` not "": callers must show a certificate of it.
struct TlsFiles {
  std::string certificate, key, client_authority;
  bool empty() const noexcept { return certificate.empty(); }
};

}  // namespace mle::serve
