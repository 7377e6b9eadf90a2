// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/frame.h"

#include "compiler/import/sklearn/refusal.h"

namespace mle::compiler::sklearn {

Frame Frame::computed(const Builder& b, ValueId value) {
  return {{{value, std::vector<uint32_t>(b.width(value), kNoOrigin)}}, {}};
}

size_t Frame::width() const {
  size_t count = 0;
  for (const Part& part : parts) count += part.origins.size();
  return count;
}

uint32_t Frame::origin(size_t column) const {
  for (const Part& part : parts) {
    if (column < part.origins.size()) return part.origins[column];
    column -= part.origins.size();
  }
  return kNoOrigin;
}

Frame Frame::picked(Builder& b, const std::vector<uint32_t>& columns) const {
  // Where each column is: its part and its place there.
  std::vector<std::pair<size_t, uint32_t>> places;
  for (size_t p = 0; p < parts.size(); ++p)
    for (uint32_t i = 0; i < parts[p].origins.size(); ++i) places.emplace_back(p, i);
  Frame made;
  for (size_t i = 0; i < columns.size();) {
    if (columns[i] >= places.size())
      refuse_damaged("a step takes column " + std::to_string(columns[i]) + " of " +
                     std::to_string(places.size()));
    const Part& part = parts[places[columns[i]].first];
    std::vector<uint32_t> picked, origins;
    for (; i < columns.size() && columns[i] < places.size() &&
           &parts[places[columns[i]].first] == &part;
         ++i) {
      picked.push_back(places[columns[i]].second);
      origins.push_back(part.origins[picked.back()]);
    }
    made.parts.push_back({b.columns(part.value, picked), std::move(origins)});
  }
  return made;
}

void Frame::append(const Frame& more) {
  parts.insert(parts.end(), more.parts.begin(), more.parts.end());
}

ValueId Frame::column(Builder& b, uint32_t i) const {
  const Frame one = picked(b, {i});
  return one.parts[0].value;
}

ValueId numbers(Builder& b, const Frame& frame) {
  std::vector<ValueId> values;
  for (const Frame::Part& part : frame.parts) {
    if (b.dtype(part.value) == DType::Str)
      refuse("a step that reckons is given a column of strings",
             "encode it first, with OneHotEncoder or OrdinalEncoder");
    values.push_back(b.cast(part.value, DType::F64));
  }
  return b.concat(values);
}

}  // namespace mle::compiler::sklearn
