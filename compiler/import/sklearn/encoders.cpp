// Encoders of categories.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/categories.h"
#include "compiler/import/sklearn/kinds.h"
#include "compiler/import/sklearn/refusal.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mle::compiler::sklearn {
namespace {

constexpr double kNobody = -1;  // a code that is no column

// The categories of each column.
std::vector<std::vector<Category>> categories_of_all(const Estimator& e, const Frame& x) {
  std::vector<std::vector<Category>> made;
  for (const pickle::Id id : e.list("categories_"))
    made.push_back(categories_of(e.source(), id, "'categories_' of " + e.name()));
  if (made.size() != x.width())
    refuse_damaged(e.name() + " has categories for " + std::to_string(made.size()) +
                   " columns and is given " + std::to_string(x.width()));
  return made;
}

// Where rare categories go: the group of each category of a column; nothing where there is none.
std::optional<Reals> grouping_of(const Estimator& e, size_t column) {
  if (!e.flag_or("_infrequent_enabled", false) || !e.has("_default_to_infrequent_mappings"))
    return std::nullopt;
  const auto mappings = e.list("_default_to_infrequent_mappings");
  if (column >= mappings.size() || e.source().is_none(mappings[column])) return std::nullopt;
  return reals_of(e.source(), mappings[column], "'_default_to_infrequent_mappings'");
}

double group_of(const std::optional<Reals>& grouping, size_t category) {
  if (!grouping) return static_cast<double>(category);
  if (category >= grouping->size()) refuse_damaged("an encoder has too few groups of categories");
  return (*grouping)[category];
}

// The group of rare categories of a column, where it has one.
std::optional<double> rare_group(const Estimator& e, size_t column,
                                 const std::optional<Reals>& grouping) {
  if (!grouping || !e.has("_infrequent_indices")) return std::nullopt;
  const auto lists = e.list("_infrequent_indices");
  if (column >= lists.size() || e.source().is_none(lists[column])) return std::nullopt;
  const Reals rare = reals_of(e.source(), lists[column], "'_infrequent_indices'");
  if (rare.empty() || !(rare[0] >= 0)) return std::nullopt;
  return group_of(grouping, static_cast<size_t>(rare[0]));
}

// The group that has no column of its own. What is dropped is counted in groups since there are
// some: under a private name from 1.2 on.
std::optional<double> dropped_group(const Estimator& e, size_t column) {
  const char* attribute =
      e.has("_drop_idx_after_grouping") ? "_drop_idx_after_grouping" : "drop_idx_";
  if (!e.has(attribute)) return std::nullopt;
  const auto all = categories_of(e.source(), e.need(attribute), "'drop_idx_'");
  if (column >= all.size()) refuse_damaged("OneHotEncoder drops of other columns");
  if (all[column].kind == Category::Kind::None) return std::nullopt;
  return all[column].kind == Category::Kind::Real ? std::trunc(all[column].real)
                                                  : static_cast<double>(all[column].integer);
}

}  // namespace

Frame transform_one_hot(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const std::string unknown = e.text_or("handle_unknown", "error");
  std::vector<ValueId> codes;
  std::vector<uint32_t> repeated;
  Reals numbers_of_columns;
  const auto categories = categories_of_all(e, x);
  for (uint32_t i = 0; i < categories.size(); ++i) {
    const auto grouping = grouping_of(e, i);
    const auto dropped = dropped_group(e, i);
    double groups = 0;
    Coding coding{categories[i], Matrix::zeros(categories[i].size(), 1), Reals{kNobody}};
    const auto column_of = [&](double group) {
      if (!dropped || group < *dropped) return group;
      return group == *dropped ? kNobody : group - 1;
    };
    for (size_t c = 0; c < categories[i].size(); ++c) {
      const double group = group_of(grouping, c);
      groups = std::max(groups, group + 1);
      coding.codes.at(c, 0) = column_of(group);
    }
    if (unknown == "error") coding.unknown.reset();
    const auto rare = rare_group(e, i, grouping);
    // Before 1.8 "warn" said that it groups them, and did not.
    const bool grouped =
        unknown == "infrequent_if_exist" || (unknown == "warn" && !e.is_older_than(1, 8));
    if (grouped && rare) coding.unknown = Reals{column_of(*rare)};
    codes.push_back(coded(r, x, i, coding));
    const double columns = groups - (dropped ? 1 : 0);
    for (double column = 0; column < columns; ++column) {
      repeated.push_back(i);
      numbers_of_columns.push_back(column);
    }
  }
  const ValueId each = b.columns(b.concat(codes), repeated);
  const ValueId is_it = b.compare(CompareFn::Equal, each, b.vector(numbers_of_columns));
  return Frame::computed(b, b.cast(is_it, DType::F64));
}

Frame transform_ordinal(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const bool encodes_unknown = e.text_or("handle_unknown", "error") == "use_encoded_value";
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<ValueId> codes;
  const auto categories = categories_of_all(e, x);
  for (uint32_t i = 0; i < categories.size(); ++i) {
    const auto grouping = grouping_of(e, i);
    Coding coding{categories[i], Matrix::zeros(categories[i].size(), 1), std::nullopt};
    for (size_t c = 0; c < categories[i].size(); ++c) {
      const bool missing = categories[i][c].kind == Category::Kind::NaN;
      coding.codes.at(c, 0) =
          missing ? e.real_or("encoded_missing_value", nan) : group_of(grouping, c);
    }
    if (encodes_unknown) coding.unknown = Reals{e.real_or("unknown_value", nan)};
    codes.push_back(coded(r, x, i, coding));
  }
  return Frame::computed(b, b.concat(codes));
}

// The mean of the target where the category was seen.
Frame transform_target_encoder(Reading& r, const Estimator& e, const Frame& x) {
  Builder& b = r.b;
  const auto encodings = e.list("encodings_");
  const Reals means = e.reals("target_mean_");
  const auto categories = categories_of_all(e, x);
  const size_t classes = e.text_or("target_type_", "continuous") == "multiclass" ? means.size() : 1;
  if (encodings.size() != categories.size() * classes || means.empty())
    refuse_damaged("TargetEncoder has other numbers of columns in its parts");
  std::vector<ValueId> codes;
  for (uint32_t i = 0; i < categories.size(); ++i) {
    Coding coding{categories[i], Matrix::zeros(categories[i].size(), classes), Reals()};
    for (size_t k = 0; k < classes; ++k) {
      const Reals encoding = reals_of(e.source(), encodings[i * classes + k], "'encodings_'");
      if (encoding.size() != categories[i].size())
        refuse_damaged("TargetEncoder has other numbers of categories in its parts");
      for (size_t c = 0; c < encoding.size(); ++c) coding.codes.at(c, k) = encoding[c];
      coding.unknown->push_back(means[k]);
    }
    codes.push_back(coded(r, x, i, coding));
  }
  return Frame::computed(b, b.concat(codes));
}

}  // namespace mle::compiler::sklearn
