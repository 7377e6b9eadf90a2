// SPDX-License-Identifier: Apache-2.0
#include "serve/http/reply.h"

#include "format/rules.h"
#include "serve/protocol/json_text.h"

#include <ctime>

namespace mle::serve {
namespace {

const char* reason_of(int status) noexcept {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 431: return "Request Header Fields Too Large";
    case 499: return "Client Closed Request";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

int status_of(const Status& why) noexcept {
  switch (why.rule()) {
    case format::rule::S402_NotServing:
    case format::rule::S403_Overloaded: return 503;
    case format::rule::S404_DeadlinePassed: return 504;
    case format::rule::S405_Cancelled: return 499;
    case format::rule::S412_Control:
    case format::rule::S416_NotAllowed: return 403;
    case format::rule::S415_TooLarge: return 413;
    default: break;
  }
  switch (why.code()) {
    case Code::InvalidArgument: return 400;
    case Code::NotFound: return 404;
    case Code::Corrupt: return 400;  // a load of a file that does not load
    case Code::Unsupported: return 501;
    case Code::OutOfMemory: return 503;
    default: return 500;
  }
}

// "Sat, 21 Nov 2026 09:08:07 GMT", made once a second and thread.
std::string_view date_text() {
  thread_local std::time_t made_for = -1;
  thread_local char text[40] = "";
  const std::time_t now = std::time(nullptr);
  if (now != made_for) {
    made_for = now;
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  }
  return text;
}

}  // namespace

void HttpReply::fail(int with, std::string_view why) {
  status = with;
  type = "application/json";
  body.clear();
  {
    JsonScope root(body, '{');
    root.field("error", why);
  }
  body += '\n';
  if (with == 503) header("Retry-After", "1");
}

void HttpReply::fail(const Status& why) {
  std::string text = why.message();
  if (*why.hint() != '\0') text += std::string(" (") + why.hint() + ")";
  fail(status_of(why), text);
}

void HttpReply::reset(size_t most_bytes) {
  if (body.capacity() > most_bytes) body = {};
  status = 200;
  type = "application/json";
  headers.clear();
  body.clear();
}

void append_head(const HttpReply& reply, const HttpManner& manner, std::string& to) {
  to += manner.minor > 0 ? "HTTP/1.1 " : "HTTP/1.0 ";
  append_json(to, reply.status);
  to.append(" ").append(reason_of(reply.status)).append("\r\nDate: ").append(date_text());
  if (!reply.body.empty()) to.append("\r\nContent-Type: ").append(reply.type);
  to += "\r\nContent-Length: ";
  append_json(to, reply.body.size());
  to.append("\r\n").append(reply.headers);
  // Both versions are told what they would not take for granted.
  if (!manner.keep_alive)
    to += "Connection: close\r\n";
  else if (manner.minor == 0)
    to += "Connection: keep-alive\r\n";
  to += "\r\n";
}

}  // namespace mle::serve
