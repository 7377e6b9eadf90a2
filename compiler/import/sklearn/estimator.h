// One fitted object of a pickle, by the names of its attributes. Promise: an attribute that is not
// there or not of the kind asked for is refused by class and name.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/dtype.h>

#include "compiler/import/pickle/array.h"
#include "compiler/import/pickle/object.h"
#include "compiler/import/sklearn/matrix.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::compiler::sklearn {

// Class labels or categories, of one type.
struct Labels {
  enum class Kind : uint8_t { Integers, Floats, Bools, Texts };
  Kind kind = Kind::Integers;
  // What numpy has them in: answers come out in it. Of Texts it says nothing.
  DType dtype = DType::I64;
  std::vector<int64_t> integers;  // and bools; u64 by their bits
  Reals reals;
  std::vector<std::string> texts;

  size_t size() const;
  std::string text(size_t i) const;  // as people read it
};

class Estimator;
using NamedEstimator = std::pair<std::string, Estimator>;

class Estimator {
 public:
  Estimator(const pickle::Pickle& pickle, pickle::Id id);

  // "Ridge": the last component of its class; "" for what is no object of a class.
  const std::string& name() const { return name_; }
  const std::string& class_path() const { return path_; }  // "sklearn.linear_model._ridge.Ridge"
  pickle::Id id() const { return id_; }
  const pickle::Pickle& source() const { return *pickle_; }

  bool has(std::string_view attribute) const;  // and it is not None
  bool is_none(std::string_view attribute) const { return !has(attribute); }
  bool is_text(std::string_view attribute) const;
  bool is_estimator(std::string_view attribute) const;

  // Saved by a scikit-learn before that version?
  bool is_older_than(int major, int minor) const;

  bool flag(std::string_view attribute) const;
  bool flag_or(std::string_view attribute, bool otherwise) const;
  int64_t integer(std::string_view attribute) const;
  int64_t integer_or(std::string_view attribute, int64_t otherwise) const;
  double real(std::string_view attribute) const;
  double real_or(std::string_view attribute, double otherwise) const;
  std::string text(std::string_view attribute) const;
  std::string text_or(std::string_view attribute, const std::string& otherwise) const;

  // Numbers in any shape, scalars too.
  Reals reals(std::string_view attribute) const;
  // Two axes; a vector is one row. Sparse ones are filled up.
  Matrix matrix(std::string_view attribute) const;
  std::vector<bool> mask(std::string_view attribute) const;
  std::vector<uint32_t> indices(std::string_view attribute) const;
  size_t rank(std::string_view attribute) const;  // 0 for a scalar

  Estimator estimator(std::string_view attribute) const;
  std::vector<Estimator> estimators(std::string_view attribute) const;  // of a list or an array
  std::vector<NamedEstimator> named_estimators(
      std::string_view attribute) const;  // of (name, object)
  std::vector<pickle::Id> list(
      std::string_view attribute) const;  // list, tuple or array of objects
  std::optional<pickle::Id> find(std::string_view attribute) const;

  Labels labels(std::string_view attribute) const;
  // One list for each output where the attribute is a list of arrays.
  std::vector<Labels> label_lists(std::string_view attribute) const;

  pickle::Id need(std::string_view attribute) const;
  [[noreturn]] void refuse_attribute(std::string_view attribute, const std::string& why) const;

 private:
  const pickle::Pickle* pickle_;
  pickle::Id id_;
  std::string path_, name_;
};

// The same for any object of a pickle; `what` names it where it is refused.
std::optional<double> number_of(const pickle::Pickle& pickle, pickle::Id id);
Reals reals_of(const pickle::Pickle& pickle, pickle::Id id, const std::string& what);
Matrix matrix_of(const pickle::Pickle& pickle, pickle::Id id, const std::string& what);
std::vector<pickle::Id> list_of(const pickle::Pickle& pickle, pickle::Id id,
                                const std::string& what);
Labels labels_of(const pickle::Pickle& pickle, pickle::Id id, const std::string& what);

// Elements of an object that are texts, None, NaN or numbers: what categories are made of.
struct Category {
  enum class Kind : uint8_t { Text, Integer, Real, Bool, None, NaN };
  Kind kind = Kind::None;
  std::string text;
  int64_t integer = 0;
  double real = 0;
};
std::vector<Category> categories_of(const pickle::Pickle& pickle, pickle::Id id,
                                    const std::string& what);
Category category_of(const pickle::Pickle& pickle, pickle::Id id, const std::string& what);

}  // namespace mle::compiler::sklearn
