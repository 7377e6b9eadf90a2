// PyTorch files put together by hand: pickles in the text form of protocol 0.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/evaluate/evaluate.h"
#include "compiler/import/importer.h"
#include "compiler/problem.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mle::testing {

// The words of a tensor: float32 in storage `key` of `count` elements.
std::string tensor(const std::string& key, int count, int offset, const std::vector<int>& shape,
                   const std::vector<int>& strides, const std::string& kind = "FloatStorage");
std::string text(const std::string& word);
// A dict of texts and what stands for their values.
std::string dict(const std::vector<std::pair<std::string, std::string>>& entries);
// A module of torch.nn.modules with its parameters, children and other attributes.
std::string module(const std::string& name,
                   const std::vector<std::pair<std::string, std::string>>& parameters,
                   const std::vector<std::pair<std::string, std::string>>& children = {},
                   std::vector<std::pair<std::string, std::string>> attributes = {});

std::string raw(const std::vector<float>& elements);

// An archive of data.pkl and storages 0, 1, …
compiler::SourceFile checkpoint(const std::string& words, const std::vector<std::string>& storages);

// What the importer makes of it, or the text of its first problem.
struct Read {
  std::optional<compiler::Graph> graph;
  compiler::Problems problems;
  std::string problem() const {
    return problems.empty() ? "" : problems.kept()[0].where + ": " + problems.kept()[0].what;
  }
  compiler::Elements answer(const compiler::Elements& row) const;
};
Read read(const compiler::SourceFile& source, const std::string& architecture = "");

}  // namespace mle::testing
