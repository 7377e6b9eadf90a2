// Files that were written once load in every build and answer as they did when they were written.
// SPDX-License-Identifier: Apache-2.0
#include <mle/model.h>

#include "format/file_view.h"
#include "golden/replay.h"
#include "runtime/kernels/kernels.h"
#include "tests/golden/answers.h"
#include "tests/support/tiny_models.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace mle::testing {
namespace {

const std::filesystem::path kFolder = MLE_TEST_GOLDEN;

std::map<std::string, uint64_t> recorded_sums() {
  std::ifstream file(kFolder / "bits.txt");
  std::map<std::string, uint64_t> sums;
  uint64_t sum;
  std::string name;
  while (file >> std::hex >> sum >> name) sums[name] = sum;
  REQUIRE_MESSAGE(file.eof(), "bits.txt: neither a sum and a name nor the end");
  return sums;
}

AlignedBytes read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  return AlignedBytes(std::as_bytes(std::span(bytes)));
}

TEST_CASE("golden files: every table with fused multiply-add answers with the recorded bits") {
  const kernels::Tables tables = kernels::available_tables();
  for (const auto& each : recorded_sums()) {
    const auto& name = each.first;
    const auto& sum = each.second;
    CAPTURE(name);
    for (size_t i = 0; i < tables.count; ++i) {
      if (!tables.begin[i]->fused) continue;
      const std::string isa = tables.begin[i]->isa;
      CAPTURE(isa);
      const auto answers = sum_of_answers(kFolder / name, isa);
      REQUIRE_MESSAGE(answers.has_value(), answers.error().message());
      CHECK(*answers == sum);
    }
  }
}

TEST_CASE("golden files: every table answers the rows inside them within their tolerance") {
  const kernels::Tables tables = kernels::available_tables();
  size_t replayed = 0;
  for (const auto& each : recorded_sums()) {
    const auto& name = each.first;
    CAPTURE(name);
    const AlignedBytes bytes = read(kFolder / name);
    const auto view = format::FileView::open(bytes.span());
    REQUIRE_MESSAGE(view.has_value(), view.error().message());
    for (size_t i = 0; i < tables.count; ++i) {
      const std::string isa = tables.begin[i]->isa;
      CAPTURE(isa);
      LoadOptions options;
      options.isa = isa;
      const Model model = Model::from_memory(bytes.span(), options).or_exit();
      const auto reports = golden::replay_golden(*view, model);
      REQUIRE_MESSAGE(reports.has_value(), reports.error().message());
      for (const golden::GoldenReport& report : *reports) {
        CHECK_MESSAGE(report.wrong == 0, report.first_wrong);
        replayed += report.rows;
      }
    }
  }
  CHECK(replayed > 100);
}

TEST_CASE("golden files: none is without a record, none is recorded and gone") {
  std::set<std::string> files, recorded;
  for (const auto& file : std::filesystem::directory_iterator(kFolder))
    if (file.path().extension() == ".mle") files.insert(file.path().filename());
  for (const auto& [name, sum] : recorded_sums()) recorded.insert(name);
  CHECK(files == recorded);
}

}  // namespace
}  // namespace mle::testing
