// Status: what went wrong, which check said so, where, and what to do about it.
// Promise: an ok Status is a null pointer; making an error never throws, even when memory is gone.
//
// Part of the vocabulary every room may include; needs the standard library only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace mle {

// What kind of failure. The numbers are those of mle_code in <mle/c.h>.
enum class Code : int32_t {
  Ok = 0,
  InvalidArgument = 1,  // the caller's mistake: wrong size, unknown name, bad flag
  NotFound = 2,         // no such file, entry or output
  Corrupt = 3,          // the bytes are not what they claim to be
  Unsupported = 4,      // well-formed, but this build or machine can't do it
  OutOfMemory = 5,      // an allocation failed or a limit on memory was reached
  Io = 6,               // the operating system refused to read or write
  Internal = 7,         // our mistake: please report it
};

// The name of a code as written above ("Corrupt"); "?" for a number that is none.
inline const char* code_name(Code code) noexcept {
  switch (code) {
    case Code::Ok: return "Ok";
    case Code::InvalidArgument: return "InvalidArgument";
    case Code::NotFound: return "NotFound";
    case Code::Corrupt: return "Corrupt";
    case Code::Unsupported: return "Unsupported";
    case Code::OutOfMemory: return "OutOfMemory";
    case Code::Io: return "Io";
    case Code::Internal: return "Internal";
  }
  return "?";
}

// Ok, or an error with its code, the number of the rule that refused (0 where none did), the byte
// offset in the file it is about (kNoOffset where it is about none), a message that names the thing
// and a hint that names the way out (may be empty, never null).
// Cost: ok is one null pointer; an error is one malloc. Move-only; any thread may own it.
class [[nodiscard]] Status {
 public:
  static constexpr uint64_t kNoOffset = ~uint64_t{0};

  Status() noexcept = default;
  Status(Status&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Status& operator=(Status&& other) noexcept {
    if (this != &other) {
      release();
      state_ = std::exchange(other.state_, nullptr);
    }
    return *this;
  }
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;
  ~Status() { release(); }

  bool ok() const noexcept { return state_ == nullptr; }
  Code code() const noexcept { return ok() ? Code::Ok : state_->code; }
  int rule() const noexcept { return ok() ? 0 : state_->rule; }
  uint64_t offset() const noexcept { return ok() ? kNoOffset : state_->offset; }
  // Zero-terminated, owned by this Status. "" when ok.
  const char* message() const noexcept { return ok() ? "" : state_->message; }
  const char* hint() const noexcept { return ok() ? "" : state_->hint; }

  // Makes an error from finished texts. If memory is gone the result is still an error:
  // OutOfMemory.
  static Status make(Code code, int rule, uint64_t offset, std::string_view message,
                     std::string_view hint = {}) noexcept {
    void* block = std::malloc(sizeof(State) + message.size() + hint.size() + 2);
    if (block == nullptr) return out_of_memory();
    char* text = static_cast<char*>(block) + sizeof(State);
    char* hint_text = text + message.size() + 1;
    copy_text(text, message);
    copy_text(hint_text, hint);
    Status status;
    status.state_ = new (block) State{code, rule, offset, text, hint_text};
    return status;
  }

  // The one error that needs no memory.
  static Status out_of_memory() noexcept {
    Status status;
    status.state_ = &kOutOfMemory;
    return status;
  }

 private:
  struct State {
    Code code;
    int rule;
    uint64_t offset;
    const char* message;
    const char* hint;
  };
  static constexpr State kOutOfMemory{Code::OutOfMemory, 0, kNoOffset, "out of memory",
                                      "free memory, or load a smaller model"};

  static void copy_text(char* to, std::string_view from) noexcept {
    if (!from.empty()) std::memcpy(to, from.data(), from.size());
    to[from.size()] = '\0';
  }
  void release() noexcept {
    if (state_ != nullptr && state_ != &kOutOfMemory) std::free(const_cast<State*>(state_));
    state_ = nullptr;
  }

  const State* state_ = nullptr;
};

// Makes an error with a printf-formatted message (cut at 1023 bytes). `hint` is a finished text.
[[gnu::format(printf, 5, 6)]] inline Status error(Code code, int rule, uint64_t offset,
                                                  const char* hint, const char* format,
                                                  ...) noexcept {
  char text[1024];
  va_list args;
  va_start(args, format);
  std::vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return Status::make(code, rule, offset, text, hint == nullptr ? "" : hint);
}

}  // namespace mle

// Returns the error of `expression` (a Status) from the enclosing function, which returns Status or
// Result<T>; goes on when it is ok.
#define MLE_TRY(expression)                                                              \
  do {                                                                                   \
    if (::mle::Status mle_status_ = (expression); !mle_status_.ok()) return mle_status_; \
  } while (false)
