// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/network/architecture.h"

#include "compiler/import/json/document.h"
#include "compiler/import/network/layers.h"
#include "format/limits.h"

#include <cmath>
#include <utility>

namespace mle::compiler::network {
namespace {

using enum format::rule::Rule;
using nlohmann::json;

constexpr const char* kWayOut =
    "an architecture file reads {\"inputs\": {\"x\": [\"N\", 24]}, \"layers\": [{\"op\": "
    "\"linear\", "
    "\"weight\": \"0.weight\", \"bias\": \"0.bias\"}, {\"op\": \"relu\"}]}";

void add(Problems& problems, std::string where, std::string what) {
  problems.add(Code::InvalidArgument, C209_Attribute, std::move(where), std::move(what), kWayOut);
}

// ["N", 24]: the first axis is that of the rows.
void parse_row(const json& shape, Architecture& made, Problems& problems) {
  const std::string where = "input '" + made.input + "'";
  if (!shape.is_array() || shape.empty() || shape.size() > format::kMaxRank)
    return add(problems, where, "its shape is no list of axes");
  for (size_t axis = 1; axis < shape.size(); ++axis) {
    const bool fits = shape[axis].is_number_unsigned() && shape[axis].get<uint64_t>() >= 1 &&
                      shape[axis].get<uint64_t>() <= format::kMaxDim;
    if (!fits)
      return add(problems, where, "an axis beyond the first is no number from 1 to 16777216");
    made.row.push_back(shape[axis].get<uint32_t>());
  }
}

void parse_inputs(const json& document, Architecture& made, Problems& problems) {
  const auto inputs = document.find("inputs");
  if (inputs == document.end()) return;
  if (!inputs->is_object() || inputs->size() != 1)
    return add(problems, "inputs", "a chain of layers has one input");
  made.input = inputs->begin().key();
  parse_row(inputs->begin().value(), made, problems);
}

void parse_layer(const json& given, size_t index, Architecture& made, Problems& problems) {
  const std::string where = "layer " + std::to_string(index);
  if (!given.is_object() || !given.contains("op") || !given["op"].is_string())
    return add(problems, where, "it has no \"op\"");
  Layer layer;
  layer.op = given["op"].get<std::string>();
  const LayerKind* kind = find_layer_kind(layer.op);
  if (kind == nullptr)
    return problems.add(Code::Unsupported, C205_UnsupportedOp, where,
                        "no layer is called '" + layer.op.substr(0, 80) + "'",
                        "layers are " + layer_kinds_text());
  for (const auto& [key, value] : given.items()) {
    if (key == "op") continue;
    if (!kind->takes(key)) {
      add(problems, where + " (" + layer.op + ")", "it takes no \"" + key.substr(0, 80) + "\"");
    } else if (value.is_number() && std::isfinite(value.get<double>())) {
      layer.numbers[key] = value.get<double>();
    } else if (value.is_string()) {
      (kind->is_tensor(key) ? layer.tensors : layer.words)[key] = value.get<std::string>();
    } else if (!value.is_null()) {
      add(problems, where + " (" + layer.op + ")",
          "\"" + key + "\" is neither a text nor a number");
    }
  }
  made.layers.push_back(std::move(layer));
}

}  // namespace

std::optional<Architecture> parse_architecture(std::span<const std::byte> bytes,
                                               Problems& problems) {
  const Result<json> document = parse_json(bytes);
  if (!document) {
    problems.add(document.error(), "--arch");
    return std::nullopt;
  }
  Architecture made;
  if (!document->is_object() || !document->contains("layers") ||
      !(*document)["layers"].is_array() || (*document)["layers"].empty()) {
    add(problems, "--arch", "the file has no list of \"layers\"");
    return std::nullopt;
  }
  parse_inputs(*document, made, problems);
  for (const json& layer : (*document)["layers"])
    parse_layer(layer, made.layers.size() + 1, made, problems);
  if (!problems.empty()) return std::nullopt;
  return made;
}

}  // namespace mle::compiler::network
