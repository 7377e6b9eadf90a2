// SPDX-License-Identifier: Apache-2.0
#include "tests/torch/support.h"

#include "compiler/import/torch/torch.h"
#include "tests/support/zip_file.h"

#include <doctest/doctest.h>

#include <span>

namespace mle::testing {

using namespace mle::compiler;

namespace {

std::string tuple(const std::vector<int>& numbers) {
  std::string words = "(";
  for (const int number : numbers) words += "I" + std::to_string(number) + "\n";
  return words + "t";
}

}  // namespace

std::string text(const std::string& word) { return "S'" + word + "'\n"; }

std::string tensor(const std::string& key, int count, int offset, const std::vector<int>& shape,
                   const std::vector<int>& strides, const std::string& kind) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + kind + "\n" +
         text(key) + text("cpu") + "I" + std::to_string(count) + "\ntQI" + std::to_string(offset) +
         "\n" + tuple(shape) + tuple(strides) + "I00\nNtR";
}

std::string dict(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string words = "(d";
  for (const auto& [key, value] : entries) words += text(key) + value + "s";
  return words;
}

std::string module(const std::string& name,
                   const std::vector<std::pair<std::string, std::string>>& parameters,
                   const std::vector<std::pair<std::string, std::string>>& children,
                   std::vector<std::pair<std::string, std::string>> attributes) {
  const size_t dot = name.rfind('.');
  attributes.emplace_back("_parameters", dict(parameters));
  attributes.emplace_back("_buffers", dict({}));
  attributes.emplace_back("_modules", dict(children));
  return "c" + name.substr(0, dot) + "\n" + name.substr(dot + 1) + "\n)\x81" + dict(attributes) +
         "b";
}

std::string raw(const std::vector<float>& elements) {
  return {reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(float)};
}

SourceFile checkpoint(const std::string& words, const std::vector<std::string>& storages) {
  std::vector<std::pair<std::string, std::string>> members = {{"m/data.pkl", words + "."}};
  for (size_t i = 0; i < storages.size(); ++i)
    members.emplace_back("m/data/" + std::to_string(i), storages[i]);
  const std::string file = zip_file(members);
  return SourceFile::from_bytes("m.pt", std::as_bytes(std::span(file.data(), file.size())));
}

Read read(const SourceFile& source, const std::string& architecture) {
  Read made;
  ImportOptions options;
  if (!architecture.empty())
    options.architecture =
        SourceFile::from_bytes("arch.json", std::as_bytes(std::span(architecture)));
  REQUIRE(torch::can_read(source));
  made.graph = torch::read(source, options, made.problems);
  CHECK(made.graph.has_value() == made.problems.empty());
  return made;
}

Elements Read::answer(const Elements& row) const {
  CAPTURE(problem());
  REQUIRE(graph.has_value());
  const auto answers = evaluate_outputs(*graph, {row}, 1);
  REQUIRE(answers);
  return answers->front();
}

}  // namespace mle::testing
