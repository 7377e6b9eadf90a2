// SPDX-License-Identifier: Apache-2.0
#include "serve/http/reader.h"

#include <algorithm>

namespace mle::serve {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr size_t kKept = size_t{1} << 20;

}  // namespace

void HttpReader::refuse(int status, const char* why) {
  state_ = State::Refused;
  refusal_ = {status, why};
  body_ = {};  // nobody will look at it
  charge_.clear();
}

void HttpReader::reset() {
  if (body_.capacity() > kKept) body_ = {};
  text_.clear();
  body_.clear();
  charge_.clear();
  state_ = State::Head;
  part_ = Part::Length;
  refusal_ = {};
  left_ = extra_ = line_ = 0;
  digits_ = extension_ = carriage_ = false;
}

size_t HttpReader::take(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && (state_ == State::Head || state_ == State::Body)) {
    const std::string_view rest = bytes.substr(taken);
    if (state_ == State::Head)
      taken += take_head(rest);
    else
      taken += part_ == Part::Length ? take_length(rest) : take_chunks(rest);
  }
  return taken;
}

size_t HttpReader::take_head(std::string_view bytes) {
  // Empty lines before a request are what some clients send behind a body.
  if (text_.empty() && (bytes.front() == '\r' || bytes.front() == '\n')) return 1;
  // The end may lie across the seam.
  const size_t before = text_.size(), from = before < 3 ? 0 : before - 3;
  const size_t room = limits_.head - std::min(limits_.head, before);
  text_.append(bytes.substr(0, room));
  const size_t end = text_.find("\r\n\r\n", from);
  if (end == std::string::npos) {
    if (text_.size() >= limits_.head) refuse(431, "the head of the request is too long");
    return text_.size() - before;
  }
  text_.resize(end + 4);
  const size_t taken = text_.size() - before;
  if (const HttpRefusal refusal = read_head(text_, head_))
    refuse(refusal.status, refusal.why);
  else
    begin_body();
  return taken;
}

void HttpReader::begin_body() {
  state_ = State::Body;
  if (head_.chunked) {
    part_ = Part::Size;
    return;
  }
  part_ = Part::Length;
  left_ = head_.content_length.value_or(0);
  if (left_ > limits_.body) return refuse(413, "the body is larger than this server takes");
  if (left_ == 0) state_ = State::Done;
}

size_t HttpReader::take_length(std::string_view bytes) {
  const size_t taken = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
  append_body(bytes.substr(0, taken));
  left_ -= taken;
  if (left_ == 0 && state_ == State::Body) state_ = State::Done;
  return taken;
}

// Where it is known how much comes, what has come is moved less often than by doubling. Memory that
// nothing is written to is none yet: who announces and does not send takes nothing.
void HttpReader::make_room(size_t bytes) {
  const size_t needed = body_.size() + bytes;
  if (head_.chunked || needed <= body_.capacity()) return;
  constexpr size_t kAhead = 8;
  constexpr size_t kBeyond = 64;  // for those who read many bytes at a time
  const size_t announced = static_cast<size_t>(head_.content_length.value_or(0));
  body_.reserve(std::max(needed, std::min(announced, needed * kAhead)) + kBeyond);
}

void HttpReader::append_body(std::string_view bytes) {
  if (!charge_.add(bytes.size())) return refuse(503, "the server holds as many requests as it may");
  make_room(bytes.size());
  body_.append(bytes);
}

size_t HttpReader::take_chunks(std::string_view bytes) {
  if (part_ == Part::Data) return take_data(bytes);
  const char c = bytes.front();
  if (++extra_ > limits_.head + body_.size()) {
    refuse(431, "the lines between the chunks are too long");
    return 1;
  }
  switch (part_) {
    case Part::Size: take_size(c); break;
    case Part::SizeEnd:
      if (c != '\n')
        refuse(400, "the size of a chunk does not end with CR LF");
      else
        begin_chunk();
      break;
    case Part::DataEnd:
      if (c != (carriage_ ? '\n' : '\r')) {
        refuse(400, "a chunk does not end with CR LF");
      } else if (carriage_) {
        part_ = Part::Size;
        digits_ = extension_ = carriage_ = false;
        left_ = 0;
      } else {
        carriage_ = true;
      }
      break;
    case Part::Trailer:
      if (carriage_ != (c == '\n')) {
        refuse(400, "the trailer does not end with CR LF");
      } else if (carriage_) {
        if (line_ == 0) state_ = State::Done;
        carriage_ = false;
        line_ = 0;
      } else if (c == '\r') {
        carriage_ = true;
      } else {
        ++line_;
      }
      break;
    case Part::Length:
    case Part::Data: break;
  }
  return 1;
}

void HttpReader::take_size(char c) {
  if (c == '\r' && digits_) {
    part_ = Part::SizeEnd;
    return;
  }
  if (extension_) {
    if (c == '\n') refuse(400, "the size of a chunk does not end with CR LF");
    return;
  }
  if (digits_ && (c == ';' || c == ' ' || c == '\t')) {
    extension_ = true;
    return;
  }
  const int digit = hex_digit(c);
  if (digit < 0) return refuse(400, "the size of a chunk is no hexadecimal number");
  digits_ = true;
  // Checked at every digit, so that no size overflows.
  left_ = left_ * 16 + static_cast<uint64_t>(digit);
  if (left_ > limits_.body - std::min(limits_.body, body_.size()))
    refuse(413, "the body is larger than this server takes");
}

void HttpReader::begin_chunk() {
  carriage_ = false;
  part_ = left_ > 0 ? Part::Data : Part::Trailer;
}

size_t HttpReader::take_data(std::string_view bytes) {
  const size_t taken = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
  append_body(bytes.substr(0, taken));
  left_ -= taken;
  if (left_ == 0) part_ = Part::DataEnd;
  return taken;
}

}  // namespace mle::serve
