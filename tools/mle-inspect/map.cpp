// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-inspect/map.h"

#include "tools/cli/text.h"
#include "tools/mle-inspect/constants.h"

#include <algorithm>
#include <cstdio>

namespace mle::tools {
namespace {

using format::FileView;

std::string shape_of(const fb::Tensor& tensor) {
  std::string text = "[";
  for (const uint64_t dim : dims_of(tensor))
    text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
  return text + "] " + name_of(dtype_of(tensor)) + " " + fb::EnumNameLayout(tensor.layout());
}

class Mapper {
 public:
  explicit Mapper(const FileView& view) : view_(view) {}

  std::vector<MapRange> run() {
    const format::Header& header = view_.header();
    const auto& segments = view_.segments();
    add(0, sizeof(format::Header), "header", "sizes, features, sums");
    add(header.header_size, segments.size() * sizeof(format::SegmentEntry), "directory",
        std::to_string(segments.size()) + " segments");
    program();
    for (size_t i = 0; i < segments.size(); ++i) segment(i);
    return finish();
  }

 private:
  void add(uint64_t begin, uint64_t size, std::string part, std::string what) {
    if (size > 0) ranges_.push_back({begin, begin + size, std::move(part), std::move(what)});
  }

  void program() {
    const fb::Model& model = view_.model();
    const uint64_t at = view_.header().program_offset;
    const auto offset = [&](const void* part) {
      return at + static_cast<uint64_t>(static_cast<const std::byte*>(part) -
                                        view_.program_bytes().data());
    };
    const auto& program = view_.program();
    add(offset(program.strings_at()->data()), program.strings_at()->size() * sizeof(uint32_t),
        "program",
        "where each of " + std::to_string(program.strings_at()->size() - 1) + " strings begins");
    add(offset(program.strings()->data()), program.strings()->size(), "program", "strings");
    whole_.push_back({at, at + view_.header().program_size, "program",
                      "tables: " + std::to_string(model.tensors()->size()) + " tensors, " +
                          std::to_string(model.ops()->size()) + " ops, " +
                          std::to_string(model.entries()->size()) + " entries"});
  }

  void segment(size_t index) {
    const format::SegmentEntry& entry = view_.segments()[index];
    std::string kind;
    for (int i = 0; i < 4; ++i) kind += static_cast<char>(entry.kind >> (8 * i) & 0xFF);
    if (entry.kind == format::kWeights) {
      const std::vector<std::string> names = tensor_names(view_);
      const auto& tensors = *view_.model().tensors();
      for (uint32_t t = 0; t < tensors.size(); ++t)
        if (is_constant(*tensors.Get(t)) && tensors.Get(t)->segment() == index)
          add(entry.offset + tensors.Get(t)->offset(), tensors.Get(t)->bytes(), kind,
              names[t] + " " + shape_of(*tensors.Get(t)));
    }
    if (entry.kind == format::kGolden && view_.model().goldens() != nullptr)
      for (const fb::Golden* golden : *view_.model().goldens()) {
        ports(entry.offset, kind, golden->rows(), golden->inputs(), "input");
        ports(entry.offset, kind, golden->rows(), golden->outputs(), "answer");
      }
    if (entry.kind == format::kWeights || entry.kind == format::kGolden)
      whole_.push_back({entry.offset, entry.offset + entry.size, "padding", "zeros in " + kind});
    else
      add(entry.offset, entry.size, kind,
          entry.kind == format::kCard ? "model card, text" : "not known to this version");
  }

  template <class Ports>
  void ports(uint64_t segment_at, const std::string& kind, uint32_t rows, const Ports* list,
             const char* what) {
    if (list == nullptr) return;
    for (const fb::GoldenPort* port : *list) {
      const fb::Tensor& tensor = *view_.model().tensors()->Get(port->tensor());
      add(segment_at + port->offset(), port->bytes(), kind,
          grouped(rows) + " rows of " + what + " " + std::string(view_.string(tensor.name())));
    }
  }

  // Sorted, shared bytes once with both names, and what lies between by what it lies in.
  std::vector<MapRange> finish() {
    std::stable_sort(ranges_.begin(), ranges_.end(),
                     [](const MapRange& a, const MapRange& b) { return a.begin < b.begin; });
    std::vector<MapRange> all;
    uint64_t at = 0;
    for (MapRange& range : ranges_) {
      if (!all.empty() && range.begin < at) {  // another name for the same bytes
        all.back().what += "; " + range.what;
        if (range.end <= at) continue;
        range.begin = at;
      }
      fill(all, at, range.begin);
      at = range.end;
      all.push_back(std::move(range));
    }
    fill(all, at, view_.file().size());
    return all;
  }

  void fill(std::vector<MapRange>& all, uint64_t begin, uint64_t end) const {
    for (const MapRange& outer : whole_) {
      const uint64_t from = std::max(begin, outer.begin), to = std::min(end, outer.end);
      if (from >= to) continue;
      if (from > begin) all.push_back({begin, from, "padding", "zeros"});
      all.push_back({from, to, outer.part, outer.what});
      begin = to;
    }
    if (begin < end) all.push_back({begin, end, "padding", "zeros"});
  }

  const FileView& view_;
  std::vector<MapRange> ranges_, whole_;  // parts; what the rest of a region is
};

}  // namespace

std::vector<MapRange> map_file(const FileView& view) { return Mapper(view).run(); }

std::string map_text(const std::vector<MapRange>& ranges) {
  std::string text = "       begin         end       bytes  part       what\n";
  for (const MapRange& range : ranges) {
    char figures[128];
    std::snprintf(
        figures, sizeof figures, "%12llu%12llu%12llu  %-9s  ",
        static_cast<unsigned long long>(range.begin), static_cast<unsigned long long>(range.end),
        static_cast<unsigned long long>(range.end - range.begin), printable(range.part).c_str());
    text += figures + printable(range.what) + "\n";
  }
  return text;
}

}  // namespace mle::tools
