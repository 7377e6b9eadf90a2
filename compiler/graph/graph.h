// Graph: what a model computes, between importer and emitter. Nodes are the primitive ops of the
// file format; names, facts and constants are those of the source.
// Promise: between passes a Graph satisfies every invariant in graph/check.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include "format/op_kinds.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mle::compiler {

using format::Act;
using format::BinaryFn;
using format::CompareFn;
using format::OpKind;
using format::ReduceFn;

using ValueId = uint32_t;
using NodeId = uint32_t;
inline constexpr uint32_t kNone = ~uint32_t{0};

enum class Rows : uint8_t {
  PerRow,  // any number of rows; dims are those of one row
  Whole,   // fixed; dims are all of them. Constants, every value of a model that is not row-wise,
           // and what a ReduceRows makes of all rows
};

using Dims = std::vector<uint32_t>;
uint64_t element_count(const Dims& dims);  // 1 for no dims

struct Fact {
  DType dtype = DType::F32;
  Rows rows = Rows::Whole;
  Dims dims;
  bool operator==(const Fact&) const = default;
};

// The elements of a constant. Shared, never changed; may borrow from a mapped source file, which
// `owner` then keeps alive. Weights stay as the source has them until they are packed: what says so
// is set for matrices alone, and read by stored.h.
struct Constant {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;  // row-major in the fact's dtype
  bool turned = false;               // column by column instead
  std::optional<DType> stored = {};  // f16, bf16 or f32 instead, which the fact's dtype widens

  static Constant from_bytes(std::vector<std::byte> bytes);
  static Constant from_f32(std::vector<float> elements);
  // Only for constants of that dtype, as they are; storage is suitably aligned.
  std::span<const float> f32() const;
  std::span<const double> f64() const;
};

// An input, a constant, or the output of exactly one node.
struct Value {
  std::string name;
  Fact fact;
  NodeId producer = kNone;  // kNone: input or constant
  bool is_input = false;
  bool is_constant = false;
  Constant constant;
};

// Attributes by kind: see format/README.md, "Ops". Dense: inputs x, w [K, N], then optionally b
// [N].
struct Node {
  OpKind kind = OpKind::None;
  Act act = Act::None;  // Dense (fused) and Unary
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<uint32_t> iattr;
  std::vector<double> fattr;
  std::vector<uint32_t> indices;     // a list of the kind's own: axes, a permutation, columns
  std::vector<std::string> strings;  // MapKeys and Labels: goes into the file's pool
  std::string name;                  // of the source model's node
};

// Arrays that an input takes beside [rows, dims]: format/mle.fbs has the same.
enum class Axes : uint8_t { AsDims, Flattened, Leading };

// What the rows that a model was fitted on say of a column.
struct Usual {
  double mean = 0, deviation = 1;
};

// An input or output as the world sees it.
struct GraphPort {
  ValueId value = kNone;
  std::string name;
  std::vector<std::string> features;  // one per column, or empty
  std::vector<std::string> labels;    // one per column, or empty
  uint32_t source_rows = 1;           // rows of the source's tensor in a row of this output
  Axes axes = Axes::AsDims;           // of an input
  // Of an output: what its values are among, column after column, and how many are each column's;
  // without counts all of them are every column's.
  std::vector<std::string> classes = {};
  std::vector<uint32_t> class_counts = {};
  // Of an input: what its columns usually are, as far as the source knows.
  std::vector<std::optional<Usual>> usual = {};
};

struct GraphEntry {
  std::string name;
  std::vector<GraphPort> inputs;
  std::vector<GraphPort> outputs;
};

// Where a model came from; goes into the file's provenance.
struct Origin {
  std::string format;     // "onnx"
  std::string file_name;  // last component only
  std::string framework;  // "pytorch"
  std::string framework_version;
};

class Graph {
 public:
  std::string name;
  Origin origin;
  std::vector<std::string> notes;   // what the importer assumed, for the user's eyes
  std::vector<GraphEntry> entries;  // at least one; the first is the default

  // Nodes in topological order: every input is defined by an earlier node, an input or a constant.
  std::vector<Node>& nodes() { return nodes_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  // References stay valid while values are added, until compact().
  const Value& value(ValueId id) const { return values_[id]; }
  Value& value(ValueId id) { return values_[id]; }
  size_t value_count() const { return values_.size(); }

  ValueId add_input(std::string value_name, Fact fact);
  ValueId add_constant(std::string value_name, DType dtype, Dims dims, Constant constant);
  ValueId add_f32(std::string value_name, Dims dims, std::vector<float> elements);
  // Appends a node with one output of that fact; returns the output.
  ValueId add_node(Node node, Fact output, std::string value_name = {});

  // Every use of `from` (node inputs and entry outputs) becomes a use of `to`.
  void replace_uses(ValueId from, ValueId to);
  // Number of node inputs that are `id`, plus one per entry output that is.
  size_t use_count(ValueId id) const;
  bool is_entry_output(ValueId id) const;
  // Whether an answer may depend on all rows of a call: there is a ReduceRows.
  bool rows_mix() const;
  // Drops nodes whose kind is None and every value nobody uses (inputs stay); renumbers.
  void compact();

 private:
  std::vector<Node> nodes_;
  std::deque<Value> values_;
};

}  // namespace mle::compiler
