// Which question a method and a path ask.
// Promise: a path is one of the listed ones, letter by letter; a name in it is decoded once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mle::serve {

enum class Ask : uint8_t {
  Nothing,  // there is no such path
  Live,
  Ready,
  Server,
  Model,
  ModelReady,
  Config,
  Statistics,
  Infer,
  Index,
  Load,
  Unload,
  Regions,
  Region,
  RegisterRegion,
  UnregisterRegion,
  UnregisterRegions,
  CudaRegions,
  NoCuda,
  TraceSettings,
  SetTrace,
  LogSettings,
  SetLog,
  Metrics,
  OpenApi,
  Page,
};

struct Route {
  Ask ask = Ask::Nothing;
  std::string model, version;  // decoded; `model` is also the name of a region
  const char* allow = "";      // methods of the path, where the one asked with is none of them
};

// HEAD is GET. `found.allow` is not "" where the path is there and the method is not.
void find_route(std::string_view method, std::string_view path, Route& found);

}  // namespace mle::serve
