// SPDX-License-Identifier: Apache-2.0
#include "format/validation.h"

#include "format/limits.h"
#include "format/utf8.h"

#include <algorithm>
#include <bit>
#include <cstdio>

namespace mle::format {
namespace {

std::string_view all_strings(const FileView& view) noexcept {
  const auto pool = span_of(view.program().strings());
  return {reinterpret_cast<const char*>(pool.data()), pool.size()};
}

}  // namespace

Validation::Validation(const FileView& checked, const Allocator& from,
                       uint64_t memory_used) noexcept
    : view(checked),
      model(checked.model()),
      allocator(from),
      pool_has_control_characters_(has_control_characters(all_strings(checked))),
      work_left_(kWorkPerProgramByte * checked.header().program_size + kWorkBase),
      memory_left_(kLoaderBytesPerProgramByte * checked.header().program_size + kLoaderBytesBase -
                   memory_used) {}

Status Validation::too_much_work() const noexcept {
  return refuse(Code::Unsupported, rule::V70_Work, view.header().program_offset,
                "the program: checking its %llu bytes takes more than %llu steps",
                print(view.header().program_size),
                print(kWorkPerProgramByte * view.header().program_size + kWorkBase));
}

Status Validation::spend_sort(uint64_t count) noexcept {
  return spend(count * static_cast<uint64_t>(std::bit_width(count)));
}

Status Validation::take_memory(uint64_t bytes) noexcept {
  if (bytes > memory_left_) {
    return refuse(
        Code::OutOfMemory, rule::V71_LoaderMemory, view.header().program_offset,
        "the program: checking its %llu bytes needs %llu bytes of memory beyond the limit",
        print(view.header().program_size), print(bytes - memory_left_));
  }
  memory_left_ -= bytes;
  return {};
}

uint64_t Validation::at(const void* part) const noexcept {
  const auto* program = reinterpret_cast<const std::byte*>(view.program_bytes().data());
  return view.header().program_offset +
         static_cast<uint64_t>(static_cast<const std::byte*>(part) - program);
}

Status Validation::no_such_string(uint32_t index, const void* where,
                                  const char* what) const noexcept {
  return refuse(Code::Corrupt, rule::V25_StringIndex, at(where),
                "%s: names string %u, the pool has %u", what, index, view.string_count());
}

Status Validation::check_strings(const flatbuffers::Vector<uint32_t>* indices, const void* where,
                                 const char* what) noexcept {
  MLE_TRY(spend(count_of(indices)));
  for (const uint32_t index : span_of(indices)) MLE_TRY(check_string(index, where, what));
  return {};
}

Status Validation::check_name(uint32_t index, const void* where, const char* what) noexcept {
  MLE_TRY(check_string(index, where, what));
  const std::string_view name = view.string(index);
  MLE_TRY(spend(1 + name.size() / 4));
  if (name.size() > kMaxNameBytes) {
    return refuse(Code::Corrupt, rule::V24_Strings, at(where),
                  "%s: its name has %zu bytes, at most %llu are allowed", what, name.size(),
                  print(kMaxNameBytes));
  }
  if (pool_has_control_characters_ && has_control_characters(name)) {
    return refuse(Code::Corrupt, rule::V24_Strings, at(where),
                  "%s: its name has a control character", what);
  }
  return {};
}

PartName Validation::name_of(const char* kind, size_t index, uint32_t string_index) const noexcept {
  PartName name;
  std::string_view text = view.string(string_index);
  if (text.empty()) {
    std::snprintf(name.text, sizeof name.text, "%s %zu", kind, index);
    return name;
  }
  constexpr size_t kShown = 60;
  if (text.size() > kShown) {
    size_t cut = kShown;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
    text = text.substr(0, cut);
  }
  std::snprintf(name.text, sizeof name.text, "%s %zu ('%.*s')", kind, index,
                static_cast<int>(text.size()), text.data());
  return name;
}

PartName Validation::tensor_name(size_t index) const noexcept {
  const auto i = static_cast<flatbuffers::uoffset_t>(index);
  return name_of("tensor", index, model.tensors()->Get(i)->name());
}

PartName Validation::op_name(size_t index) const noexcept {
  const auto i = static_cast<flatbuffers::uoffset_t>(index);
  return name_of("op", index, model.ops()->Get(i)->name());
}

}  // namespace mle::format
