// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/estimator.h"

#include "compiler/import/sklearn/refusal.h"
#include "format/rules.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace mle::compiler::sklearn {

using pickle::Id;
using pickle::Kind;

Estimator::Estimator(const pickle::Pickle& pickle, Id id) : pickle_(&pickle), id_(id) {
  if (pickle.at(id).kind != Kind::Call) return;
  path_ = pickle.name_of(id);
  name_ = path_.substr(path_.rfind('.') + 1);
}

void Estimator::refuse_attribute(std::string_view attribute, const std::string& why) const {
  refuse_damaged("'" + std::string(attribute) + "' of " + name_ + " " + why);
}

std::optional<Id> Estimator::find(std::string_view attribute) const {
  return pickle_->attribute(id_, attribute);
}

Id Estimator::need(std::string_view attribute) const {
  if (const auto found = find(attribute)) return *found;
  throw Refusal{Status::make(Code::Unsupported, format::rule::C209_Attribute, Status::kNoOffset,
                             name_ + " has no '" + std::string(attribute) + "'",
                             "save it after fit(); parameters alone answer nothing")};
}

bool Estimator::has(std::string_view attribute) const {
  const auto found = find(attribute);
  return found && !pickle_->is_none(*found);
}

bool Estimator::is_text(std::string_view attribute) const {
  const auto found = find(attribute);
  return found && pickle_->at(*found).kind == Kind::Text;
}

bool Estimator::is_estimator(std::string_view attribute) const {
  const auto found = find(attribute);
  return found && pickle_->at(*found).kind == Kind::Call && !pickle::is_array(*pickle_, *found) &&
         !pickle::is_scalar(*pickle_, *found);
}

double Estimator::real(std::string_view attribute) const {
  const auto number = number_of(*pickle_, need(attribute));
  if (!number) refuse_attribute(attribute, "is no number");
  return *number;
}

double Estimator::real_or(std::string_view attribute, double otherwise) const {
  return has(attribute) ? real(attribute) : otherwise;
}

int64_t Estimator::integer(std::string_view attribute) const {
  const double number = real(attribute);
  if (!(std::abs(number) <= 0x1p53)) refuse_attribute(attribute, "is no whole number");
  return static_cast<int64_t>(number);
}

int64_t Estimator::integer_or(std::string_view attribute, int64_t otherwise) const {
  return has(attribute) ? integer(attribute) : otherwise;
}

bool Estimator::is_older_than(int major, int minor) const {
  const std::string version = text_or("_sklearn_version", "");
  int first = 0, second = 0;
  if (std::sscanf(version.c_str(), "%d.%d", &first, &second) != 2) return false;
  return first < major || (first == major && second < minor);
}

bool Estimator::flag(std::string_view attribute) const { return real(attribute) != 0; }

bool Estimator::flag_or(std::string_view attribute, bool otherwise) const {
  return has(attribute) && !is_text(attribute) ? flag(attribute) : otherwise;
}

std::string Estimator::text(std::string_view attribute) const {
  const Category value = category_of(*pickle_, need(attribute), "'" + std::string(attribute) + "'");
  if (value.kind != Category::Kind::Text) refuse_attribute(attribute, "is no text");
  return value.text;
}

std::string Estimator::text_or(std::string_view attribute, const std::string& otherwise) const {
  return is_text(attribute) ? text(attribute) : otherwise;
}

Reals Estimator::reals(std::string_view attribute) const {
  return reals_of(*pickle_, need(attribute), "'" + std::string(attribute) + "' of " + name_);
}

Matrix Estimator::matrix(std::string_view attribute) const {
  return matrix_of(*pickle_, need(attribute), "'" + std::string(attribute) + "' of " + name_);
}

std::vector<bool> Estimator::mask(std::string_view attribute) const {
  const Reals numbers = reals(attribute);
  std::vector<bool> made;
  for (const double number : numbers) made.push_back(number != 0);
  return made;
}

std::vector<uint32_t> Estimator::indices(std::string_view attribute) const {
  std::vector<uint32_t> made;
  for (const double number : reals(attribute)) {
    if (!(number >= 0 && number < 0x1p31)) refuse_attribute(attribute, "holds no column");
    made.push_back(static_cast<uint32_t>(number));
  }
  return made;
}

size_t Estimator::rank(std::string_view attribute) const {
  const Id id = need(attribute);
  if (!pickle::is_array(*pickle_, id)) return 0;
  return or_refuse(pickle::read_array(*pickle_, id)).rank();
}

Estimator Estimator::estimator(std::string_view attribute) const {
  Estimator made(*pickle_, need(attribute));
  if (made.name().empty()) refuse_attribute(attribute, "is no fitted object");
  return made;
}

std::vector<Id> Estimator::list(std::string_view attribute) const {
  return list_of(*pickle_, need(attribute), "'" + std::string(attribute) + "' of " + name_);
}

std::vector<Estimator> Estimator::estimators(std::string_view attribute) const {
  std::vector<Estimator> made;
  for (const Id id : list(attribute)) made.emplace_back(*pickle_, id);
  return made;
}

std::vector<NamedEstimator> Estimator::named_estimators(std::string_view attribute) const {
  std::vector<NamedEstimator> made;
  for (const Id id : list(attribute)) {
    const auto pair = list_of(*pickle_, id, "a member of '" + std::string(attribute) + "'");
    if (pair.size() < 2) refuse_attribute(attribute, "is no list of names and objects");
    made.emplace_back(std::string(pickle_->text(pair[0])), Estimator(*pickle_, pair[1]));
  }
  return made;
}

Labels Estimator::labels(std::string_view attribute) const {
  return labels_of(*pickle_, need(attribute), "'" + std::string(attribute) + "' of " + name_);
}

std::vector<Labels> Estimator::label_lists(std::string_view attribute) const {
  std::vector<Labels> made;
  if (pickle_->at(need(attribute)).kind != Kind::List) {
    made.push_back(labels(attribute));
    return made;
  }
  for (const Id id : list(attribute))
    made.push_back(labels_of(*pickle_, id, "'" + std::string(attribute) + "' of " + name_));
  return made;
}

}  // namespace mle::compiler::sklearn
