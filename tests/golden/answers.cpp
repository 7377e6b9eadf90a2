// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/answers.h"

#include <mle/mle.h>

#include "tests/recorded/numbers.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace mle::testing {
namespace {

constexpr size_t kRows = 9;
constexpr std::string_view kTexts[] = {"red", "green", "blue", "a", "b", "", "unknown"};

class Sum {
 public:
  void add(const void* data, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i)
      sum_ = (sum_ ^ static_cast<const uint8_t*>(data)[i]) * 0x100000001B3;
  }
  uint64_t value() const { return sum_; }

 private:
  uint64_t sum_ = 0xCBF29CE484222325;
};

// Elements of one input or output, at any dtype.
struct Tensor {
  DType dtype;
  size_t count;
  std::vector<std::byte> bytes;

  Tensor(const TensorSpec& spec, size_t rows)
      : dtype(spec.dtype),
        count(spec.width() * (spec.per_row ? rows : 1)),
        bytes(count * size_of(spec.dtype)) {}

  template <class T>
  void set(size_t i, T value) {
    std::memcpy(bytes.data() + i * sizeof value, &value, sizeof value);
  }
};

// Floats of all kinds, small whole numbers, words; one word in seven is missing.
Tensor make_input(const TensorSpec& spec, RecordedNumbers& numbers, bool odd) {
  Tensor tensor(spec, kRows);
  for (size_t i = 0; i < tensor.count; ++i) {
    const float x = odd && numbers.below(6) == 0 ? numbers.odd() : numbers.ordinary();
    const uint32_t small = numbers.below(3);
    switch (tensor.dtype) {
      case DType::F32: tensor.set(i, x); break;
      case DType::F64: tensor.set(i, double{x} / 3); break;
      case DType::F16: tensor.set(i, static_cast<uint16_t>(0x3C00 + 257 * small)); break;
      case DType::BF16: tensor.set(i, static_cast<uint16_t>(0x3F80 + 7 * small)); break;
      case DType::Str: {
        const uint32_t word = numbers.below(std::size(kTexts) + 1);
        tensor.set(i, word == std::size(kTexts) ? std::string_view() : kTexts[word]);
        break;
      }
      default:
        // Little-endian: the low byte of any width, the others stay zero.
        std::memcpy(tensor.bytes.data() + i * size_of(tensor.dtype), &small, 1);
    }
  }
  return tensor;
}

void add_output(Sum& sum, const Tensor& tensor) {
  if (tensor.dtype != DType::Str) return sum.add(tensor.bytes.data(), tensor.bytes.size());
  for (size_t i = 0; i < tensor.count; ++i) {
    std::string_view text;
    std::memcpy(static_cast<void*>(&text), tensor.bytes.data() + i * sizeof text, sizeof text);
    const uint64_t size = text.data() == nullptr ? ~uint64_t{0} : text.size();
    sum.add(&size, sizeof size);
    sum.add(text.data(), text.size());
  }
}

Status add_answers(Sum& sum, const Model& model, bool odd) {
  std::vector<std::string_view> names;
  for (const EntrySpec& entry : model.entries())
    for (const TensorSpec& output : entry.outputs) names.push_back(output.name);
  SessionOptions options;
  if (model.entries().size() > 1) options.outputs = names;
  MLE_TRY_ASSIGN(Session session, Session::make(model, options));

  RecordedNumbers numbers(odd ? 2 : 1);
  std::vector<Tensor> given, got;
  std::vector<In> in;
  std::vector<Out> out;
  for (const TensorSpec& spec : session.inputs()) given.push_back(make_input(spec, numbers, odd));
  for (const TensorSpec& spec : session.outputs()) got.emplace_back(spec, kRows);
  for (const Tensor& t : given) in.emplace_back(t.dtype, t.bytes.data(), t.count);
  for (Tensor& t : got) out.emplace_back(t.dtype, t.bytes.data(), t.count);
  const Status status = session.run(in, out);
  const int rule = status.ok() ? 0 : status.rule();
  sum.add(&rule, sizeof rule);
  if (!status.ok()) return {};
  for (const Tensor& t : got) add_output(sum, t);
  return {};
}

}  // namespace

Result<uint64_t> sum_of_answers(const std::filesystem::path& file, std::string_view isa) {
  LoadOptions options;
  options.verify = Verify::Everything;
  options.isa = isa;
  MLE_TRY_ASSIGN(const Model model, Model::load(file.c_str(), options));
  Sum sum;
  MLE_TRY(add_answers(sum, model, false));
  MLE_TRY(add_answers(sum, model, true));
  return sum.value();
}

}  // namespace mle::testing
