// SPDX-License-Identifier: Apache-2.0
#include "serve/http/tls.h"

#include "format/rules.h"
#include "serve/engine/model_file.h"
#include "serve/engine/request.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace mle::serve {
namespace {

constexpr auto kLookPause = std::chrono::seconds(1);

struct FreeContext {
  void operator()(SSL_CTX* context) const noexcept { ::SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

Status refuse(const std::string& file, const char* what) {
  std::array<char, 160> reason{};
  if (const unsigned long number = ::ERR_get_error(); number != 0)
    ::ERR_error_string_n(number, reason.data(), reason.size());
  ::ERR_clear_error();
  return error(Code::Io, format::rule::S417_Certificate, Status::kNoOffset,
               "give PEM files that belong together", "%s: %s %s", file.c_str(), what,
               reason.data());
}

// The one protocol that is spoken here, where the caller offers several.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  static constexpr unsigned char kOurs[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  if (::SSL_select_next_proto(&found, size, kOurs, sizeof kOurs, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

Result<Context> make_context(const TlsFiles& files) {
  Context context(::SSL_CTX_new(::TLS_server_method()));
  if (context == nullptr) return Status::out_of_memory();
  SSL_CTX* const to = context.get();
  ::SSL_CTX_set_min_proto_version(to, TLS1_2_VERSION);
  ::SSL_CTX_set_options(to, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  ::SSL_CTX_set_mode(to, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                             SSL_MODE_RELEASE_BUFFERS);
  ::SSL_CTX_set_alpn_select_cb(to, &choose_protocol, nullptr);
  if (::SSL_CTX_use_certificate_chain_file(to, files.certificate.c_str()) != 1)
    return refuse(files.certificate, "is no certificate:");
  if (::SSL_CTX_use_PrivateKey_file(to, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return refuse(files.key, "is no key:");
  if (::SSL_CTX_check_private_key(to) != 1)
    return refuse(files.key, "does not belong to the certificate:");
  if (files.client_authority.empty()) return context;
  if (::SSL_CTX_load_verify_locations(to, files.client_authority.c_str(), nullptr) != 1)
    return refuse(files.client_authority, "is no certificate:");
  ::SSL_CTX_set_client_CA_list(to, ::SSL_load_client_CA_file(files.client_authority.c_str()));
  ::SSL_CTX_set_verify(to, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  static constexpr unsigned char kName[] = "mle-serve";
  ::SSL_CTX_set_session_id_context(to, kName, sizeof kName - 1);
  return context;
}

// Which files there are now.
std::vector<FileMark> marks_of(const TlsFiles& files) {
  std::vector<FileMark> marks;
  for (const std::string* path : {&files.certificate, &files.key, &files.client_authority}) {
    if (path->empty()) continue;
    auto mark = mark_of(*path);
    marks.push_back(mark ? std::move(*mark) : FileMark{});
  }
  return marks;
}

}  // namespace

struct TlsSession::State {
  explicit State(SSL* from) : ssl(from) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { ::SSL_free(ssl); }

  ssize_t outcome(int returned) noexcept {
    const int reason = ::SSL_get_error(ssl, returned);
    ::ERR_clear_error();
    wants_to_write = reason == SSL_ERROR_WANT_WRITE;
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) {
      errno = EAGAIN;
      return -1;
    }
    broken = true;
    if (reason == SSL_ERROR_ZERO_RETURN) return 0;
    errno = EPROTO;
    return -1;
  }

  SSL* const ssl;
  bool wants_to_write = false;
  bool broken = false;  // nothing more may be said
};

TlsSession::TlsSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsSession::~TlsSession() = default;

ssize_t TlsSession::read(char* to, size_t size) noexcept {
  ::ERR_clear_error();
  const int got = ::SSL_read(state_->ssl, to, static_cast<int>(std::min<size_t>(size, INT_MAX)));
  state_->wants_to_write = false;
  return got > 0 ? got : state_->outcome(got);
}

ssize_t TlsSession::write(const char* from, size_t size) noexcept {
  ::ERR_clear_error();
  const int put = ::SSL_write(state_->ssl, from, static_cast<int>(std::min<size_t>(size, INT_MAX)));
  return put > 0 ? put : state_->outcome(put);
}

bool TlsSession::read_wants_to_write() const noexcept { return state_->wants_to_write; }
bool TlsSession::shaken() const noexcept { return ::SSL_is_init_finished(state_->ssl) == 1; }

void TlsSession::end() noexcept {
  if (!state_->broken && shaken()) ::SSL_shutdown(state_->ssl);
  ::ERR_clear_error();
}

struct TlsContext::State {
  TlsFiles files;
  std::mutex mutex;  // guards what follows
  Context context;
  std::vector<FileMark> marks;
  Clock::time_point looked;
};

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::make(TlsFiles files) {
  auto state = std::make_unique<State>();
  state->marks = marks_of(files);
  MLE_TRY_ASSIGN(state->context, make_context(files));
  state->files = std::move(files);
  state->looked = Clock::now();
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(state)));
}

std::unique_ptr<TlsSession> TlsContext::accept(int socket) {
  const std::lock_guard lock(state_->mutex);
  if (const auto now = Clock::now(); now - state_->looked >= kLookPause) {
    state_->looked = now;
    if (auto marks = marks_of(state_->files); marks != state_->marks) {
      // Certificate and key change one after the other: until both are there, the old ones serve.
      if (auto made = make_context(state_->files)) {
        state_->context = std::move(*made);
        state_->marks = std::move(marks);
      }
    }
  }
  SSL* const ssl = ::SSL_new(state_->context.get());
  if (ssl == nullptr) return nullptr;
  auto session = std::make_unique<TlsSession::State>(ssl);
  if (::SSL_set_fd(ssl, socket) != 1) return nullptr;
  ::SSL_set_accept_state(ssl);
  return std::make_unique<TlsSession>(std::move(session));
}

}  // namespace mle::serve
