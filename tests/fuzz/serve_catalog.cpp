// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/serve_catalog.h"

#include "serve/engine/load_version.h"
#include "tests/serve/models.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace mle::testing {
namespace {

std::shared_ptr<const serve::Version> load(const char* name, const AlignedBytes& bytes) {
  std::string path = "/tmp/mle_serve_fuzz_XXXXXX";
  const int file = ::mkstemp(path.data());
  if (file < 0 || ::write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    std::abort();
  ::close(file);
  auto version = serve::load_version({name, 1, path}, 1, std::make_shared<serve::Counters>());
  ::unlink(path.c_str());
  if (!version) std::abort();
  return *version;
}

std::shared_ptr<const serve::Catalog> make_catalog() {
  auto catalog = std::make_shared<serve::Catalog>();
  const auto add = [&](char letter, const AlignedBytes& bytes) {
    const std::string name(1, letter);
    catalog->models[name] = {{load(name.c_str(), bytes)}, std::make_shared<serve::Lane>()};
  };
  for (int number = 1; number <= 14; ++number)
    add(static_cast<char>('a' + number - 1), echo_file(static_cast<fb::DType>(number)));
  add('o', linear_file());
  add('p', two_entries_file());
  return catalog;
}

}  // namespace

std::shared_ptr<const serve::Catalog> fuzz_catalog() {
  static const auto catalog = make_catalog();
  return catalog;
}

serve::Engine& fuzz_engine() {
  static serve::Engine& engine = [&]() -> serve::Engine& {
    static serve::Engine made({0, 1e18, {}});
    made.publish(fuzz_catalog());
    return made;
  }();
  return engine;
}

}  // namespace mle::testing
