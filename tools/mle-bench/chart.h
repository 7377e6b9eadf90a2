// Charts as SVG, for pages without a script.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace mle::tools {

using Points = std::vector<std::pair<double, double>>;

struct Series {
  std::string name;
  Points points;
};

struct Axis {
  std::string name;
  bool logarithmic = false;  // then all values are above 0
  std::function<std::string(double)> text;
};

struct Chart {
  std::string title;
  Axis x, y;
  std::vector<Series> series;  // up to three
};

// A <figure> with title, legend and lines; "" where nothing is to be drawn.
std::string html_chart(const Chart& chart);

}  // namespace mle::tools
