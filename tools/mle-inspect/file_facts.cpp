// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-inspect/file_facts.h"

#include <mle/dtype.h>

#include "format/mle_generated.h"

#include <bit>
#include <cstdio>
#include <utility>

namespace mle::tools {
namespace {

using format::FileView;

std::string fourcc_text(uint32_t kind) {
  std::string text;
  for (int i = 0; i < 4; ++i) text += static_cast<char>(kind >> (8 * i) & 0xFF);
  return text;
}

std::string hex(const flatbuffers::Vector<uint8_t>* bytes) {
  std::string text;
  if (bytes == nullptr) return text;
  for (const uint8_t byte : *bytes) {
    char digits[4];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    text += digits;
  }
  return text;
}

uint64_t bits_of(const fb::Bits64* bits) {
  return bits == nullptr ? 0 : uint64_t{bits->hi()} << 32 | bits->lo();
}

std::string joined(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + " " + b;
}

class Gatherer {
 public:
  explicit Gatherer(const FileView& view) : view_(view), model_(view.model()) {}

  FileFacts run() {
    header();
    facts_.name = text(model_.name());
    facts_.license = text(model_.license());
    facts_.author = text(model_.author());
    facts_.doc = text(model_.doc());
    facts_.version = model_.version();
    facts_.arena_bytes = model_.arena_bytes();
    facts_.tensors = model_.tensors()->size();
    for (const fb::Tensor* tensor : *model_.tensors())
      if (tensor->place() == fb::Place::Constant) facts_.parameters += elements(*tensor);
    for (const fb::Entry* entry : *model_.entries()) facts_.entries.push_back(entry_facts(*entry));
    for (const fb::Op* op : *model_.ops()) facts_.steps.push_back(step_facts(*op));
    provenance();
    return std::move(facts_);
  }

 private:
  std::string text(uint32_t index) const { return std::string(view_.string(index)); }

  static uint64_t elements(const fb::Tensor& tensor) {
    uint64_t count = 1;
    if (tensor.dims() != nullptr)
      for (const uint32_t dim : *tensor.dims()) count *= dim;
    return count;
  }

  void header() {
    const format::Header& header = view_.header();
    facts_.file_bytes = header.file_size;
    facts_.program_bytes = header.program_size;
    facts_.format_major = header.format_major;
    facts_.format_minor = header.format_minor;
    static constexpr std::pair<uint64_t, const char*> kNames[] = {
        {format::kFeaturePanel16, "panel16"},   {format::kFeatureF16, "f16"},
        {format::kFeatureBf16, "bf16"},         {format::kFeatureInt8, "int8"},
        {format::kFeatureLanes16, "lanes16"},   {format::kFeatureRowsMix, "rows-mix"},
        {format::kFeatureBf16Rows, "bf16-rows"}};
    for (const auto& [bit, name] : kNames)
      if ((header.required_features & bit) != 0) facts_.required_features.emplace_back(name);
    facts_.rows_mix = (header.required_features & format::kFeatureRowsMix) != 0;
    for (const format::SegmentEntry& segment : view_.segments())
      facts_.segments.push_back(
          {fourcc_text(segment.kind), segment.offset, segment.size, segment.xxh3});
  }

  std::vector<std::string> names(const flatbuffers::Vector<uint32_t>* indices) const {
    std::vector<std::string> list;
    if (indices != nullptr)
      for (const uint32_t index : *indices) list.push_back(text(index));
    return list;
  }

  PortFacts port_facts(const fb::Port& port) const {
    const fb::Tensor& tensor = *model_.tensors()->Get(port.tensor());
    PortFacts facts;
    facts.name = text(port.name());
    facts.dtype = name_of(static_cast<DType>(tensor.dtype()));
    facts.doc = text(port.doc());
    facts.unit = text(port.unit());
    facts.per_row = tensor.rows() == fb::Rows::PerRow;
    facts.source_rows = port.source_rows();
    if (port.axes() == fb::Axes::Flattened) facts.axes = "flattened";
    if (port.axes() == fb::Axes::Leading) facts.axes = "leading";
    if (tensor.dims() != nullptr) facts.dims.assign(tensor.dims()->begin(), tensor.dims()->end());
    facts.features = names(port.features());
    facts.labels = names(port.labels());
    facts.classes = names(port.classes());
    return facts;
  }

  EntryFacts entry_facts(const fb::Entry& entry) const {
    EntryFacts facts;
    facts.name = text(entry.name());
    facts.task = fb::EnumNameTask(entry.task());
    for (const fb::Port* port : *entry.inputs()) facts.inputs.push_back(port_facts(*port));
    for (const fb::Port* port : *entry.outputs()) facts.outputs.push_back(port_facts(*port));
    if (model_.goldens() != nullptr && entry.golden() < model_.goldens()->size()) {
      const fb::Golden& golden = *model_.goldens()->Get(entry.golden());
      facts.golden_rows = golden.rows();
      facts.golden_reference = text(golden.reference());
      facts.golden_atol = std::bit_cast<double>(bits_of(golden.atol()));
      facts.golden_rtol = std::bit_cast<double>(bits_of(golden.rtol()));
    }
    return facts;
  }

  // "fc1.weight [40, 256] f32"; tensors without a name go by their number.
  std::string tensor_text(uint16_t index) const {
    const fb::Tensor& tensor = *model_.tensors()->Get(index);
    std::string name = text(tensor.name());
    if (name.empty()) name = "t" + std::to_string(index);
    PortFacts facts;
    facts.dtype = name_of(static_cast<DType>(tensor.dtype()));
    facts.per_row = tensor.rows() == fb::Rows::PerRow;
    if (tensor.dims() != nullptr) facts.dims.assign(tensor.dims()->begin(), tensor.dims()->end());
    return name + " " + facts.shape();
  }

  StepFacts step_facts(const fb::Op& op) const {
    StepFacts facts;
    facts.name = text(op.name());
    facts.kind = fb::EnumNameOpKind(op.kind());
    if (op.act() != fb::Act::None) facts.act = fb::EnumNameAct(op.act());
    for (const uint16_t index : *op.inputs()) {
      facts.inputs.push_back(tensor_text(index));
      const fb::Tensor& tensor = *model_.tensors()->Get(index);
      if (tensor.place() != fb::Place::Constant) continue;
      facts.parameters += elements(tensor);
      facts.weight_bytes += tensor.bytes();
    }
    for (const uint16_t index : *op.outputs()) facts.outputs.push_back(tensor_text(index));
    return facts;
  }

  void provenance() {
    if (const fb::Source* source = model_.source()) {
      facts_.source_kind = text(source->kind());
      facts_.source_file = text(source->file_name());
      facts_.source_sha256 = hex(source->sha256());
      facts_.framework = joined(text(source->framework()), text(source->framework_version()));
      facts_.converter = joined(text(source->converter()), text(source->converter_version()));
      if (source->created() != nullptr) facts_.created = bits_of(source->created());
    }
    if (model_.meta() != nullptr)
      for (const fb::KV* pair : *model_.meta())
        facts_.meta.emplace_back(text(pair->key()), text(pair->value()));
  }

  const FileView& view_;
  const fb::Model& model_;
  FileFacts facts_;
};

}  // namespace

std::string PortFacts::shape() const {
  std::string text = per_row ? "[*" : "[";
  for (const uint64_t dim : dims) text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
  return text + "] " + dtype;
}

FileFacts gather(const format::FileView& view) { return Gatherer(view).run(); }

}  // namespace mle::tools
