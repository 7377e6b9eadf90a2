// V24 over the pool, and the strings nothing else looks at: provenance and notes.
// SPDX-License-Identifier: Apache-2.0
#include "format/utf8.h"
#include "format/validation.h"

namespace mle::format {
namespace {

constexpr size_t kSha256Bytes = 32;

Status bad_pool(uint64_t file_offset, const char* format, size_t index) noexcept {
  return refuse(Code::Corrupt, rule::V24_Strings, file_offset, format, index);
}

Status check_source(Validation& v, const fb::Source& source) noexcept {
  for (const uint32_t index :
       {source.kind(), source.file_name(), source.converter(), source.converter_version(),
        source.framework(), source.framework_version()}) {
    MLE_TRY(v.check_string(index, &source, "the source"));
  }
  const uint32_t digest = count_of(source.sha256());
  if (digest != 0 && digest != kSha256Bytes) {
    return refuse(Code::Corrupt, rule::V23_Structure, v.at(&source),
                  "the source: its SHA-256 has %u bytes, not %zu", digest, kSha256Bytes);
  }
  return {};
}

}  // namespace

Status check_pool(const fb::Program& program, uint64_t file_offset) noexcept {
  const auto starts = span_of(program.strings_at());
  const auto pool = span_of(program.strings());
  if (starts.size() < 2 || starts.front() != 0 || starts[1] != 0 || starts.back() != pool.size()) {
    return bad_pool(file_offset,
                    "the string pool: its %zu starts do not begin with an empty string or "
                    "do not end at its last byte",
                    starts.size());
  }
  for (size_t i = 1; i < starts.size(); ++i) {
    if (starts[i] < starts[i - 1]) {
      return bad_pool(file_offset, "the string pool: string %zu ends before it begins", i - 1);
    }
  }
  const std::string_view all(reinterpret_cast<const char*>(pool.data()), pool.size());
  if (is_plain_ascii(all)) return {};  // then each string is UTF-8, wherever it begins
  for (size_t i = 0; i + 1 < starts.size(); ++i) {
    const std::string_view text = all.substr(starts[i], starts[i + 1] - starts[i]);
    if (!is_utf8(text)) return bad_pool(file_offset, "the string pool: string %zu is not UTF-8", i);
    if (text.find('\0') != std::string_view::npos) {
      return bad_pool(file_offset, "the string pool: string %zu has a zero byte", i);
    }
  }
  return {};
}

Status check_provenance(Validation& v) noexcept {
  const fb::Model& model = v.model;
  MLE_TRY(v.check_name(model.name(), &model, "the model"));
  for (const uint32_t index : {model.version(), model.license(), model.author(), model.doc()}) {
    MLE_TRY(v.check_string(index, &model, "the model"));
  }
  if (model.source() != nullptr) MLE_TRY(check_source(v, *model.source()));
  MLE_TRY(v.spend(count_of(model.meta())));
  for (uint32_t i = 0; i < count_of(model.meta()); ++i) {
    const fb::KV& pair = *model.meta()->Get(i);
    MLE_TRY(v.check_string(pair.key(), &pair, "the notes"));
    MLE_TRY(v.check_string(pair.value(), &pair, "the notes"));
  }
  return {};
}

}  // namespace mle::format
