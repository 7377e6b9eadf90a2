// SPDX-License-Identifier: Apache-2.0
#include "tools/golden/elements.h"

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mle::tools {
namespace {

// A string is a std::string_view; one without data is missing.
compiler::Elements texts_of(const void* data, size_t count) {
  std::vector<std::optional<std::string>> texts(count);
  for (size_t i = 0; i < count; ++i) {
    std::string_view text;
    std::memcpy(&text, static_cast<const char*>(data) + i * sizeof text, sizeof text);
    if (text.data() != nullptr) texts[i] = text;
  }
  return compiler::from_texts(std::move(texts));
}

}  // namespace

compiler::Elements to_elements(DType dtype, const void* data, size_t count) {
  if (dtype == DType::Str) return texts_of(data, count);
  auto elements =
      compiler::read_elements(dtype, {static_cast<const std::byte*>(data), count * size_of(dtype)});
  return elements ? *std::move(elements) : compiler::Elements(count);
}

void InputBuffers::add(DType dtype, const compiler::Elements& elements) {
  if (dtype != DType::Str) {
    numbers_.push_back(compiler::make_constant(elements, dtype));
    inputs_.emplace_back(dtype, numbers_.back().bytes.data(), elements.size());
    return;
  }
  std::vector<std::string_view>& texts = texts_.emplace_back();
  for (const std::optional<std::string>& text : elements.texts)
    texts.push_back(text ? std::string_view(words_.emplace_back(*text)) : std::string_view());
  inputs_.emplace_back(dtype, texts.data(), texts.size());
}

Result<std::vector<compiler::Elements>> run_elements(Session& session, std::span<const In> inputs,
                                                     uint64_t rows) {
  std::vector<std::vector<uint64_t>> answers;
  std::vector<Out> outputs;
  for (const TensorSpec& spec : session.outputs()) {
    const size_t count = spec.width() * (spec.per_row ? rows : 1);
    answers.emplace_back((count * size_of(spec.dtype) + 7) / 8);
    outputs.emplace_back(spec.dtype, answers.back().data(), count);
  }
  MLE_TRY(session.run(inputs, outputs));
  std::vector<compiler::Elements> elements;
  for (size_t i = 0; i < outputs.size(); ++i)
    elements.push_back(to_elements(outputs[i].dtype(), answers[i].data(), outputs[i].count()));
  return elements;
}

}  // namespace mle::tools
