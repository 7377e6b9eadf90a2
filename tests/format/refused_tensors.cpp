// Files with a wrong tensor. Tensors of the MLP: 0 input, 1 and 2 arena, 3 output, 4 … 7 constants.
// SPDX-License-Identifier: Apache-2.0
#include "format/header.h"
#include "format/limits.h"
#include "format/rules.h"
#include "tests/format/refusals.h"

#include <cstring>

namespace mle::testing {
namespace {

using namespace format;
using namespace format::rule;

constexpr size_t kInput = 0, kHidden = 1, kScores = 2, kOutput = 3, kWeight = 4, kBias = 5;

template <class Change>
Refusal tensor(int rule, const char* what, size_t index, Change change) {
  return changed(rule, what, tiny_mlp, [index, change](TinyModel& m) { change(m.tensor(index)); });
}

// The weights end in the middle of a 64-byte line: everything is cut there.
AlignedBytes half_line() {
  TinyModel model = tiny_linear();
  model.model().goldens.clear();
  model.entry().golden = ~uint32_t{0};
  model.golden.clear();
  AlignedBytes file = make_file(model).first(make_file(model).size() - 32);
  Header header;
  SegmentEntry weights;
  std::memcpy(&header, file.data(), sizeof header);
  std::memcpy(&weights, file.data() + sizeof header, sizeof weights);
  header.file_size -= 32;
  weights.size -= 32;
  std::memcpy(file.data(), &header, sizeof header);
  std::memcpy(file.data() + sizeof header, &weights, sizeof weights);
  refit_sums(file.span());
  return file;
}

}  // namespace

std::vector<Refusal> tensor_refusals() {
  using fb::TensorT;
  return {
      tensor(V30_Dims, "nine dims", kInput, [](TensorT& t) { t.dims.assign(9, 1); }),
      tensor(V30_Dims, "a dim of zero", kInput, [](TensorT& t) { t.dims[0] = 0; }),
      tensor(V30_Dims, "a dim beyond 2^24", kInput, [](TensorT& t) { t.dims[0] = (1 << 24) + 1; }),
      tensor(V30_Dims, "dims that overflow 64 bits", kInput,
             [](TensorT& t) { t.dims.assign(8, 1 << 24); }),
      tensor(V30_Dims, "a byte count beyond the limit", kInput,
             [](TensorT& t) {
               t.dims = {1 << 24, 1 << 15};
             }),
      changed(V30_Dims, "panels beyond the limit only when padded", tiny_mlp,
              [](TinyModel& m) {
                m.required_features |= kFeaturePanel16;
                m.tensor(kWeight).layout = fb::Layout::Panel16;
                m.tensor(kWeight).dims = {16400, 16760841};
              }),
      tensor(V31_TensorBytes, "a constant larger than its dims", kBias,
             [](TensorT& t) { t.bytes += 4; }),
      tensor(V31_TensorBytes, "a constant smaller than its dims", kBias,
             [](TensorT& t) { t.bytes = 0; }),
      tensor(V31_TensorBytes, "a packed constant with the size of a plain one", kWeight,
             [](TensorT& t) { t.bytes = 3 * 5 * 4; }),
      tensor(V31_TensorBytes, "dims larger than the bytes there", kWeight,
             [](TensorT& t) { t.dims[0] = 1000; }),
      tensor(V31_TensorBytes, "another stride in the arena", kHidden,
             [](TensorT& t) { t.bytes = 20; }),
      tensor(V31_TensorBytes, "an input with bytes", kInput, [](TensorT& t) { t.bytes = 64; }),
      tensor(V32_Enum, "no dtype", kInput, [](TensorT& t) { t.dtype = fb::DType::None; }),
      tensor(V32_Enum, "dtype 15", kInput, [](TensorT& t) { t.dtype = fb::DType(15); }),
      tensor(V32_Enum, "layout 5", kWeight, [](TensorT& t) { t.layout = fb::Layout(5); }),
      tensor(V32_Enum, "place 4", kOutput, [](TensorT& t) { t.place = fb::Place(4); }),
      tensor(V32_Enum, "rows 2", kInput, [](TensorT& t) { t.rows = fb::Rows(2); }),
      tensor(V32_Enum, "a tensor flag", kInput, [](TensorT& t) { t.flags = 0x80; }),
      tensor(V33_Layout, "a packed vector", kBias,
             [](TensorT& t) { t.layout = fb::Layout::Panel16; }),
      tensor(V33_Layout, "panels of whole numbers", kWeight,
             [](TensorT& t) { t.dtype = fb::DType::I32; }),
      tensor(V33_Layout, "panels of halves without that feature", kWeight,
             [](TensorT& t) { t.dtype = fb::DType::F16; }),
      tensor(V33_Layout, "bf16 panels without that feature", kWeight,
             [](TensorT& t) {
               t.dtype = fb::DType::BF16;
               t.layout = fb::Layout::Panel16K2;
             }),
      tensor(V33_Layout, "int8 panels without that feature", kWeight,
             [](TensorT& t) {
               t.dtype = fb::DType::I8;
               t.layout = fb::Layout::Panel16K4;
             }),
      tensor(V33_Layout, "a constant of strings", kBias,
             [](TensorT& t) {
               t.dtype = fb::DType::Str;
               t.bytes = 80;
             }),
      changed(V33_Layout, "panels without the feature bit", tiny_mlp,
              [](TinyModel& m) { m.required_features = 0; }),
      tensor(V34_ConstantPlace, "a segment that is not there", kBias,
             [](TensorT& t) { t.segment = 9; }),
      tensor(V34_ConstantPlace, "weights in the golden segment", kBias,
             [](TensorT& t) {
               t.segment = 1;
               t.offset = 0;
             }),
      tensor(V34_ConstantPlace, "an odd offset", kBias, [](TensorT& t) { t.offset += 4; }),
      tensor(V34_ConstantPlace, "an offset behind the segment", kBias,
             [](TensorT& t) { t.offset = 1 << 20; }),
      tensor(V34_ConstantPlace, "an offset whose end overflows", kBias,
             [](TensorT& t) { t.offset = ~uint64_t{0} - 63; }),
      changed(V34_ConstantPlace, "no weights at all", tiny_mlp,
              [](TinyModel& m) {
                m.weights.clear();
                m.golden.clear();
              }),
      {V34_ConstantPlace, "a last line that is not whole", half_line},
      changed(V35_ConstantOverlap, "a constant in another", tiny_mlp,
              [](TinyModel& m) { m.tensor(kBias).offset = m.tensor(kWeight).offset + 64; }),
      changed(V35_ConstantOverlap, "two sizes at one place", tiny_mlp,
              [](TinyModel& m) { m.tensor(kBias).offset = m.tensor(kWeight).offset; }),
      tensor(V36_NotConstant, "an input with a layout", kInput,
             [](TensorT& t) { t.layout = fb::Layout::Lanes16; }),
      tensor(V36_NotConstant, "an arena tensor in a segment", kScores,
             [](TensorT& t) { t.segment = 1; }),
      tensor(V36_NotConstant, "an output with an offset", kOutput,
             [](TensorT& t) { t.offset = 64; }),
      tensor(V37_Quant, "a quantised tensor", kWeight, [](TensorT& t) { t.quant = 0; }),
      changed(V37_Quant, "a list of quantisations", tiny_mlp,
              [](TinyModel& m) { m.model().quants.push_back(std::make_unique<fb::QuantT>()); }),
      tensor(V54_Rows, "a constant per row", kBias, [](TensorT& t) { t.rows = fb::Rows::PerRow; }),
      tensor(V54_Rows, "a whole output of rows", kOutput,
             [](TensorT& t) { t.rows = fb::Rows::Whole; }),
      tensor(V54_Rows, "a whole value among rows", kHidden,
             [](TensorT& t) { t.rows = fb::Rows::Whole; }),
  };
}

}  // namespace mle::testing
