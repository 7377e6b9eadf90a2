// ProgramBuilder: the FlatBuffers program of one graph, part by part.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/emit/constant_pool.h"
#include "compiler/emit/emit.h"
#include "compiler/emit/plan_memory.h"
#include "compiler/graph/graph.h"
#include "format/file_writer.h"
#include "format/mle_generated.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace mle::compiler {

// A double as the schema stores it.
fb::Bits64 to_bits(double number);
fb::Bits64 to_bits(uint64_t number);

class ProgramBuilder {
 public:
  // `outside[v]`: value v is written straight into an output of the caller.
  ProgramBuilder(const Graph& graph, const std::vector<bool>& outside, bool narrow_weights);

  void add_inputs();
  void add_ops();
  void add_entries();
  void add_golden(size_t entry, const GoldenRows& golden);
  void add_source(const EmitOptions& options);
  // Names, arena, strings; fails when a limit of the format is reached.
  Status finish(const EmitOptions& options);

  const fb::ProgramT& program() const { return program_; }
  std::vector<format::SegmentSpec> take_segments();
  uint64_t required_features() const { return required_features_; }

 private:
  uint32_t add_name(std::string_view name);
  Constant string_indices(const Elements& elements);
  size_t add_tensor(ValueId id, fb::Place place);
  size_t constant_tensor(ValueId id, format::Layout layout);
  DType weights_dtype(const Value& weights) const;  // what the file has of a dense layer's
  size_t operand(const Node& node, size_t input);
  std::unique_ptr<fb::PortT> make_port(const GraphPort& port);
  fb::ModelT& model() { return *program_.models[0]; }

  const Graph& graph_;
  bool narrow_weights_;
  const std::vector<bool>& outside_;
  MemoryPlan plan_;
  format::StringPool strings_;
  ConstantPool constants_;
  format::SegmentSpec golden_{format::kGolden};
  std::vector<size_t> tensor_of_;    // by ValueId
  std::vector<size_t> twin_tensor_;  // tensor of the pool's content number
  fb::ProgramT program_;
  uint64_t required_features_ = 0;
};

}  // namespace mle::compiler
