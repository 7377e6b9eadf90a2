// TLS of the HTTP front: certificate, key and authority from files, looked at again when they
// change; and one connection that is spoken over it.
// Promise: new connections get the newest files that belong together; files that do not leave what
// was there in place. TLS 1.2 and 1.3 alone, no renegotiation.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "serve/protocol/tls_files.h"

#include <sys/types.h>

#include <cstddef>
#include <memory>

namespace mle::serve {

class TlsSession {
 public:
  struct State;
  explicit TlsSession(std::unique_ptr<State> state);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  // As recv() and send(): -1 with errno EAGAIN where the socket must be ready first. The first
  // reads shake hands.
  ssize_t read(char* to, size_t size) noexcept;
  ssize_t write(const char* from, size_t size) noexcept;
  // What a read could not send waits until the socket takes it; then read() again.
  bool read_wants_to_write() const noexcept;
  bool shaken() const noexcept;
  // Tells the other side that nothing follows.
  void end() noexcept;

 private:
  std::unique_ptr<State> state_;
};

class TlsContext {
 public:
  static Result<std::unique_ptr<TlsContext>> make(TlsFiles files);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  // Any thread. Null where memory is short. Looks at the files now and then.
  std::unique_ptr<TlsSession> accept(int socket);

 private:
  struct State;
  explicit TlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mle::serve
