// What a network computes, told beside its weights: a chain of layers from an architecture file
// ({"inputs": {"x": ["N", 24]}, "layers": [{"op": "linear", "weight": "0.weight", "bias":
// "0.bias"}, {"op": "relu"}]}).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/problem.h"

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mle::compiler::network {

struct Layer {
  std::string op;                              // "linear"
  std::map<std::string, std::string> tensors;  // "weight" → "0.weight"
  std::map<std::string, double> numbers;       // "eps" → 1e-5
  std::map<std::string, std::string> words;    // "approximate" → "tanh"

  double number(const std::string& name, double otherwise) const {
    const auto found = numbers.find(name);
    return found == numbers.end() ? otherwise : found->second;
  }
};

struct Architecture {
  std::string input = "x";
  std::string output = "y";
  Dims row;  // dims of one row of the input; empty: those of the first layer's weights
  std::vector<Layer> layers;
  std::vector<std::string> notes;  // what was assumed
};

// Reads an architecture file; says everything that is wrong with it.
std::optional<Architecture> parse_architecture(std::span<const std::byte> json, Problems& problems);

}  // namespace mle::compiler::network
