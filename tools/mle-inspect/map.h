// --map: what every byte of a file is for.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/file_view.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mle::tools {

struct MapRange {
  uint64_t begin = 0, end = 0;
  std::string part;  // "header", "directory", "program", "WGTS", …, "padding"
  std::string what;
};

// From byte 0 to the last one, in order, without gap or overlap.
std::vector<MapRange> map_file(const format::FileView& view);

std::string map_text(const std::vector<MapRange>& ranges);

}  // namespace mle::tools
