// Any bytes as HTTP/1, cut into pieces in two ways: the same requests must come out of both.
// SPDX-License-Identifier: Apache-2.0
#include "serve/http/reader.h"
#include "serve/http/route.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using mle::serve::HttpReader;

constexpr mle::serve::HttpLimits kLimits{512, 4096};

// What a reader says of each request; `pieces` gives the lengths, again and again.
std::vector<std::string> read_all(std::string_view bytes, std::string_view pieces) {
  HttpReader reader(kLimits);
  std::vector<std::string> found;
  size_t turn = 0;
  while (!bytes.empty()) {
    const auto wanted = static_cast<unsigned char>(pieces[turn++ % pieces.size()]);
    std::string_view piece = bytes.substr(0, size_t{1} + wanted);
    while (!piece.empty()) {
      const size_t taken = reader.take(piece);
      piece.remove_prefix(taken);
      bytes.remove_prefix(taken);
      if (reader.state() == HttpReader::State::Refused) {
        found.push_back(std::to_string(reader.refusal().status));
        return found;
      }
      if (reader.state() != HttpReader::State::Done) {
        if (!piece.empty()) std::abort();  // it wants more and left some
        continue;
      }
      mle::serve::Route route;
      find_route(reader.head().method, reader.head().path, route);
      if (reader.body().size() > kLimits.body) std::abort();
      found.push_back(std::string(reader.head().method) + " " + std::string(reader.head().path) +
                      " " + route.model + " " + reader.body());
      reader.reset();
    }
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 5) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto whole = read_all(all.substr(4), "\xFF");
  if (whole != read_all(all.substr(4), all.substr(0, 4))) std::abort();
  return 0;
}
