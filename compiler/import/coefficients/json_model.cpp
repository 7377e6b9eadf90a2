// {"link": …, "coef": [[…]], "intercept": […], "features": […]}
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/coefficients/coefficients.h"
#include "compiler/import/json/document.h"
#include "format/rules.h"

#include <algorithm>
#include <string_view>

namespace mle::compiler::coefficients {
namespace {

using enum format::rule::Rule;
using nlohmann::json;

Status damaged(const std::string& what) {
  return Status::make(Code::Corrupt, C204_Damaged, Status::kNoOffset, what,
                      "{\"link\": \"identity\", \"coef\": [[…]], \"intercept\": […]}");
}

// A number, a list of them, or nothing.
Result<std::vector<double>> numbers_of(const json& told, const char* what) {
  std::vector<double> made;
  if (told.is_number()) return std::vector<double>{told.get<double>()};
  if (!told.is_array()) return damaged(std::string(what) + " is no list of numbers");
  for (const json& each : told) {
    if (!each.is_number()) return damaged(std::string(what) + " is no list of numbers");
    made.push_back(each.get<double>());
  }
  return made;
}

std::vector<std::string> texts_of(const json& document, const char* key) {
  std::vector<std::string> made;
  if (!document.contains(key) || !document[key].is_array()) return made;
  for (const json& each : document[key])
    if (each.is_string()) made.push_back(each.get<std::string>());
  return made;
}

}  // namespace

bool can_read_json(const SourceFile& source) {
  const std::string_view text(reinterpret_cast<const char*>(source.bytes.data()),
                              source.bytes.size());
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' &&
         text.find("\"coef\"") != std::string_view::npos;
}

Result<LinearModel> read_json_model(const SourceFile& source) {
  MLE_TRY_ASSIGN(const json document, parse_json(source.bytes));
  if (!document.is_object() || !document.contains("coef") || !document["coef"].is_array() ||
      document["coef"].empty())
    return damaged("there is no \"coef\"");
  LinearModel model;
  const json& coef = document["coef"];
  const bool matrix = coef[0].is_array();
  for (const json& row : matrix ? coef : json::array({coef})) {
    MLE_TRY_ASSIGN(const std::vector<double> numbers, numbers_of(row, "\"coef\""));
    if (model.weights.rows++ > 0 && numbers.size() != model.weights.columns)
      return damaged("the rows of \"coef\" are of different lengths");
    model.weights.columns = numbers.size();
    model.weights.values.insert(model.weights.values.end(), numbers.begin(), numbers.end());
  }
  model.intercepts = {0};
  if (document.contains("intercept") && !document["intercept"].is_null()) {
    MLE_TRY_ASSIGN(model.intercepts, numbers_of(document["intercept"], "\"intercept\""));
  }
  if (document.contains("link")) {
    if (!document["link"].is_string()) return damaged("\"link\" is no text");
    MLE_TRY_ASSIGN(model.link, link_of(document["link"].get<std::string>()));
  }
  model.flat = true;
  model.features = texts_of(document, "features");
  model.targets = texts_of(document, "targets");
  return model;
}

}  // namespace mle::compiler::coefficients
