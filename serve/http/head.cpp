// SPDX-License-Identifier: Apache-2.0
#include "serve/http/head.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mle::serve {
namespace {

constexpr size_t kMostHeaders = 100;

bool is_token_char(char c) noexcept {
  const bool alphanumeric =
      (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

// Neither blanks nor anything that steers a terminal or ends a line.
bool is_visible(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != 0x7F; });
}

bool is_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= ' ' && byte != 0x7F);
  });
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

HttpRefusal read_line(std::string_view line, HttpHead& head) {
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return {400, "the request line is not METHOD TARGET VERSION"};
  head.method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(head.method)) return {400, "the method is no word"};
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    const bool other = version.size() == 8 && version.starts_with("HTTP/");
    return other ? HttpRefusal{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"}
                 : HttpRefusal{400, "the request line does not end with a version"};
  }
  head.minor = version.back() - '0';
  if (target.empty() || !is_visible(target)) return {400, "the target is not one word"};
  if (target.starts_with("http://")) {  // as proxies are asked
    const size_t slash = target.find('/', 7);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  if (target != "*" && target.front() != '/') return {400, "the target does not begin with /"};
  const size_t question = std::min(target.find('?'), target.size());
  head.path = target.substr(0, question);
  head.query = target.substr(std::min(question + 1, target.size()));
  return {};
}

// Whether a comma-separated list holds a word.
bool lists(std::string_view list, std::string_view word) noexcept {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (same_ignoring_case(trimmed(list.substr(0, comma)), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

HttpRefusal read_length(std::string_view value, HttpHead& head) {
  uint64_t length = 0;
  const char* const end = value.data() + value.size();
  const auto [stopped, failed] = std::from_chars(value.data(), end, length);
  if (value.empty() || failed != std::errc() || stopped != end)
    return {400, "Content-Length is no number"};
  if (head.content_length && *head.content_length != length)
    return {400, "there are two Content-Lengths"};
  head.content_length = length;
  return {};
}

HttpRefusal take_header(const HttpHeader& header, HttpHead& head) {
  if (same_ignoring_case(header.name, "content-length")) return read_length(header.value, head);
  if (same_ignoring_case(header.name, "transfer-encoding")) {
    if (head.chunked || !same_ignoring_case(header.value, "chunked"))
      return {501, "Transfer-Encoding can be chunked and nothing else"};
    head.chunked = true;
  } else if (same_ignoring_case(header.name, "connection")) {
    if (lists(header.value, "close")) head.keep_alive = false;
    if (head.minor == 0 && lists(header.value, "keep-alive")) head.keep_alive = true;
  } else if (same_ignoring_case(header.name, "expect")) {
    if (!same_ignoring_case(header.value, "100-continue"))
      return {417, "the only expectation that can be met is 100-continue"};
    head.expects_continue = head.minor > 0;
  }
  return {};
}

HttpRefusal read_headers(std::string_view text, HttpHead& head) {
  size_t hosts = 0;
  while (!text.empty()) {
    const size_t end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {400, "a header has no colon"};
    const HttpHeader header{line.substr(0, colon), trimmed(line.substr(colon + 1))};
    if (!is_token(header.name)) return {400, "the name of a header is no word"};
    if (!is_value(header.value)) return {400, "a header holds bytes that no header may hold"};
    if (head.headers.size() == kMostHeaders) return {431, "too many headers"};
    head.headers.push_back(header);
    hosts += same_ignoring_case(header.name, "host") ? 1 : 0;
    if (const HttpRefusal refusal = take_header(header, head)) return refusal;
  }
  if (head.chunked && head.content_length)
    return {400, "Content-Length and Transfer-Encoding exclude each other"};
  if (head.chunked && head.minor == 0) return {400, "HTTP/1.0 has no chunks"};
  if (hosts > 1 || (hosts == 0 && head.minor > 0)) return {400, "HTTP/1.1 wants one Host"};
  return {};
}

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view HttpHead::operator[](std::string_view name) const noexcept {
  for (const HttpHeader& header : headers)
    if (same_ignoring_case(header.name, name)) return header.value;
  return {};
}

HttpRefusal read_head(std::string_view text, HttpHead& head) {
  std::vector<HttpHeader> kept = std::move(head.headers);
  kept.clear();
  head = {};
  head.headers = std::move(kept);
  const size_t end = text.find("\r\n");
  // Bare line ends are read differently by different servers.
  if (end == std::string_view::npos || !text.ends_with("\r\n\r\n"))
    return {400, "lines end with CR LF"};
  if (const HttpRefusal refusal = read_line(text.substr(0, end), head)) return refusal;
  head.keep_alive = head.minor > 0;
  return read_headers(text.substr(end + 2, text.size() - end - 4), head);
}

}  // namespace mle::serve
