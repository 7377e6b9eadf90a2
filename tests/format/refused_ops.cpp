// Files with a wrong op list or memory plan. Ops of the MLP: 0 Dense, 1 Dense, 2 Softmax; tensors:
// 0 input, 1 hidden, 2 scores, 3 output, 4 … 7 constants.
// SPDX-License-Identifier: Apache-2.0
#include "format/limits.h"
#include "format/op_kinds.h"
#include "format/rules.h"
#include "tests/format/refusals.h"

namespace mle::testing {
namespace {

using namespace format;
using namespace format::rule;
using fb::OpKind;
using fb::OpT;

constexpr size_t kHidden = 1, kScores = 2;

template <class Change>
Refusal op(int rule, const char* what, size_t index, Change change) {
  return changed(rule, what, tiny_mlp, [index, change](TinyModel& m) { change(m.op(index)); });
}

// x → a → b → y, element by element over 100 columns; a at 0, b behind it.
TinyModel chain(OpKind second) {
  TinyModel m;
  const uint16_t x = m.add_input("x", {100});
  const uint16_t a = m.add_arena("a", {100});
  const uint16_t b = m.add_arena("b", {100});
  const uint16_t y = m.add_output("y", {100});
  m.add_op(OpKind::Unary, {x}, a);
  fb::OpT& op = m.add_op(second, {a}, b);
  if (second == OpKind::Slice) op.iattr = {0, 0, 1};
  m.add_op(OpKind::Unary, {b}, y);
  m.add_entry("predict", {x}, {y});
  return m;
}

TinyModel unary_chain() { return chain(OpKind::Unary); }
TinyModel slice_chain() { return chain(OpKind::Slice); }

// As unary_chain(), but a is read once more after b is written.
TinyModel skip_chain() {
  TinyModel m = unary_chain();
  m.op(2).kind = OpKind::Binary;
  m.op(2).iattr = {0};
  m.op(2).inputs = {1, 2};
  return m;
}

// y = c ? x : x with the condition computed; the answer would be written over the condition.
TinyModel select_over_condition() {
  TinyModel m;
  const uint16_t x = m.add_input("x", {10});
  const uint16_t c = m.add_arena("c", {10});
  const uint16_t s = m.add_arena("s", {10});
  const uint16_t y = m.add_output("y", {10});
  m.tensor(c).dtype = fb::DType::Bool;
  m.add_op(OpKind::Compare, {x, x}, c).iattr = {0};
  m.add_op(OpKind::Select, {c, x, x}, s);
  m.add_op(OpKind::Unary, {s}, y);
  m.add_entry("predict", {x}, {y});
  m.tensor(s).offset = m.tensor(c).offset;
  return m;
}

// b is a row of one column stretched over a's; the sum would be written over it.
TinyModel broadcast_in_place() {
  TinyModel m;
  const uint16_t x = m.add_input("x", {1});
  const uint16_t b = m.add_arena("b", {1});
  const uint16_t s = m.add_arena("s", {1, 1});
  const uint16_t y = m.add_output("y", {1, 1});
  m.add_op(OpKind::Unary, {x}, b);
  const uint16_t one = m.add_constant("one", {1, 1}, std::vector<float>{1});
  m.add_op(OpKind::Binary, {b, one}, s).iattr = {0};
  m.add_op(OpKind::Unary, {s}, y);
  m.add_entry("predict", {x}, {y});
  m.tensor(s).offset = m.tensor(b).offset;
  return m;
}

}  // namespace

std::vector<Refusal> op_refusals() {
  return {
      op(V40_UnknownOp, "no kind", 0, [](OpT& o) { o.kind = OpKind::None; }),
      op(V40_UnknownOp, "a kind from the future", 0,
         [](OpT& o) { o.kind = OpKind(format::kOpKindCount); }),
      op(V40_UnknownOp, "version 2", 2, [](OpT& o) { o.version = 2; }),
      op(V40_UnknownOp, "version 0", 2, [](OpT& o) { o.version = 0; }),
      op(V32_Enum, "an activation from the future", 0,
         [](OpT& o) { o.act = fb::Act(format::kActCount); }),
      op(V32_Enum, "an op flag", 0, [](OpT& o) { o.flags = 1; }),
      op(V41_Arity, "a dense layer without weights", 0, [](OpT& o) { o.inputs = {0}; }),
      op(V41_Arity, "a dense layer with two biases", 0, [](OpT& o) { o.inputs.push_back(5); }),
      op(V41_Arity, "a softmax of nothing", 2, [](OpT& o) { o.inputs.clear(); }),
      op(V41_Arity, "no output", 2, [](OpT& o) { o.outputs.clear(); }),
      op(V41_Arity, "two outputs", 1, [](OpT& o) { o.outputs.push_back(3); }),
      op(V42_TensorIndex, "an input that is no tensor", 2, [](OpT& o) { o.inputs = {8}; }),
      op(V42_TensorIndex, "an output that is no tensor", 2, [](OpT& o) { o.outputs = {65535}; }),
      op(V43_Output, "writes an input", 2, [](OpT& o) { o.outputs = {0}; }),
      op(V43_Output, "writes a constant", 2, [](OpT& o) { o.outputs = {7}; }),
      changed(V43_Output, "written twice", unary_chain,
              [](TinyModel& m) { m.op(2).outputs = {1}; }),
      op(V44_Order, "reads its own output", 2, [](OpT& o) { o.inputs = {3}; }),
      op(V44_Order, "reads what a later op writes", 0, [](OpT& o) { o.inputs[0] = kScores; }),
      changed(V44_Order, "two ops in the wrong order", unary_chain,
              [](TinyModel& m) { std::swap(m.model().ops[1], m.model().ops[2]); }),
      changed(V44_Order, "reads an arena tensor nobody writes", unary_chain,
              [](TinyModel& m) { m.op(2).inputs = {m.add_arena("loose", {100})}; }),
      op(V46_Attributes, "an index list", 2, [](OpT& o) { o.indices = {0}; }),
      changed(V48_InPlace, "a dense layer over its input", tiny_mlp,
              [](TinyModel& m) { m.tensor(kScores).offset = m.tensor(kHidden).offset; }),
      changed(V48_InPlace, "a slice over its input", slice_chain,
              [](TinyModel& m) { m.tensor(2).offset = m.tensor(1).offset; }),
      changed(V48_InPlace, "numbers over a condition", select_over_condition, [](TinyModel&) {}),
      changed(V48_InPlace, "a result over an operand of other dims", broadcast_in_place,
              [](TinyModel&) {}),
      changed(V50_ArenaPlace, "an odd place in the arena", unary_chain,
              [](TinyModel& m) {
                m.tensor(2).offset += 32;
                m.model().arena_bytes += 64;
              }),
      changed(V50_ArenaPlace, "ends behind the arena", unary_chain,
              [](TinyModel& m) { m.model().arena_bytes -= 64; }),
      changed(V50_ArenaPlace, "a place whose end overflows", unary_chain,
              [](TinyModel& m) { m.tensor(2).offset = ~uint64_t{0} - 63; }),
      changed(V51_ArenaSize, "an arena beyond the limit", unary_chain,
              [](TinyModel& m) { m.model().arena_bytes = kMaxArenaBytes + 64; }),
      changed(V51_ArenaSize, "an arena aligned to 48", unary_chain,
              [](TinyModel& m) { m.model().arena_align = 48; }),
      changed(V51_ArenaSize, "an arena aligned to 32", unary_chain,
              [](TinyModel& m) { m.model().arena_align = 32; }),
      changed(V51_ArenaSize, "an arena aligned to nothing", unary_chain,
              [](TinyModel& m) { m.model().arena_align = 0; }),
      changed(V52_ArenaOverlap, "an output that begins in its input", unary_chain,
              [](TinyModel& m) { m.tensor(2).offset = 64; }),
      changed(V52_ArenaOverlap, "in place over a value that is read later", skip_chain,
              [](TinyModel& m) { m.tensor(2).offset = m.tensor(1).offset; }),
      changed(V54_Rows, "an op over constants in a model of rows", tiny_mlp,
              [](TinyModel& m) { m.op(2).inputs = {7}; }),
  };
}

}  // namespace mle::testing
