// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-bench/chart.h"

#include "tools/cli/html.h"
#include "tools/cli/text.h"

#include <algorithm>
#include <cmath>

namespace mle::tools {
namespace {

constexpr double kWidth = 460, kHeight = 270, kLeft = 66, kRight = 26, kTop = 10, kBottom = 40;

std::string at(double value) { return three_digits(std::round(value * 10) / 10); }

// From values to places.
class Scale {
 public:
  Scale(const Axis& axis, double least, double most, double from, double to)
      : axis_(axis), from_(from), to_(to) {
    least_ = axis.logarithmic ? std::log10(least) : least;
    most_ = axis.logarithmic ? std::log10(most) : most;
    if (most_ - least_ < 1e-9) {
      least_ -= axis.logarithmic ? 0.1 : 0.5;
      most_ += axis.logarithmic ? 0.1 : 0.5;
    }
  }

  double place(double value) const {
    const double v = axis_.logarithmic ? std::log10(value) : value;
    return from_ + (v - least_) / (most_ - least_) * (to_ - from_);
  }

  // Round values, few enough to be read.
  std::vector<double> ticks() const {
    std::vector<double> made;
    if (!axis_.logarithmic) {
      const double step = round_step((most_ - least_) / 5);
      for (double v = std::ceil(least_ / step - 1e-9) * step; v <= most_ + step * 1e-9; v += step)
        made.push_back(v);
      return made;
    }
    const bool wide = most_ - least_ > 1.6;
    for (double decade = std::floor(least_); decade <= most_; ++decade) {
      for (const double digit : {1.0, 1.5, 2.0, 3.0, 5.0, 7.0}) {
        if (wide && digit > 1) continue;
        const double v = decade + std::log10(digit);
        if (v >= least_ - 1e-9 && v <= most_ + 1e-9) made.push_back(std::pow(10, v));
      }
    }
    // A narrow range may lie between all of them.
    if (made.size() < 2) made = {std::pow(10, least_), std::pow(10, most_)};
    return made;
  }

 private:
  static double round_step(double step) {
    const double decade = std::pow(10, std::floor(std::log10(step)));
    for (const double digit : {1.0, 2.0, 2.5, 5.0})
      if (step <= digit * decade) return digit * decade;
    return 10 * decade;
  }

  const Axis& axis_;
  double from_, to_, least_, most_;
};

std::string line(double x0, double y0, double x1, double y1) {
  return "<line class=\"grid\" x1=\"" + at(x0) + "\" y1=\"" + at(y0) + "\" x2=\"" + at(x1) +
         "\" y2=\"" + at(y1) + "\"/>\n";
}

std::string label(double x, double y, const char* anchor, const std::string& text) {
  return "<text class=\"soft\" x=\"" + at(x) + "\" y=\"" + at(y) + "\" text-anchor=\"" + anchor +
         "\">" + html_text(text) + "</text>\n";
}

}  // namespace

std::string html_chart(const Chart& chart) {
  Points all;
  for (const Series& each : chart.series)
    all.insert(all.end(), each.points.begin(), each.points.end());
  if (all.empty()) return {};
  const auto [left, right] = std::minmax_element(all.begin(), all.end());
  const auto by_y = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [low, high] = std::minmax_element(all.begin(), all.end(), by_y);
  const Scale x(chart.x, left->first, right->first, kLeft, kWidth - kRight);
  const Scale y(chart.y, low->second, high->second, kHeight - kBottom, kTop);

  std::string svg = "<figure><figcaption>" + html_text(chart.title) + "</figcaption>\n";
  svg +=
      "<svg viewBox=\"0 0 " + at(kWidth) + " " + at(kHeight) + "\" width=\"100%\" role=\"img\">\n";
  for (const double tick : y.ticks()) {
    svg += line(kLeft, y.place(tick), kWidth - kRight, y.place(tick));
    svg += label(kLeft - 6, y.place(tick) + 4, "end", chart.y.text(tick));
  }
  for (const double tick : x.ticks()) {
    svg += line(x.place(tick), kTop, x.place(tick), kHeight - kBottom);
    svg += label(x.place(tick), kHeight - kBottom + 16, "middle", chart.x.text(tick));
  }
  svg += label((kLeft + kWidth - kRight) / 2, kHeight - 6, "middle", chart.x.name);
  for (size_t i = 0; i < chart.series.size(); ++i) {
    std::string points;
    for (const auto& [px, py] : chart.series[i].points)
      points += at(x.place(px)) + "," + at(y.place(py)) + " ";
    const std::string number = std::to_string(i);
    svg += "<polyline class=\"line s" + number + "\" points=\"" + points + "\"/>\n";
    if (chart.series[i].points.size() > 12) continue;
    for (const auto& [px, py] : chart.series[i].points)
      svg += "<circle class=\"f" + number + "\" r=\"3\" cx=\"" + at(x.place(px)) + "\" cy=\"" +
             at(y.place(py)) + "\"/>\n";
  }
  svg += "</svg>\n<div class=\"legend\">";
  constexpr const char* kColours[] = {"c0", "c1", "c4"};
  for (size_t i = 0; i < chart.series.size(); ++i)
    svg +=
        std::string("<i class=\"") + kColours[i % 3] + "\"></i>" + html_text(chart.series[i].name);
  return svg + "</div>\n</figure>\n";
}

}  // namespace mle::tools
