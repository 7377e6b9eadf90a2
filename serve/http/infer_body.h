// InferBody: the body of an inference request over HTTP, JSON and perhaps tensors as bytes behind
// it, and the body of its answer.
// Promise: whatever a body states, nothing outside it is read; one that is no JSON, or JSON of
// another form, is refused by name and place.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "serve/engine/request.h"
#include "serve/engine/version.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mle::serve {

// Used again and again, for one request at a time.
class InferBody {
 public:
  InferBody();
  InferBody(const InferBody&) = delete;
  InferBody& operator=(const InferBody&) = delete;
  ~InferBody();

  // `json_bytes`: how much of the body is JSON, where a header says so; 0 makes the whole body the
  // one input of the model's default entry. The request (whose model and version are set) borrows
  // from both until it is done. Room for a few bytes is made behind the body.
  Status decode(std::string& body, std::optional<uint64_t> json_bytes, const Catalog& catalog,
                Request& request);

  // The answer to a request that was computed; returns how many bytes of `to` are JSON, all of them
  // unless tensors follow.
  size_t encode(const Request& request, std::string& to);
  // Gives back what is larger than that. Nothing that was borrowed may be used any more.
  void shrink(size_t most_bytes) noexcept;
  // Of an answer: whether bytes follow the JSON.
  bool has_bytes() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mle::serve
