// The layers an architecture may name, and what each becomes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/network/architecture.h"
#include "compiler/import/network/weights.h"

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

namespace mle::compiler::network {

// A network under construction: the value that the next layer takes.
struct Building {
  Graph& graph;
  const Weights& weights;
  std::set<std::string, std::less<>>& used;  // names of tensors that a layer took
  ValueId value = kNone;
  DType dtype = DType::F32;  // of what is computed: f64 where weights are

  const Fact& fact() const { return graph.value(value).fact; }
  bool has(const Layer& layer, const char* role) const { return layer.tensors.contains(role); }
  // The tensor that a layer calls by that role.
  Result<const WeightTensor*> tensor(const Layer& layer, const char* role);
  // Its numbers; refuses another shape than `dims`, where given.
  Result<std::vector<double>> numbers(const Layer& layer, const char* role, const Dims* dims);
  // Rounded to the dtype.
  Result<ValueId> constant(std::string name, Dims dims, const std::vector<double>& elements);
  // A matrix [columns, rows] of the file as the [rows, columns] it is the transpose of, not copied.
  Result<ValueId> turned(const std::string& name, const WeightTensor& tensor);
  Status emit(Node node);
};

struct LayerKind {
  std::string_view name;
  std::initializer_list<std::string_view> tensors;
  std::initializer_list<std::string_view> parameters;
  Status (*build)(Building& building, const Layer& layer);

  bool is_tensor(std::string_view key) const;
  bool takes(std::string_view key) const;
};

const LayerKind* find_layer_kind(std::string_view name);
std::string layer_kinds_text();  // "batch_norm, dropout, elu …"

}  // namespace mle::compiler::network
