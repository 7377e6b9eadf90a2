// The ops as boxes, each one level below the deepest of those it takes from.
// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/html.h"
#include "tools/cli/text.h"
#include "tools/mle-inspect/constants.h"
#include "tools/mle-inspect/html.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

namespace mle::tools {
namespace {

using format::FileView;

constexpr size_t kMostBoxes = 160;
constexpr int kBoxWidth = 190, kBoxHeight = 44, kGapX = 26, kGapY = 34, kMargin = 6;
constexpr size_t kMostLetters = 24;

struct Box {
  std::string title, below;
  bool port = false;
  size_t level = 0;
  std::vector<size_t> from;
  int x = 0, y = 0;
};

std::string cut(std::string_view text) {
  if (text.size() <= kMostLetters) return std::string(text);
  size_t end = kMostLetters - 1;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // whole letters
  return std::string(text.substr(0, end)) + "…";
}

std::string shape_of(const fb::Tensor& tensor) {
  std::string text;
  for (const uint64_t dim : dims_of(tensor))
    text += (text.empty() ? "" : " × ") + std::to_string(dim);
  return (text.empty() ? "1" : text) + " " + name_of(dtype_of(tensor));
}

class Drawing {
 public:
  explicit Drawing(const FileView& view) : view_(view), model_(view.model()) {}

  std::string run() {
    inputs();
    if (!ops() || !outputs()) return {};
    place();
    return draw();
  }

 private:
  const fb::Tensor& tensor(uint32_t index) const { return *model_.tensors()->Get(index); }

  void add(Box box) {
    for (const size_t from : box.from) box.level = std::max(box.level, boxes_[from].level + 1);
    boxes_.push_back(std::move(box));
  }

  void inputs() {
    for (const fb::Entry* entry : *model_.entries())
      for (const fb::Port* port : *entry->inputs()) {
        if (!writer_.emplace(port->tensor(), boxes_.size()).second) continue;
        add({std::string(view_.string(port->name())),
             shape_of(tensor(port->tensor())),
             true,
             0,
             {},
             0,
             0});
        if (boxes_.size() > kMostBoxes) return;
      }
  }

  bool ops() {
    for (const fb::Op* op : *model_.ops()) {
      if (boxes_.size() > kMostBoxes) return false;
      Box box;
      box.title = fb::EnumNameOpKind(op->kind());
      if (op->act() != fb::Act::None) box.title += std::string(" · ") + fb::EnumNameAct(op->act());
      const std::string name(view_.string(op->name()));
      box.below = (name.empty() ? "" : cut(name) + " → ") + shape_of(tensor(op->outputs()->Get(0)));
      for (const uint16_t input : *op->inputs())
        if (const auto found = writer_.find(input); found != writer_.end())
          if (std::find(box.from.begin(), box.from.end(), found->second) == box.from.end())
            box.from.push_back(found->second);
      for (const uint16_t output : *op->outputs()) writer_[output] = boxes_.size();
      add(std::move(box));
    }
    return true;
  }

  bool outputs() {
    for (const fb::Entry* entry : *model_.entries())
      for (const fb::Port* port : *entry->outputs()) {
        if (boxes_.size() > kMostBoxes) return false;
        const auto found = writer_.find(port->tensor());
        if (found == writer_.end()) continue;
        add({std::string(view_.string(port->name())),
             shape_of(tensor(port->tensor())),
             true,
             0,
             {found->second},
             0,
             0});
      }
    return true;
  }

  void place() {
    std::map<size_t, std::vector<size_t>> levels;
    for (size_t i = 0; i < boxes_.size(); ++i) levels[boxes_[i].level].push_back(i);
    size_t widest = 0;
    for (const auto& [level, members] : levels) widest = std::max(widest, members.size());
    width_ = static_cast<int>(widest) * (kBoxWidth + kGapX) - kGapX + 2 * kMargin;
    for (const auto& [level, members] : levels) {
      const int used = static_cast<int>(members.size()) * (kBoxWidth + kGapX) - kGapX;
      int x = (width_ - used) / 2;
      for (const size_t i : members) {
        boxes_[i].x = x;
        boxes_[i].y = kMargin + static_cast<int>(level) * (kBoxHeight + kGapY);
        x += kBoxWidth + kGapX;
        height_ = std::max(height_, boxes_[i].y + kBoxHeight + kMargin);
      }
    }
  }

  std::string draw() const {
    std::string svg = "<svg class=\"graph\" width=\"" + std::to_string(width_) + "\" height=\"" +
                      std::to_string(height_) + "\" viewBox=\"0 0 " + std::to_string(width_) + " " +
                      std::to_string(height_) +
                      "\" role=\"img\" aria-label=\"the ops in order\">\n";
    for (const Box& box : boxes_)
      for (const size_t from : box.from) {
        const Box& above = boxes_[from];
        const int x1 = above.x + kBoxWidth / 2, y1 = above.y + kBoxHeight;
        const int x2 = box.x + kBoxWidth / 2, y2 = box.y, middle = (y1 + y2) / 2;
        svg += "<path class=\"edge\" d=\"M" + point(x1, y1) + " C" + point(x1, middle) + " " +
               point(x2, middle) + " " + point(x2, y2 - 2) + "\"/>\n";
        svg += "<path class=\"edge\" d=\"M" + point(x2 - 4, y2 - 7) + " L" + point(x2, y2 - 1) +
               " L" + point(x2 + 4, y2 - 7) + "\"/>\n";
      }
    for (const Box& box : boxes_) {
      const std::string centre = std::to_string(box.x + kBoxWidth / 2);
      svg += "<rect class=\"" + std::string(box.port ? "port" : "box") + "\" x=\"" +
             std::to_string(box.x) + "\" y=\"" + std::to_string(box.y) + "\" width=\"" +
             std::to_string(kBoxWidth) + "\" height=\"" + std::to_string(kBoxHeight) + "\" rx=\"" +
             (box.port ? "22" : "7") + "\"/>\n";
      svg += label(centre, box.y + 19, box.port ? "porttext" : "", cut(box.title), true);
      svg += label(centre, box.y + 35, box.port ? "porttext" : "soft", box.below, false);
    }
    return svg + "</svg>\n";
  }

  static std::string point(int x, int y) { return std::to_string(x) + "," + std::to_string(y); }
  static std::string label(const std::string& x, int y, const char* style, const std::string& text,
                           bool heavy) {
    return "<text class=\"" + std::string(style) + "\" x=\"" + x + "\" y=\"" + std::to_string(y) +
           "\" text-anchor=\"middle\"" + (heavy ? " font-weight=\"600\"" : " font-size=\"11.5\"") +
           ">" + html_text(text) + "</text>\n";
  }

  const FileView& view_;
  const fb::Model& model_;
  std::vector<Box> boxes_;
  std::unordered_map<uint32_t, size_t> writer_;
  int width_ = 0, height_ = 0;
};

}  // namespace

std::string html_graph(const FileView& view) { return Drawing(view).run(); }

}  // namespace mle::tools
