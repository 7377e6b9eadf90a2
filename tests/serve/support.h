// What the tests of the server share: folders of small models, and requests that wait for their
// answer.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "serve/engine/engine.h"
#include "serve/engine/load_version.h"
#include "tests/serve/models.h"

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace mle::testing {

// A folder of its own, gone with it.
class ModelFolder {
 public:
  ModelFolder();
  ModelFolder(const ModelFolder&) = delete;
  ModelFolder& operator=(const ModelFolder&) = delete;
  ~ModelFolder();

  std::string path(const std::string& name = "") const { return (folder_ / name).native(); }
  // Puts a file there as a careful deployer would: written beside, then renamed.
  void put(const std::string& name, const AlignedBytes& file) const;
  void put_text(const std::string& name, const std::string& text) const;
  void remove(const std::string& name) const;

 private:
  std::filesystem::path folder_;
};

// One row of three floats by default.
class TestRequest final : public serve::Request {
 public:
  explicit TestRequest(const char* name, std::vector<float> x = {1, 2, 4});
  void done() noexcept override { answered_.set_value(); }
  // Waits for the answer.
  void wait() { answered_.get_future().wait(); }
  std::vector<float> floats(size_t answer = 0) const;

  std::vector<float> x;
  std::vector<int64_t> shape;

 private:
  std::promise<void> answered_;
};

// A catalog of one model of one version.
std::shared_ptr<const serve::Catalog> catalog_of(const std::string& name, const std::string& path);

}  // namespace mle::testing
