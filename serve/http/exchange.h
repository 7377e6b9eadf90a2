// Exchange: one question over HTTP and its answer. Used again and again.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/engine/request.h"
#include "serve/http/encoding.h"
#include "serve/http/infer_body.h"
#include "serve/http/reply.h"
#include "serve/http/route.h"
#include "serve/protocol/byte_budget.h"
#include "serve/protocol/readers.h"
#include "serve/protocol/trace_parent.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace mle::serve {

class Connection;
class HttpLoop;

class Exchange final : public Request, public Readers::Task {
 public:
  explicit Exchange(HttpLoop& from) : loop(from) {}

  // Of an inference: what is asked, unpacked and read. Throws std::bad_alloc.
  Status read_question();
  // That on a reader's thread, and leaves it to a worker.
  void read() noexcept override;
  // Of an inference: makes the answer, on whichever thread computed it.
  void done() noexcept override;
  // Any thread: the reply is there.
  void replied() noexcept;
  // Ready for the next question; keeps up to so many bytes of each buffer.
  void clear(size_t most_bytes);

  // Unpacks the body, to so many bytes at most.
  Status unpack(size_t most_bytes);

  HttpLoop& loop;
  Connection* connection = nullptr;
  Route route;
  std::string body;
  std::string unzipped;
  ByteCharge charge;    // for both
  ByteCharge answered;  // for the reply's body, of an inference
  TraceParent trace;
  InferBody infer;
  std::optional<uint64_t> json_bytes;  // of an inference's body, where bytes follow
  Encoding packed_as = Encoding::None, answer_as = Encoding::None;
  HttpManner manner;
  HttpReply reply;
  bool ready = false;          // the loop's thread knows of the reply
  Exchange* behind = nullptr;  // the next of its connection
  Exchange* told = nullptr;    // the next of those that the loop is to hear of

 private:
  void write_answer();
  void let_go_of_large() noexcept;
};

}  // namespace mle::serve
