// Files with an op that breaks the rule of its kind: one correct op per kind, then each thing that
// can be wrong with it. In these models tensor 0 is the input and tensor 1 the output.
// SPDX-License-Identifier: Apache-2.0
#include "format/layout.h"
#include "format/rules.h"
#include "tests/format/one_op.h"
#include "tests/format/refusals.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace mle::testing {
namespace {

using namespace format::rule;
using fb::DType;
using fb::Layout;

constexpr size_t kX = 0, kY = 1, kA = 2, kB = 3;

fb::Bits64 bits(double number) {
  uint64_t pattern;
  std::memcpy(&pattern, &number, sizeof pattern);
  return {static_cast<uint32_t>(pattern), static_cast<uint32_t>(pattern >> 32)};
}

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void widen(TinyModel& m, size_t index) { m.tensor(index).dims.back() += 1; }
void as_f64(TinyModel& m, size_t index) { m.tensor(index).dtype = DType::F64; }

// A constant of the model as a packed one: the first operand that is not a dense weight must be
// Plain.
void pack_operand(TinyModel& m, size_t index) {
  m.tensor(index).dims = {1, 4};
  m.tensor(index).layout = Layout::Panel16;
  m.tensor(index).bytes = 64;
  m.required_features = format::kFeaturePanel16;
}

}  // namespace

