// HttpReader: bytes as they arrive, in pieces of any size, become requests one after the other.
// Promise: however the bytes are cut, the same requests come out; memory is bounded by the limits.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/http/head.h"
#include "serve/protocol/byte_budget.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mle::serve {

struct HttpLimits {
  size_t head = 16 << 10;
  size_t body = size_t{64} << 20;
};

class HttpReader {
 public:
  enum class State : uint8_t {
    Head,     // wants more bytes
    Body,     // the head is there; wants more bytes
    Done,     // a whole request; the bytes behind it are untouched until reset()
    Refused,  // answer refusal() and close: where the next request begins is not known
  };

  // `budget`: what bodies are charged to; null: nothing.
  explicit HttpReader(const HttpLimits& limits, ByteBudget* budget = nullptr)
      : limits_(limits), budget_(budget), charge_(budget) {}

  // Takes what belongs to the present request and returns how many bytes that were. Throws
  // std::bad_alloc.
  size_t take(std::string_view bytes);
  // Ready for the next request; keeps memory for small ones.
  void reset();

  State state() const noexcept { return state_; }
  bool started() const noexcept { return !text_.empty(); }    // of the present request, any byte
  const HttpHead& head() const noexcept { return head_; }     // from Body on
  const std::string& body() const noexcept { return body_; }  // when Done
  const HttpRefusal& refusal() const noexcept { return refusal_; }
  const HttpLimits& limits() const noexcept { return limits_; }
  // When Done: gives the body and what it is charged with away, and takes memory for the next.
  void swap_body(std::string& other, ByteCharge& charge) noexcept {
    body_.swap(other);
    ByteCharge(budget_).swap(charge);
    charge_.swap(charge);
  }

 private:
  enum class Part : uint8_t { Length, Size, SizeEnd, Data, DataEnd, Trailer };

  size_t take_head(std::string_view bytes);
  size_t take_length(std::string_view bytes);
  size_t take_chunks(std::string_view bytes);
  void take_size(char c);
  void begin_chunk();
  size_t take_data(std::string_view bytes);
  void begin_body();
  void refuse(int status, const char* why);
  void make_room(size_t bytes);
  void append_body(std::string_view bytes);

  const HttpLimits limits_;
  ByteBudget* const budget_;
  ByteCharge charge_;
  State state_ = State::Head;
  Part part_ = Part::Length;
  std::string text_, body_;
  HttpHead head_;
  HttpRefusal refusal_;
  uint64_t left_ = 0;       // bytes of the body or chunk
  size_t extra_ = 0;        // bytes of chunk lines and trailers, which are bounded as heads are
  bool digits_ = false;     // of a chunk's size, any
  bool extension_ = false;  // behind a chunk's size
  bool carriage_ = false;   // the last byte was CR
  size_t line_ = 0;         // bytes of the present line of the trailer
};

}  // namespace mle::serve
