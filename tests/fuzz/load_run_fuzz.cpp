// Fuzz target: whatever loads also runs, zero to three rows, on every kernel table this machine
// has, and the tables with fused multiply-add give the same bits.
// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "format/rules.h"
#include "tests/fuzz/mutate_file.h"
#include "tests/support/tiny_models.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

using mle::testing::AlignedBytes;

// Models whose one row is larger are loaded but not run: the fuzzer would only measure memset.
constexpr uint64_t kMostBytesPerRow = 1 << 16;

uint64_t bytes_per_row(const mle::TensorSpec& spec) {
  uint64_t bytes = mle::size_of(spec.dtype);
  for (const uint32_t dim : spec.dims) {
    if (bytes > kMostBytesPerRow) break;
    bytes *= dim;
  }
  return bytes;
}

// Rows of one tensor, filled with numbers and words of every kind; every third string is missing.
AlignedBytes make_rows(const mle::TensorSpec& spec, uint64_t rows) {
  AlignedBytes bytes(bytes_per_row(spec) * rows);
  if (spec.dtype == mle::DType::F32) {
    constexpr float kValues[] = {
        0.0f, -1.5f, 3e38f, 1e-40f, 0.25f, __builtin_inff(), 7.0f, __builtin_nanf("")};
    for (size_t i = 0; i < bytes.size(); i += sizeof(float)) {
      std::memcpy(bytes.data() + i, &kValues[i / sizeof(float) % std::size(kValues)],
                  sizeof(float));
    }
  } else if (spec.dtype == mle::DType::Str) {
    constexpr std::string_view kWords[] = {"red", {}, "", "a", "unknown", {}};
    for (size_t i = 0; i < bytes.size(); i += sizeof(std::string_view)) {
      std::memcpy(bytes.data() + i, &kWords[i / sizeof(std::string_view) % std::size(kWords)],
                  sizeof(std::string_view));
    }
  } else {
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 37);
  }
  return bytes;
}

// The answers of all outputs, one after another. Empty where the model is too large to run.
std::vector<std::byte> answers(mle::Session& session, uint64_t rows) {
  std::vector<AlignedBytes> memory;
  std::vector<mle::In> inputs;
  std::vector<mle::Out> outputs;
  memory.reserve(session.inputs().size() + session.outputs().size());
  for (const mle::TensorSpec& spec : session.inputs()) {
    if (bytes_per_row(spec) > kMostBytesPerRow) return {};
    const uint64_t here = spec.per_row ? rows : 1;
    memory.push_back(make_rows(spec, here));
    inputs.emplace_back(spec.dtype, memory.back().data(), spec.width() * here);
  }
  const size_t first_output = memory.size();
  for (const mle::TensorSpec& spec : session.outputs()) {
    if (bytes_per_row(spec) > kMostBytesPerRow) return {};
    const uint64_t here = spec.per_row ? rows : 1;
    memory.emplace_back(bytes_per_row(spec) * here);
    outputs.emplace_back(spec.dtype, memory.back().data(), spec.width() * here);
  }
  const mle::Status status = session.run(inputs, outputs);
  if (status.rule() == mle::format::rule::R117_NoAnswer) return {};  // a key or index it knows not
  if (!status.ok()) std::abort();  // every size was what the specs say
  std::vector<std::byte> all;
  for (size_t i = first_output; i < memory.size(); ++i) {
    if (outputs[i - first_output].dtype() == mle::DType::Str) {  // the text, not where it lies
      const auto* texts = reinterpret_cast<const std::string_view*>(memory[i].data());
      for (size_t t = 0; t < outputs[i - first_output].count(); ++t) {
        const auto bytes = std::as_bytes(std::span(texts[t]));
        all.insert(all.end(), bytes.begin(), bytes.end());
      }
      continue;
    }
    all.insert(all.end(), memory[i].data(), memory[i].data() + memory[i].size());
  }
  return all;
}

// A model may ask for an arena of many gigabytes; whoever makes the session says how much there is.
void* allocate_some(void*, size_t bytes, size_t align) {
  constexpr size_t kMost = size_t{256} << 20;
  return bytes > kMost ? nullptr : std::aligned_alloc(align, (bytes + align - 1) / align * align);
}
void release_some(void*, void* block, size_t, size_t) { std::free(block); }

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  return mle::testing::mutate_file(data, size, max_size, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const AlignedBytes file(std::as_bytes(std::span(data, size)));
  std::array<std::vector<std::byte>, 4> fused_answers;
  bool have_fused = false;
  for (const std::string_view isa : {"sse2", "avx2", "avx512"}) {
    mle::LoadOptions options;
    options.isa = isa;
    const auto model = mle::Model::from_memory(file.span(), options);
    if (!model) {
      if (model.error().rule() == 0) std::abort();  // a refusal names its rule
      continue;
    }
    mle::SessionOptions session_options;
    session_options.allocator = {allocate_some, release_some, nullptr};
    auto session = mle::Session::make(*model, session_options);
    if (!session) continue;  // more memory than a session may have
    const bool fused = isa != "sse2";
    for (uint64_t rows = 0; rows < fused_answers.size(); ++rows) {
      std::vector<std::byte> given = answers(*session, rows);
      if (fused && have_fused && given != fused_answers[rows]) std::abort();
      if (fused) fused_answers[rows] = std::move(given);
    }
    have_fused |= fused;
  }
  return 0;
}