std::vector<Refusal> op_rule_refusals() {
  using M = TinyModel;
  return {
      // Dense
      changed(V45_Shapes, "Dense: x narrower than w", one_dense, [](M& m) { widen(m, kX); }),
      changed(V45_Shapes, "Dense: x without columns", one_dense,
              [](M& m) { m.tensor(kX).dims.clear(); }),
      changed(V45_Shapes, "Dense: output wider than w", one_dense, [](M& m) { widen(m, kY); }),
      changed(V45_Shapes, "Dense: output of another rank", one_dense,
              [](M& m) { m.tensor(kY).dims = {2}; }),
      changed(V45_Shapes, "Dense: output with other rows", one_dense,
              [](M& m) { m.tensor(kY).dims[0] = 5; }),
      changed(V45_Shapes, "Dense: w not packed", one_dense,
              [](M& m) {
                m.tensor(kA).layout = Layout::Plain;
                m.tensor(kA).bytes = 24;
              }),
      changed(V45_Shapes, "Dense: w packed as its sums do not go", one_dense,
              [](M& m) {
                fb::TensorT& w = m.tensor(kA);
                const bool lanes = w.layout == Layout::Lanes16;
                w.layout = lanes ? Layout::Panel16 : Layout::Lanes16;
                m.required_features = format::kFeaturePanel16 | format::kFeatureLanes16;
                w.bytes = 4 * format::packed_elements(
                                  lanes ? format::Layout::Panel16 : format::Layout::Lanes16, 3, 2);
                m.weights.resize(m.weights.size() + 192);
                m.tensor(kB).offset += 192;
              }),
      changed(V45_Shapes, "Dense: w a vector", one_dense,
              [](M& m) {
                m.tensor(kA).dims = {6};
                m.tensor(kA).layout = Layout::Plain;
                m.tensor(kA).bytes = 24;
              }),
      changed(V45_Shapes, "Dense: w no constant", one_dense,
              [](M& m) {
                m.op(0).inputs[1] = m.add_input("w", {3, 2});
              }),
      changed(V45_Shapes, "Dense: b of another length", one_dense,
              [](M& m) {
                m.tensor(kB).dims = {1};
                m.tensor(kB).bytes = 4;
              }),
      changed(V45_Shapes, "Dense: b a matrix", one_dense,
              [](M& m) {
                m.tensor(kB).dims = {1, 2};
              }),
      changed(V45_Shapes, "Dense: b no constant", one_dense,
              [](M& m) { m.op(0).inputs[2] = m.add_input("b", {2}); }),
      changed(V45_Shapes, "Dense: x in f64", one_dense, [](M& m) { as_f64(m, kX); }),
      changed(V45_Shapes, "Dense: output in f64", one_dense, [](M& m) { as_f64(m, kY); }),
      changed(V45_Shapes, "Dense: b of whole numbers", one_dense,
              [](M& m) { m.tensor(kB).dtype = DType::I32; }),
      changed(V46_Attributes, "Dense: an integer attribute that is none", one_dense,
              [](M& m) { m.op(0).iattr = {2}; }),
      changed(V46_Attributes, "Dense: alpha without beta", one_dense,
              [](M& m) { m.op(0).fattr = {bits(1)}; }),
      changed(V46_Attributes, "Dense: alpha not a number", one_dense,
              [](M& m) {
                m.op(0).fattr = {bits(kNaN), bits(0)};
              }),
      changed(V46_Attributes, "Dense: beta beyond f32", one_dense,
              [](M& m) {
                m.op(0).fattr = {bits(1), bits(1e300)};
              }),
      // Dense with weights in fewer bits
      changed(V33_Layout, "Dense: i8 weights packed as f16 ones are", one_dense_f16,
              [](M& m) { m.tensor(kA).dtype = DType::I8; }),
      changed(V33_Layout, "Dense: bf16 weights without that feature", one_dense_bf16,
              [](M& m) { m.required_features = format::kFeaturePanel16; }),
      changed(V33_Layout, "Dense: i8 weights without that feature", one_dense_i8,
              [](M& m) { m.required_features = format::kFeaturePanel16; }),
      changed(V31_TensorBytes, "Dense: bf16 weights without the padding of k", one_dense_bf16,
              [](M& m) { m.tensor(kA).bytes = 5 * 32 * 2; }),
      changed(V45_Shapes, "Dense: f16 weights that are not packed", one_dense_f16,
              [](M& m) {
                m.tensor(kA).layout = Layout::Plain;
                m.tensor(kA).bytes = 200;
              }),
      changed(V45_Shapes, "Dense: i8 weights that are not packed", one_dense_i8,
              [](M& m) {
                m.tensor(kA).layout = Layout::Plain;
                m.tensor(kA).bytes = 100;
              }),
      changed(V45_Shapes, "Dense: weights of u8", one_dense_i8,
              [](M& m) {
                m.tensor(kA).dtype = DType::U8;
                m.tensor(kA).layout = Layout::Plain;
                m.tensor(kA).bytes = 100;
              }),
      changed(V45_Shapes, "Dense: f16 weights of a layer in f64", one_dense_f16,
              [](M& m) {
                as_f64(m, kX);
                as_f64(m, kY);
                as_f64(m, kB);
                m.tensor(kB).bytes *= 2;
                m.weights.resize(m.weights.size() + 128);
              }),
      changed(V45_Shapes, "Dense: bf16 weights too narrow for panels", one_dense_bf16,
              [](M& m) {
                m.tensor(kA).dims = {5, 4};
                m.tensor(kA).bytes = 6 * 16 * 2;
                m.tensor(kY).dims = {4, 4};
                m.tensor(kB).dims = {4};
                m.tensor(kB).bytes = 16;
              }),
      changed(V45_Shapes, "Dense: bias in f16", one_dense_f16,
              [](M& m) {
                m.tensor(kB).dtype = DType::F16;
                m.tensor(kB).bytes = 40;
              }),
      changed(V45_Shapes, "Dense: x in f16", one_dense_f16,
              [](M& m) { m.tensor(kX).dtype = DType::F16; }),
      // Dense in whole numbers
      changed(V46_Attributes, "Dense: rows in other bits", one_dense_rows_i8,
              [](M& m) { m.op(0).iattr = {2}; }),
      changed(V46_Attributes, "Dense: rows in 8 bits twice", one_dense_rows_i8,
              [](M& m) {
                m.op(0).iattr = {1, 1};
              }),
      changed(V46_Attributes, "Dense: an activation behind whole numbers", one_dense_rows_i8,
              [](M& m) { m.op(0).act = fb::Act::Relu; }),
      changed(V45_Shapes, "Dense: whole numbers without sums", one_dense_rows_i8,
              [](M& m) { m.op(0).inputs.pop_back(); }),
      changed(V45_Shapes, "Dense: sums in f32", one_dense_rows_i8,
              [](M& m) { m.tensor(kB).dtype = DType::F32; }),
      changed(V45_Shapes, "Dense: sums of too few columns", one_dense_rows_i8,
              [](M& m) {
                m.tensor(kB).dims = {19};
                m.tensor(kB).bytes = 76;
              }),
      changed(V45_Shapes, "Dense: rows in 8 bits by f16 weights", one_dense_f16,
              [](M& m) { m.op(0).iattr = {1}; }),
      changed(V45_Shapes, "Dense: sums in whole numbers that may be too large", one_dense_rows_i8,
              [](M& m) {
                m.tensor(kX).dims = {4, 65537};
                m.tensor(kA).dims = {65537, 20};
                m.tensor(kA).bytes = 65540 * 32;
                m.weights.resize(m.weights.size() + 65540 * 32);
                m.tensor(kA).offset = m.weights.size() - 65540 * 32;
              }),
      // Dense of rows in bf16
      changed(V45_Shapes, "Dense: rows in bf16 without their feature bit", one_dense_rows_bf16,
              [](M& m) { m.required_features &= ~format::kFeatureBf16Rows; }),
      changed(V45_Shapes, "Dense: rows in bf16 by f16 weights", one_dense_f16,
              [](M& m) {
                m.tensor(kX).dtype = DType::BF16;
                m.required_features |= format::kFeatureBf16Rows;
              }),
      changed(V45_Shapes, "Dense: rows in bf16 and sums, too", one_dense_rows_bf16,
              [](M& m) { m.tensor(kY).dtype = DType::BF16; }),
      changed(V45_Shapes, "Dense: rows in bf16 and a bias in bf16", one_dense_rows_bf16,
              [](M& m) {
                m.tensor(kB).dtype = DType::BF16;
                m.tensor(kB).bytes = 40;
              }),
      changed(V45_Shapes, "Dense: rows in bf16 in whole numbers", one_dense_rows_i8,
              [](M& m) {
                m.tensor(kX).dtype = DType::BF16;
                m.required_features |= format::kFeatureBf16Rows;
              }),
      // Unary
      changed(V45_Shapes, "Unary: other dims", one_unary, [](M& m) { widen(m, kY); }),
      changed(V45_Shapes, "Unary: a bool output", one_unary,
              [](M& m) { m.tensor(kY).dtype = DType::Bool; }),
      changed(V45_Shapes, "Unary: an f64 input", one_unary, [](M& m) { as_f64(m, kX); }),
      changed(V46_Attributes, "Unary: three parameters", one_unary,
              [](M& m) { m.op(0).fattr.assign(3, bits(1)); }),
      changed(V46_Attributes, "Unary: an infinite parameter", one_unary,
              [](M& m) { m.op(0).fattr.assign(2, bits(HUGE_VAL)); }),
      // Binary
      changed(V45_Shapes, "Binary: output wider than the broadcast", one_binary,
              [](M& m) { widen(m, kY); }),
      changed(V45_Shapes, "Binary: output of higher rank", one_binary,
              [](M& m) { m.tensor(kY).dims.insert(m.tensor(kY).dims.begin(), 1); }),
      changed(V45_Shapes, "Binary: output of lower rank", one_binary,
              [](M& m) { m.tensor(kY).dims = {4}; }),
      changed(V45_Shapes, "Binary: dims that do not broadcast", one_binary,
              [](M& m) {
                m.tensor(kA).dims = {3};
                m.tensor(kA).bytes = 12;
              }),
      changed(V45_Shapes, "Binary: a packed operand", one_binary,
              [](M& m) { pack_operand(m, kA); }),
      changed(V45_Shapes, "Binary: an operand in f64", one_binary, [](M& m) { as_f64(m, kX); }),
      changed(V46_Attributes, "Binary: no function", one_binary,
              [](M& m) { m.op(0).iattr.clear(); }),
      changed(V46_Attributes, "Binary: function 15", one_binary,
              [](M& m) { m.op(0).iattr = {15}; }),
      changed(V46_Attributes, "Binary: an activation", one_binary,
              [](M& m) { m.op(0).act = fb::Act::Relu; }),
      changed(V46_Attributes, "Binary: a float attribute", one_binary,
              [](M& m) { m.op(0).fattr = {bits(1)}; }),
      changed(V45_Shapes, "Binary: bits of f32", one_binary, [](M& m) { m.op(0).iattr = {8}; }),
      // Compare
      changed(V45_Shapes, "Compare: an f32 output", one_compare,
              [](M& m) { m.tensor(kY).dtype = DType::F32; }),
      changed(V45_Shapes, "Compare: other dims", one_compare, [](M& m) { widen(m, kY); }),
      changed(V45_Shapes, "Compare: whole numbers", one_compare,
              [](M& m) { m.tensor(kX).dtype = DType::I32; }),
      changed(V46_Attributes, "Compare: function 6", one_compare,
              [](M& m) { m.op(0).iattr = {6}; }),
      // Select
      changed(V45_Shapes, "Select: a condition in f32", one_select,
              [](M& m) { m.tensor(kX).dtype = DType::F32; }),
      changed(V45_Shapes, "Select: other dims", one_select, [](M& m) { widen(m, kY); }),
      changed(V45_Shapes, "Select: a bool output", one_select,
              [](M& m) { m.tensor(kY).dtype = DType::Bool; }),
      changed(V45_Shapes, "Select: a choice of bools", one_select,
              [](M& m) { m.op(0).inputs[2] = kX; }),
      changed(V46_Attributes, "Select: an attribute", one_select,
              [](M& m) { m.op(0).iattr = {0}; }),
      // Scale
      changed(V45_Shapes, "Scale: other dims", one_scale, [](M& m) { widen(m, kY); }),
      changed(V45_Shapes, "Scale: factors for other columns", one_scale,
              [](M& m) {
                m.tensor(kA).dims = {3};
                m.tensor(kA).bytes = 12;
              }),
      changed(V45_Shapes, "Scale: a matrix of offsets", one_scale,
              [](M& m) {
                m.tensor(kB).dims = {1, 4};
              }),
      changed(V45_Shapes, "Scale: factors that are no constant", one_scale,
              [](M& m) { m.op(0).inputs[1] = m.add_input("s", {4}); }),
      changed(V45_Shapes, "Scale: a row without columns", one_scale,
              [](M& m) {
                m.tensor(kX).dims.clear();
                m.tensor(kY).dims.clear();
              }),
      changed(V46_Attributes, "Scale: an attribute", one_scale,
              [](M& m) { m.op(0).fattr = {bits(1)}; }),
      // Clip
      changed(V45_Shapes, "Clip: other dims", one_clip, [](M& m) { widen(m, kY); }),
      changed(V46_Attributes, "Clip: one bound", one_clip, [](M& m) { m.op(0).fattr.pop_back(); }),
      changed(V46_Attributes, "Clip: a bound that is NaN", one_clip,
              [](M& m) { m.op(0).fattr[1] = bits(kNaN); }),
      changed(V46_Attributes, "Clip: a bound beyond f32", one_clip,
              [](M& m) { m.op(0).fattr[0] = bits(-1e300); }),
      // Softmax, LogSoftmax
      changed(V45_Shapes, "Softmax: other dims", one_softmax, [](M& m) { widen(m, kY); }),
      changed(V45_Shapes, "LogSoftmax: f64", one_log_softmax, [](M& m) { as_f64(m, kX); }),
      changed(V46_Attributes, "Softmax: an axis beyond the rank", one_softmax,
              [](M& m) { m.op(0).iattr = {2}; }),
      changed(V46_Attributes, "LogSoftmax: a huge axis", one_log_softmax,
              [](M& m) { m.op(0).iattr = {~uint32_t{0}}; }),
      changed(V46_Attributes, "Softmax: of a number", one_softmax,
              [](M& m) {
                m.tensor(kX).dims.clear();
                m.tensor(kY).dims.clear();
              }),
      changed(V46_Attributes, "Softmax: no axis", one_softmax, [](M& m) { m.op(0).iattr.clear(); }),
      // Concat
      changed(V45_Shapes, "Concat: output too short", one_concat,
              [](M& m) { m.tensor(kY).dims[1] -= 1; }),
      changed(V45_Shapes, "Concat: inputs of other rank", one_concat,
              [](M& m) {
                m.tensor(kA).dims = {4};
                m.tensor(kA).bytes = 16;
              }),
      changed(V45_Shapes, "Concat: inputs that differ elsewhere", one_concat,
              [](M& m) {
                m.tensor(kA).dims = {1, 4};
                m.tensor(kA).bytes = 16;
              }),
      changed(V45_Shapes, "Concat: a sum that wraps at 32 bits", one_concat,
              [](M& m) {
                m.tensor(kX).dims = {2, 1 << 24};
                m.tensor(kY).dims = {2, 1};
                m.op(0).inputs.assign(256, 0);
                m.op(0).inputs.push_back(2);
                m.tensor(kA).dims = {2, 1};
                m.tensor(kA).bytes = 8;
              }),
      changed(V45_Shapes, "Concat: of two dtypes", one_concat, [](M& m) { as_f64(m, kX); }),
      changed(V45_Shapes, "Concat: into another dtype", one_concat, [](M& m) { as_f64(m, kY); }),
      changed(V45_Shapes, "Concat: a packed operand", one_concat,
              [](M& m) { pack_operand(m, kA); }),
      changed(V46_Attributes, "Concat: an axis beyond the rank", one_concat,
              [](M& m) { m.op(0).iattr = {2}; }),
      // Slice
      changed(V45_Shapes, "Slice: differs elsewhere", one_slice,
              [](M& m) { m.tensor(kY).dims[0] = 1; }),
      changed(V45_Shapes, "Slice: another rank", one_slice, [](M& m) { m.tensor(kY).dims = {2}; }),
      changed(V45_Shapes, "Slice: another dtype", one_slice, [](M& m) { as_f64(m, kY); }),
      changed(V46_Attributes, "Slice: ends behind the axis", one_slice,
              [](M& m) {
                m.op(0).iattr = {1, 2, 2};
              }),
      changed(V46_Attributes, "Slice: steps of nothing", one_slice,
              [](M& m) {
                m.op(0).iattr = {1, 0, 0};
              }),
      changed(V46_Attributes, "Slice: an end that wraps at 32 bits", one_slice,
              [](M& m) {
                m.op(0).iattr = {1, 2, ~uint32_t{0}};
              }),
      changed(V46_Attributes, "Slice: an axis beyond the rank", one_slice,
              [](M& m) {
                m.op(0).iattr = {2, 0, 1};
              }),
      changed(V46_Attributes, "Slice: no step", one_slice, [](M& m) { m.op(0).iattr.pop_back(); }),
      // Reshape
      changed(V45_Shapes, "Reshape: another count", one_reshape, [](M& m) { widen(m, kY); }),
      changed(V45_Shapes, "Reshape: another dtype", one_reshape, [](M& m) { as_f64(m, kY); }),
      changed(V46_Attributes, "Reshape: an attribute", one_reshape,
              [](M& m) { m.op(0).iattr = {0}; }),
      // ArgMax
      changed(V45_Shapes, "ArgMax: an f32 output", one_argmax,
              [](M& m) { m.tensor(kY).dtype = DType::F32; }),
      changed(V45_Shapes, "ArgMax: keeps what it should drop", one_argmax,
              [](M& m) {
                m.tensor(kY).dims = {2, 1};
              }),
      changed(V45_Shapes, "ArgMax: drops what it should keep", one_argmax,
              [](M& m) { m.op(0).iattr[2] = 1; }),
      changed(V45_Shapes, "ArgMax: keeps more than one", one_argmax,
              [](M& m) {
                m.op(0).iattr[2] = 1;
                m.tensor(kY).dims = {2, 2};
              }),
      changed(V46_Attributes, "ArgMax: last is 2", one_argmax, [](M& m) { m.op(0).iattr[1] = 2; }),
      changed(V46_Attributes, "ArgMax: keep is 2", one_argmax, [](M& m) { m.op(0).iattr[2] = 2; }),
      changed(V46_Attributes, "ArgMax: an axis beyond the rank", one_argmax,
              [](M& m) { m.op(0).iattr[0] = 2; }),
      // Cast
      changed(V45_Shapes, "Cast: other dims", one_cast, [](M& m) { widen(m, kY); }),
      changed(V45_Shapes, "Cast: to strings", one_cast,
              [](M& m) { m.tensor(kY).dtype = DType::Str; }),
      changed(V45_Shapes, "Cast: from strings", one_cast,
              [](M& m) { m.tensor(kX).dtype = DType::Str; }),
      changed(V46_Attributes, "Cast: an attribute", one_cast, [](M& m) { m.op(0).iattr = {0}; }),
      changed(V46_Attributes, "Cast: an activation", one_cast,
              [](M& m) { m.op(0).act = fb::Act::Abs; }),
      // MapKeys
      changed(V45_Shapes, "MapKeys: other dims", one_map_keys, [](M& m) { widen(m, kY); }),
      changed(V45_Shapes, "MapKeys: into f32", one_map_keys,
              [](M& m) { m.tensor(kY).dtype = DType::F32; }),
      changed(V45_Shapes, "MapKeys: of f16", one_map_keys,
              [](M& m) { m.tensor(kX).dtype = DType::F16; }),
      changed(V41_Arity, "MapKeys: numbers without keys", one_map_keys,
              [](M& m) { m.tensor(kX).dtype = DType::I64; }),
      changed(V47_Counts, "MapKeys: no keys", one_map_keys, [](M& m) { m.op(0).indices.clear(); }),
      changed(V25_StringIndex, "MapKeys: a key beyond the pool", one_map_keys,
              [](M& m) { m.op(0).indices[1] = 99; }),
      changed(V46_Attributes, "MapKeys: a key twice", one_map_keys,
              [](M& m) { m.op(0).indices[1] = m.op(0).indices[0]; }),
      changed(V46_Attributes, "MapKeys: one answer", one_map_keys,
              [](M& m) { m.op(0).iattr = {0}; }),
      changed(V45_Shapes, "MapKeys: keys of another dtype", one_map_numbers,
              [](M& m) { as_f64(m, kX); }),
      changed(V45_Shapes, "MapKeys: keys of two dims", one_map_numbers,
              [](M& m) {
                m.tensor(kA).dims = {2, 2};
              }),
      changed(V45_Shapes, "MapKeys: computed keys", one_map_numbers,
              [](M& m) { m.op(0).inputs[1] = kX; }),
      changed(V47_Counts, "MapKeys: numbers to strings", one_map_numbers,
              [](M& m) { m.op(0).indices = {0}; }),
      // Labels
      changed(V45_Shapes, "Labels: of f32", one_labels,
              [](M& m) { m.tensor(kX).dtype = DType::F32; }),
      changed(V45_Shapes, "Labels: into numbers", one_labels,
              [](M& m) { m.tensor(kY).dtype = DType::I64; }),
      changed(V47_Counts, "Labels: no strings", one_labels, [](M& m) { m.op(0).indices.clear(); }),
      changed(V25_StringIndex, "Labels: a string beyond the pool", one_labels,
              [](M& m) { m.op(0).indices[0] = 99; }),
      // IsMissing
      changed(V45_Shapes, "IsMissing: of i64", one_is_missing,
              [](M& m) { m.tensor(kX).dtype = DType::I64; }),
      changed(V45_Shapes, "IsMissing: into f32", one_is_missing,
              [](M& m) { m.tensor(kY).dtype = DType::F32; }),
  };
}

}  // namespace mle::testing
