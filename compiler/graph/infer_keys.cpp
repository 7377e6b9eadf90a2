// Keys and their places: MapKeys, Labels, IsMissing.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/shape_site.h"

#include <set>
#include <string_view>

namespace mle::compiler {
namespace {

Status want_strings(const Node& node) {
  if (!node.strings.empty()) return {};
  return refuse(C213_GraphBroken, "", "%s without strings", name_of(node.kind));
}

}  // namespace

Result<Fact> infer_map_keys(const ShapeSite& site) {
  const bool texts = site.fact(0).dtype == DType::Str;
  MLE_TRY(want_counts(site.node, texts ? 1 : 2, texts ? 1 : 2, 2));
  if (texts) {
    MLE_TRY(want_strings(site.node));
    std::set<std::string_view> seen;
    for (const std::string& key : site.node.strings)
      if (!seen.insert(key).second)
        return refuse(C213_GraphBroken, "", "a key stands twice in a list");
  } else {
    MLE_TRY(want_dtype(site, 1, site.fact(0).dtype));
    if (!site.is_constant(1) || site.fact(1).dims.size() != 1)
      return refuse(C213_GraphBroken, "", "the keys of MapKeys are no constant list");
  }
  return Fact{DType::I64, site.fact(0).rows, site.fact(0).dims};
}

Result<Fact> infer_labels(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 0));
  MLE_TRY(want_dtype(site, 0, DType::I64));
  MLE_TRY(want_strings(site.node));
  return Fact{DType::Str, site.fact(0).rows, site.fact(0).dims};
}

Result<Fact> infer_is_missing(const ShapeSite& site) {
  MLE_TRY(want_counts(site.node, 1, 1, 0));
  const auto dtypes = format::set_of(DType::F32) | format::set_of(DType::F64) | format::kStrings;
  MLE_TRY(want_dtype_of(site, 0, dtypes));
  return Fact{DType::Bool, site.fact(0).rows, site.fact(0).dims};
}

}  // namespace mle::compiler
