// SPDX-License-Identifier: Apache-2.0
#include "tests/serve/support.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace mle::testing {

namespace fs = std::filesystem;

ModelFolder::ModelFolder() {
  std::string name = (fs::temp_directory_path() / "mle_serve_XXXXXX").native();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
}

ModelFolder::~ModelFolder() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void ModelFolder::put_text(const std::string& name, const std::string& text) const {
  const fs::path to = folder_ / name, beside = folder_ / ".new";
  fs::create_directories(to.parent_path());
  std::ofstream(beside, std::ios::binary) << text;
  fs::rename(beside, to);
}

void ModelFolder::put(const std::string& name, const AlignedBytes& file) const {
  put_text(name, {reinterpret_cast<const char*>(file.data()), file.size()});
}

void ModelFolder::remove(const std::string& name) const { fs::remove_all(folder_ / name); }

TestRequest::TestRequest(const char* name, std::vector<float> values) : x(std::move(values)) {
  model = name;
  shape = {static_cast<int64_t>(x.size() / 3), 3};
  inputs.push_back({"x", DType::F32, shape, x.data(), x.size()});
  arrived = serve::Clock::now();
}

std::vector<float> TestRequest::floats(size_t answer) const {
  const auto* data = static_cast<const float*>(answers.at(answer).data);
  return {data, data + answers[answer].count};
}

std::shared_ptr<const serve::Catalog> catalog_of(const std::string& name, const std::string& path) {
  auto version = serve::load_version({name, 1, path}, 4, std::make_shared<serve::Counters>());
  if (!version) throw std::runtime_error(version.error().message());
  auto catalog = std::make_shared<serve::Catalog>();
  catalog->models[name] = {{*version}, std::make_shared<serve::Lane>()};
  return catalog;
}

}  // namespace mle::testing
