// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/element.h"
#include "tools/cli/html.h"
#include "tools/cli/text.h"
#include "tools/mle-inspect/constants.h"
#include "tools/mle-inspect/html.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mle::tools {
namespace {

constexpr int kBins = 32, kBarHeight = 26, kBarWidth = 4;

struct Numbers {
  double least = 0, most = 0, sum = 0;
  uint64_t count = 0, odd = 0;  // finite; NaN and infinite
  std::array<uint64_t, kBins> bins{};
};

Numbers look_at(DType dtype, const std::vector<std::byte>& elements, uint64_t count) {
  Numbers numbers;
  for (uint64_t i = 0; i < count; ++i) {
    const double x = element_value(dtype, elements.data(), i);
    if (!std::isfinite(x)) {
      ++numbers.odd;
      continue;
    }
    numbers.least = numbers.count == 0 ? x : std::min(numbers.least, x);
    numbers.most = numbers.count == 0 ? x : std::max(numbers.most, x);
    numbers.sum += x;
    ++numbers.count;
  }
  const double span = numbers.most / 2 - numbers.least / 2;  // the whole may be infinite
  for (uint64_t i = 0; i < count; ++i) {
    const double x = element_value(dtype, elements.data(), i);
    if (!std::isfinite(x)) continue;
    const double place = span > 0 ? (x / 2 - numbers.least / 2) / span * kBins : 0;
    ++numbers.bins[static_cast<size_t>(std::clamp(place, 0.0, double{kBins - 1}))];
  }
  return numbers;
}

std::string histogram(const Numbers& numbers) {
  const uint64_t tallest = *std::max_element(numbers.bins.begin(), numbers.bins.end());
  if (tallest == 0) return {};
  std::string svg = "<svg width=\"" + std::to_string(kBins * kBarWidth) + "\" height=\"" +
                    std::to_string(kBarHeight) + "\" aria-hidden=\"true\">";
  for (int i = 0; i < kBins; ++i) {
    const double part =
        static_cast<double>(numbers.bins[static_cast<size_t>(i)]) / static_cast<double>(tallest);
    const int height = part > 0 ? std::max(1, static_cast<int>(part * kBarHeight)) : 0;
    if (height == 0) continue;
    svg += "<rect class=\"bar\" x=\"" + std::to_string(i * kBarWidth) + "\" y=\"" +
           std::to_string(kBarHeight - height) + "\" width=\"" + std::to_string(kBarWidth - 1) +
           "\" height=\"" + std::to_string(height) + "\"/>";
  }
  return svg + "</svg>";
}

std::string figure(double value) {
  std::string text;
  append_number(text, static_cast<float>(value));
  return text;
}

}  // namespace

std::string html_constants(const format::FileView& view) {
  const std::vector<std::string> names = tensor_names(view);
  const auto& tensors = *view.model().tensors();
  std::string rows;
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    const fb::Tensor& tensor = *tensors.Get(i);
    if (!is_constant(tensor)) continue;
    std::string dims;
    for (const uint64_t dim : dims_of(tensor))
      dims += (dims.empty() ? "" : " × ") + std::to_string(dim);
    rows += "<tr><td>" + html_text(names[i]) + "</td><td class=\"mono\">" + dims + " " +
            name_of(dtype_of(tensor)) + "</td><td>" + fb::EnumNameLayout(tensor.layout()) + "</td>";
    const auto elements = unpack(view, tensor);
    if (elements && dtype_of(tensor) != DType::Str) {
      const Numbers numbers = look_at(dtype_of(tensor), *elements, elements_of(tensor));
      const bool any = numbers.count > 0;
      rows += "<td class=\"n\">" + (any ? figure(numbers.least) : "") + "</td><td class=\"n\">" +
              (any ? figure(numbers.sum / static_cast<double>(numbers.count)) : "") +
              "</td><td class=\"n\">" + (any ? figure(numbers.most) : "") + "</td><td>" +
              histogram(numbers) +
              (numbers.odd > 0 ? grouped(numbers.odd) + " not finite" : std::string()) + "</td>";
    } else {
      rows += "<td></td><td></td><td></td><td></td>";
    }
    rows += "</tr>\n";
  }
  if (rows.empty()) return {};
  return "<div class=\"wide\"><table><thead><tr><th>name</th><th>shape</th><th>layout</th>"
         "<th class=\"n\">min</th><th class=\"n\">mean</th><th class=\"n\">max</th><th>values</th>"
         "</tr></thead><tbody>\n" +
         rows + "</tbody></table></div>\n";
}

}  // namespace mle::tools
