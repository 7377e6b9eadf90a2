// Table: rows of text for people, in the four ways people paste them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace mle::tools {

struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // as many cells as the header

  // The first column to the left, the others (figures) to the right.
  std::string aligned() const;
  std::string markdown() const;
  std::string csv() const;
};

}  // namespace mle::tools
