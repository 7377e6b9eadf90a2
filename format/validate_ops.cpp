// Each op in order: known, complete, reading only what is there, writing what nobody else writes,
// and true to the rule of its kind (V40 … V46, V54, V55).
// SPDX-License-Identifier: Apache-2.0
#include "format/limits.h"
#include "format/op_rules.h"
#include "format/validation.h"

namespace mle::format {
namespace {

constexpr uint16_t kOpVersion = 1;  // of every kind so far
// Each operand is met several times, with all its dims; a step is meant to take a nanosecond or
// two.
constexpr uint64_t kStepsPerOperand = 32;

Status check_known(Validation& v, size_t index, const fb::Op& op) noexcept {
  if (op.kind() == fb::OpKind::None || op.kind() > fb::OpKind::MAX) {
    return refuse(Code::Unsupported, rule::V40_UnknownOp, v.at(&op),
                  "%s: this version knows no kind %u", v.op_name(index).text,
                  static_cast<unsigned>(op.kind()));
  }
  if (op.version() != kOpVersion) {
    return refuse(Code::Unsupported, rule::V40_UnknownOp, v.at(&op),
                  "%s: %s in version %u, known is %u", v.op_name(index).text,
                  fb::EnumNameOpKind(op.kind()), unsigned{op.version()}, unsigned{kOpVersion});
  }
  if (op.act() > fb::Act::MAX || op.flags() != 0) {
    return refuse(Code::Corrupt, rule::V32_Enum, v.at(&op), "%s: activation %u, flags %u",
                  v.op_name(index).text, static_cast<unsigned>(op.act()), unsigned{op.flags()});
  }
  return {};
}

Status check_operands(Validation& v, const OpUnderTest& test, const fb::Op& op,
                      const Writers& writers) noexcept {
  const auto inputs = span_of(op.inputs());
  const auto outputs = span_of(op.outputs());
  const Arity arity = arity_of(static_cast<OpKind>(op.kind()));
  if (inputs.size() < arity.fewest || inputs.size() > arity.most || outputs.size() != 1) {
    return test.bad(rule::V41_Arity, "has %zu inputs and %zu outputs", inputs.size(),
                    outputs.size());
  }
  const auto tensors = v.tensors;
  for (const auto& operands : {inputs, outputs}) {
    for (const uint16_t t : operands) {
      if (t >= tensors.size()) {
        return test.bad(rule::V42_TensorIndex, "names tensor %u, the model has %zu", unsigned{t},
                        tensors.size());
      }
    }
  }
  const uint16_t out = outputs[0];
  const fb::Place place = tensors[out].place;
  if (place != fb::Place::Arena && place != fb::Place::Output) {
    return test.bad(rule::V43_Output, "writes %s, which is an %s", v.tensor_name(out).text,
                    fb::EnumNamePlace(place));
  }
  if (writers[out] != kNoOp) {
    return test.bad(rule::V43_Output, "writes %s, as op %u does", v.tensor_name(out).text,
                    writers[out] - 1);
  }
  for (const uint16_t t : inputs) {
    const fb::Place from = tensors[t].place;
    if (from == fb::Place::Input || from == fb::Place::Constant || writers[t] != kNoOp) continue;
    return test.bad(rule::V44_Order, "reads %s, which no earlier op writes", v.tensor_name(t).text);
  }
  return {};
}

// A row's answer may depend on its own row only, so the fact follows the data; but for the one kind
// that makes of all rows one value.
Status check_rows(const OpUnderTest& test, OpKind kind) noexcept {
  if (kind == OpKind::ReduceRows) {
    if (test.input(0).per_row && !test.output().per_row) return {};
    return test.bad(rule::V54_Rows, "makes %s of %s, must make Whole of PerRow",
                    test.output().per_row ? "PerRow" : "Whole",
                    test.input(0).per_row ? "PerRow" : "Whole");
  }
  bool per_row = false;
  for (size_t i = 0; i < test.input_count(); ++i) per_row |= test.input(i).per_row;
  if (per_row == test.output().per_row) return {};
  return test.bad(rule::V54_Rows, "its output is %s, its inputs make it %s",
                  test.output().per_row ? "PerRow" : "Whole", per_row ? "PerRow" : "Whole");
}

Status check_op(Validation& v, size_t index, const fb::Op& op, const Writers& writers) noexcept {
  MLE_TRY(v.spend(kStepsPerOperand * (1 + uint64_t{count_of(op.inputs())}) +
                  count_of(op.outputs()) + count_of(op.iattr()) + count_of(op.fattr()) +
                  count_of(op.indices())));
  MLE_TRY(v.check_name(op.name(), &op, "an op"));
  MLE_TRY(check_known(v, index, op));
  const OpUnderTest test(v, index, op);
  MLE_TRY(check_operands(v, test, op, writers));
  if (count_of(op.indices()) != 0 && !takes_indices(static_cast<OpKind>(op.kind()))) {
    return test.bad(rule::V46_Attributes, "has an index list, its kind takes none");
  }
  MLE_TRY(check_op_rule(static_cast<OpKind>(op.kind()), test));
  return check_rows(test, static_cast<OpKind>(op.kind()));
}

// V55. Each op over all rows may cost another walk over them. Where the header does not say that
// rows mix, V54 refuses such an op.
Status check_mixing(Validation& v, uint32_t mixing) noexcept {
  if (v.rows_mix() && mixing == 0) {
    return refuse(Code::Corrupt, rule::V55_RowsMix, v.at(&v.model),
                  "the model: the header says that rows mix, but no op takes them together");
  }
  if (mixing <= kMaxReduceRows) return {};
  return refuse(Code::Unsupported, rule::V55_RowsMix, v.at(&v.model),
                "the model: has %u ops over all rows, at most %u are allowed", mixing,
                kMaxReduceRows);
}

}  // namespace

Status check_ops(Validation& v, Writers& writers) noexcept {
  MLE_TRY(writers.make(v, v.tensors.size()));
  const auto& ops = *v.model.ops();
  uint32_t mixing = 0;
  for (uint32_t i = 0; i < ops.size(); ++i) {
    const fb::Op& op = *ops.Get(i);
    MLE_TRY(check_op(v, i, op, writers));
    writers[op.outputs()->Get(0)] = i + 1;
    mixing += op.kind() == fb::OpKind::ReduceRows ? 1 : 0;
  }
  return check_mixing(v, mixing);
}

}  // namespace mle::format
