// Columns: what files of records call the elements of a model's rows, and how messages list them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/cli/row_source.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::tools {

// One name per element of a row where every input has them; else none.
std::vector<std::string> column_names(const RowTarget& target);

// The same, and "x[0]", "x[1]" … for the elements of an input that have none, as answers are
// called.
std::vector<std::string> element_names(const RowTarget& target);

// Where the inputs stand in a table of columns that have no names, as x0, x1 … of one element each;
// nothing where one of them is called otherwise.
std::vector<uint64_t> column_places(std::span<const TensorSpec> inputs);

// "'a', 'b' …": at most ten, fit for a terminal.
std::string quoted_names(const std::vector<std::string>& names);

// The characters of one batch's string cells, which must stay where they are until the next.
class CellTexts {
 public:
  void clear() { texts_.clear(), bytes_ = 0; }
  std::string_view keep(std::string_view text) {
    bytes_ += text.size();
    return texts_.emplace_back(text);
  }
  // A batch ends early rather than hold more than this.
  bool full() const { return bytes_ > kMost; }

 private:
  static constexpr size_t kMost = size_t{4} << 20;
  std::deque<std::string> texts_;
  size_t bytes_ = 0;
};

}  // namespace mle::tools
