// SPDX-License-Identifier: Apache-2.0
#include "serve/http/route.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace mle::serve {
namespace {

struct Pattern {
  const char* method;
  const char* path;  // * is a name, # a version
  Ask ask;
};

// What the protocol says, Triton's extensions, and our own pages.
constexpr Pattern kPatterns[] = {
    {"POST", "/v2/models/*/infer", Ask::Infer},
    {"POST", "/v2/models/*/versions/#/infer", Ask::Infer},
    {"GET", "/v2/health/live", Ask::Live},
    {"GET", "/v2/health/ready", Ask::Ready},
    {"GET", "/v2", Ask::Server},
    {"GET", "/v2/models/stats", Ask::Statistics},
    {"GET", "/v2/models/*", Ask::Model},
    {"GET", "/v2/models/*/versions/#", Ask::Model},
    {"GET", "/v2/models/*/ready", Ask::ModelReady},
    {"GET", "/v2/models/*/versions/#/ready", Ask::ModelReady},
    {"GET", "/v2/models/*/config", Ask::Config},
    {"GET", "/v2/models/*/versions/#/config", Ask::Config},
    {"GET", "/v2/models/*/stats", Ask::Statistics},
    {"GET", "/v2/models/*/versions/#/stats", Ask::Statistics},
    {"POST", "/v2/repository/index", Ask::Index},
    {"POST", "/v2/repository/models/*/load", Ask::Load},
    {"POST", "/v2/repository/models/*/unload", Ask::Unload},
    {"GET", "/v2/systemsharedmemory/status", Ask::Regions},
    {"GET", "/v2/systemsharedmemory/region/*/status", Ask::Region},
    {"POST", "/v2/systemsharedmemory/region/*/register", Ask::RegisterRegion},
    {"POST", "/v2/systemsharedmemory/region/*/unregister", Ask::UnregisterRegion},
    {"POST", "/v2/systemsharedmemory/unregister", Ask::UnregisterRegions},
    {"GET", "/v2/cudasharedmemory/status", Ask::CudaRegions},
    {"GET", "/v2/cudasharedmemory/region/*/status", Ask::NoCuda},
    {"POST", "/v2/cudasharedmemory/region/*/register", Ask::NoCuda},
    {"POST", "/v2/cudasharedmemory/region/*/unregister", Ask::NoCuda},
    {"POST", "/v2/cudasharedmemory/unregister", Ask::CudaRegions},
    {"GET", "/v2/trace/setting", Ask::TraceSettings},
    {"POST", "/v2/trace/setting", Ask::SetTrace},
    {"GET", "/v2/models/*/trace/setting", Ask::TraceSettings},
    {"POST", "/v2/models/*/trace/setting", Ask::SetTrace},
    {"GET", "/v2/logging", Ask::LogSettings},
    {"POST", "/v2/logging", Ask::SetLog},
    {"GET", "/metrics", Ask::Metrics},
    {"GET", "/v2/docs/openapi.json", Ask::OpenApi},
    {"GET", "/", Ask::Page},
};

constexpr size_t kMostParts = 8;

struct Parts {
  std::array<std::string_view, kMostParts> at;
  size_t count = 0;
};

// "/a/b" is a, b. Nothing where there are more than any pattern has. One slash at the end is none.
std::optional<Parts> split(std::string_view path) {
  Parts parts;
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  while (!path.empty()) {
    if (parts.count == kMostParts) return std::nullopt;
    const size_t slash = std::min(path.find('/'), path.size());
    parts.at[parts.count++] = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// False where a % is followed by no two digits, or the name is empty.
bool decode(std::string_view text, std::string& to) {
  to.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      to += text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0)
      return false;
    to += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    i += 2;
  }
  return !to.empty();
}

bool matches(const Parts& parts, std::string_view pattern, std::string_view& model,
             std::string_view& version) {
  pattern.remove_prefix(1);
  size_t at = 0;
  while (!pattern.empty()) {
    if (at == parts.count) return false;
    const size_t slash = std::min(pattern.find('/'), pattern.size());
    const std::string_view part = pattern.substr(0, slash);
    pattern.remove_prefix(std::min(slash + 1, pattern.size()));
    const std::string_view given = parts.at[at++];
    if (given.empty()) return false;
    if (part == "*")
      model = given;
    else if (part == "#")
      version = given;
    else if (part != given)
      return false;
  }
  return at == parts.count;
}

}  // namespace

void find_route(std::string_view method, std::string_view path, Route& found) {
  found.ask = Ask::Nothing;
  found.allow = "";
  found.model.clear();
  found.version.clear();
  if (method == "HEAD") method = "GET";
  const auto parts = split(path);
  if (!parts) return;
  for (const Pattern& pattern : kPatterns) {
    std::string_view model, version;
    if (!matches(*parts, pattern.path, model, version)) continue;
    if (method != pattern.method) {
      const bool both = *found.allow != '\0' && found.allow[0] != pattern.method[0];
      found.allow = both ? "GET, HEAD, POST" : pattern.method[0] == 'G' ? "GET, HEAD" : "POST";
      continue;
    }
    if ((!model.empty() && !decode(model, found.model)) ||
        (!version.empty() && !decode(version, found.version)))
      return;
    found.ask = pattern.ask;
    found.allow = "";
    return;
  }
}

}  // namespace mle::serve
