// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/json.h"
#include "tools/cli/table.h"
#include "tools/cli/text.h"
#include "tools/mle-inspect/diff.h"

namespace mle::tools {
namespace {

void append_list(std::string& out, const char* title, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out += std::string(title) + "\n";
  for (const std::string& line : lines) out += "  " + printable(line) + "\n";
}

}  // namespace

std::string diff_text(const std::string& a, const std::string& b, const DiffReport& report) {
  std::string out = printable(a) + " → " + printable(b) + "\n";
  append_list(out, "structure", report.structure);
  append_list(out, "labels and columns", report.labels);
  append_list(out, "provenance", report.provenance);
  if (!report.tensors.empty()) {
    Table table{{"constants", "shape", "differ", "max abs", "max ULP", "at"}, {}};
    for (const TensorDiff& tensor : report.tensors)
      table.rows.push_back({printable(tensor.op + "  " + tensor.tensor), tensor.shape,
                            grouped(tensor.different) + " of " + grouped(tensor.elements),
                            three_digits(tensor.max_abs), three_digits(tensor.max_ulp),
                            grouped(tensor.at)});
    out += table.aligned();
  }
  out += "equal: " + grouped(report.equal_tensors) + " constants of " +
         grouped(report.equal_elements) + " elements\n";
  return out + (report.equal() ? "no differences\n" : "");
}

std::string diff_json(const std::string& a, const std::string& b, const DiffReport& report) {
  JsonWriter json;
  json.begin_object().field("schema", "mle-diff/1").field("file", a).field("other", b);
  json.key("equal").boolean(report.equal());
  json.texts("structure", report.structure);
  json.texts("labels", report.labels);
  json.texts("provenance", report.provenance);
  json.key("tensors").begin_array();
  for (const TensorDiff& tensor : report.tensors) {
    json.begin_object().field("op", tensor.op).field("tensor", tensor.tensor);
    json.field("shape", tensor.shape).field("elements", tensor.elements);
    json.field("different", tensor.different).key("max_abs").number(tensor.max_abs);
    json.key("max_ulp").number(tensor.max_ulp).field("at", tensor.at).end_object();
  }
  json.end_array().field("equal_tensors", report.equal_tensors);
  return json.field("equal_elements", report.equal_elements).end_object().str();
}

}  // namespace mle::tools
