// Keys and their places: MapKeys, Labels, IsMissing.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/op_site.h"
#include "format/op_dtypes.h"
#include "format/rules.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace mle::compiler {
namespace {

Status no_answer(const OpSite& site, size_t element, const std::string& what) {
  return error(Code::InvalidArgument, format::rule::R117_NoAnswer, Status::kNoOffset,
               "correct the row or leave it out", "row %zu: %s", element / site.width(),
               what.c_str());
}

// What a key that is missing or not in the list becomes.
Result<double> instead(const OpSite& site, size_t element, bool missing) {
  const uint32_t answer = site.node.iattr[missing ? 1 : 0];
  if (answer != format::kNoAnswer) return static_cast<double>(answer);
  return no_answer(site, element, missing ? "a missing key" : "an unknown key");
}

Result<Elements> map_texts(const OpSite& site) {
  std::map<std::string, double> places;
  for (const std::string& key : site.node.strings)
    places.emplace(key, static_cast<double>(places.size()));
  Elements y;
  for (size_t i = 0; i < site.inputs[0]->size(); ++i) {
    const std::optional<std::string>& text = site.inputs[0]->texts[i];
    const auto found = text ? places.find(*text) : places.end();
    if (found != places.end()) {
      y.push_back(found->second);
    } else {
      MLE_TRY_ASSIGN(const double answer, instead(site, i, !text));
      y.push_back(answer);
    }
  }
  return y;
}

Result<Elements> map_numbers(const OpSite& site) {
  const Elements& x = *site.inputs[0];
  const Elements& keys = *site.inputs[1];
  const DType dtype = site.fact(0).dtype;
  const bool integers = format::is_integer(dtype);
  Elements y;
  for (size_t i = 0; i < x.size(); ++i) {
    size_t place = 0;  // of the last of equal keys: there are none
    while (place < keys.size() &&
           !(integers ? x.integer(i, dtype) == keys.integer(place, dtype) : x[i] == keys[place]))
      ++place;
    if (place < keys.size()) {
      y.push_back(static_cast<double>(place));
    } else {
      MLE_TRY_ASSIGN(const double answer, instead(site, i, std::isnan(x[i])));
      y.push_back(answer);
    }
  }
  return y;
}

}  // namespace

Result<Elements> run_map_keys(const OpSite& site) {
  return site.fact(0).dtype == DType::Str ? map_texts(site) : map_numbers(site);
}

Result<Elements> run_labels(const OpSite& site) {
  std::vector<std::optional<std::string>> labels;
  for (size_t i = 0; i < site.inputs[0]->size(); ++i) {
    const double place = (*site.inputs[0])[i];
    if (!(place >= 0 && place < static_cast<double>(site.node.strings.size())))
      return no_answer(site, i, "a place outside its list");
    labels.emplace_back(site.node.strings[static_cast<size_t>(place)]);
  }
  return from_texts(std::move(labels));
}

Elements run_is_missing(const OpSite& site) {
  const Elements& x = *site.inputs[0];
  Elements y;
  for (size_t i = 0; i < x.size(); ++i)
    y.push_back(x.texts.empty() ? std::isnan(x[i]) : !x.texts[i]);
  return y;
}

}  // namespace mle::compiler
