// What the fuzz targets of the server ask: small models, and a request that remembers its answer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/engine/engine.h"
#include "serve/engine/request.h"
#include "serve/engine/version.h"

#include <memory>

namespace mle::testing {

class FuzzRequest final : public serve::Request {
 public:
  void done() noexcept override { answered = true; }
  bool answered = false;
};

// "a" … "n" echo the data types by their numbers, "o" is linear, "p" has two entries.
std::shared_ptr<const serve::Catalog> fuzz_catalog();
// Computes on the calling thread, with that catalog.
serve::Engine& fuzz_engine();

}  // namespace mle::testing
