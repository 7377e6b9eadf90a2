// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-convert/report.h"

#include "tools/cli/table.h"
#include "tools/cli/text.h"

#include <algorithm>

namespace mle::tools {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (size_t i = 0; i < parts.size() && i < 8; ++i)
    text += (i == 0 ? "" : ", ") + printable(parts[i]);
  return text + (parts.size() > 8 ? ", …" : "");
}

std::string count_text(uint64_t count, const char* noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

uint64_t golden_rows(const Conversion& result) {
  uint64_t rows = 0;
  for (const GoldenReport& report : result.golden) rows += report.rows;
  return rows;
}

double golden_error(const Conversion& result) {
  double worst = 0;
  for (const GoldenReport& report : result.golden) worst = std::max(worst, report.worst_abs);
  return worst;
}

// The entries are asked for the same rows: the worst of them, once for each who recorded answers.
std::string golden_text(const std::vector<GoldenReport>& reports) {
  std::vector<GoldenReport> worst;
  for (const GoldenReport& report : reports) {
    const auto same = std::find_if(worst.begin(), worst.end(), [&](const GoldenReport& each) {
      return each.reference == report.reference;
    });
    if (same == worst.end()) {
      worst.push_back(report);
      continue;
    }
    same->worst_abs = std::max(same->worst_abs, report.worst_abs);
    if (report.worst_ulp > same->worst_ulp) {
      same->worst_ulp = report.worst_ulp;
      same->ulp = report.ulp;
    }
  }
  std::string text;
  for (const GoldenReport& each : worst)
    text += (text.empty() ? "at most " : "; ") + three_digits(each.worst_abs) + " (" +
            three_digits(each.worst_ulp) + " ULP of " + name_of(each.ulp) + ") from the " +
            each.reference + " in " + count_text(each.rows, "golden row");
  return text.empty() ? "no golden rows" : text;
}

std::string error_text(const Conversion& result) {
  std::string text = golden_text(result.golden);
  if (result.check)
    text += "; at most " + three_digits(result.check->worst_abs) + " in " +
            count_text(result.check->rows, "check row");
  return text;
}

std::string precision_text(const compiler::PrecisionReport& precision) {
  std::string text = precision.f32 ? "f32" : "f64";
  if (!precision.tried) return text + ", the source f64";
  text +=
      precision.f32 ? ", the source f64: f32 moves answers by " : ": f32 would move answers by ";
  return text + three_digits(precision.error) + " of their spread on " +
         count_text(precision.rows, "row") + ", " + printable(precision.rows_from);
}

std::string times_text(double before, double after) {
  if (!(after > 0)) return "";
  std::string text = three_digits(before / after);
  return text + "x";
}

// As --weights has it.
std::string weights_name(DType dtype) { return dtype == DType::I8 ? "int8" : name_of(dtype); }

// Size, speed and error of the file, beside those of the same model with f32 weights.
std::string weights_text(const compiler::WeightsReport& w) {
  const std::string name = weights_name(w.weights);
  Table table{{"", "f32", name, "f32 / " + name}, {}};
  table.rows.push_back(
      {"size", byte_text(w.bytes_f32), byte_text(w.bytes),
       times_text(static_cast<double>(w.bytes_f32), static_cast<double>(w.bytes))});
  for (const compiler::WeightsSpeed& speed : w.speed)
    table.rows.push_back({"time per row, " + count_text(speed.rows, "row") + " a call",
                          duration_text(speed.ns_f32), duration_text(speed.ns),
                          times_text(speed.ns_f32, speed.ns)});
  if (w.rows > 0) {
    table.rows.push_back(
        {"largest error", three_digits(w.error_f32.most_abs), three_digits(w.error.most_abs), ""});
    table.rows.push_back(
        {"mean error", three_digits(w.error_f32.mean_abs), three_digits(w.error.mean_abs), ""});
    table.rows.push_back({"largest error, of the output's size", three_digits(w.error_f32.most),
                          three_digits(w.error.most), ""});
    if (w.error.changed != 0 || w.error_f32.changed != 0)
      table.rows.push_back(
          {"other labels", grouped(w.error_f32.changed), grouped(w.error.changed), ""});
  }
  std::string text = "  weights   " + name + " in " + count_text(w.layers, "layer");
  if (w.narrow_rows > 0)
    text += (w.weights == DType::I8 ? ", rows in 8 bits in " : ", rows in bf16 in ") +
            count_text(w.narrow_rows, "layer");
  if (w.kept > 0) text += ", f32 in " + count_text(w.kept, "layer") + " too narrow for it";
  text += w.rows > 0 ? "; errors are from the judge, on " + count_text(w.rows, "row") + ", " +
                           printable(w.rows_from) + ", at most " + three_digits(w.tolerance) +
                           " of the output's size are allowed\n"
                     : "\n";
  std::string lines = table.aligned();
  for (size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1)
    text += "    " + lines.substr(at, lines.find('\n', at) + 1 - at);
  return text;
}

void write_weights(JsonWriter& json, const compiler::WeightsReport& w) {
  const auto error = [&](const char* key, const compiler::WeightsError& of) {
    json.key(key).begin_object().key("largest").number(of.most_abs);
    json.key("mean").number(of.mean_abs).key("relative").number(of.most);
    json.field("changed_labels", of.changed).end_object();
  };
  json.key("weights").begin_object().field("stored", weights_name(w.weights));
  json.field("layers", uint64_t{w.layers}).field("kept_f32", uint64_t{w.kept});
  json.field("computed_int8", uint64_t{w.weights == DType::I8 ? w.narrow_rows : 0});
  json.field("computed_bf16", uint64_t{w.weights == DType::BF16 ? w.narrow_rows : 0});
  json.field("bytes_f32", w.bytes_f32).field("bytes", w.bytes);
  if (w.rows > 0) {
    json.field("rows", uint64_t{w.rows}).field("rows_from", w.rows_from);
    json.key("tolerance").number(w.tolerance);
    error("error_f32", w.error_f32);
    error("error", w.error);
  }
  json.key("speed").begin_array();
  for (const compiler::WeightsSpeed& speed : w.speed) {
    json.begin_object().field("rows", uint64_t{speed.rows});
    json.key("ns_per_row_f32").number(speed.ns_f32);
    json.key("ns_per_row").number(speed.ns).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

void print_problems(const Conversion& result, const Console& console) {
  for (const compiler::Problem& problem : result.problems.kept()) {
    const std::string where = problem.where.empty() ? "" : problem.where + ": ";
    // Some messages name the file themselves.
    const bool named = problem.what.rfind(result.source, 0) == 0;
    console.error(named ? "" : result.source, where + problem.what, problem.hint);
  }
  const size_t hidden = result.problems.count() - result.problems.kept().size();
  if (hidden > 0)
    console.error(result.source, "and " + count_text(hidden, "problem") + " more of that kind");
  if (result.ok())
    for (const std::string& note : result.summary.notes) console.warning(result.source, note);
}

std::string summary_text(const Conversion& result) {
  const compiler::Summary& s = result.summary;
  std::string text = printable(result.source) + " → " + printable(result.output) + "\n";
  text += "  read      " + s.importer +
          (result.origin.empty() ? "" : " by " + printable(result.origin)) + ", " +
          count_text(s.nodes_in_source, "node") + "\n";
  text += "  takes     " + joined(s.inputs) + "\n";
  text += "  gives     " + joined(s.outputs) + "\n";
  text += "  compiled  " + count_text(s.ops, "layer") + ", " +
          count_text(s.parameters, "parameter") + ", " + byte_text(result.bytes) + "\n";
  if (s.precision) text += "  computes  " + precision_text(*s.precision) + "\n";
  if (s.weights) text += weights_text(*s.weights);
  text += "  error     " + error_text(result) + "\n";
  text += "  time      " + duration_text(result.seconds * 1e9) + "\n";
  return text;
}

std::string folder_text(const std::vector<Conversion>& results, size_t skipped, double seconds) {
  Table table{{"model", "layers", "parameters", "size", "error", "time"}, {}};
  size_t failed = 0;
  for (const Conversion& result : results) {
    if (!result.ok()) {
      ++failed;
      table.rows.push_back(
          {printable(result.source), "failed", "", "", "", duration_text(result.seconds * 1e9)});
      continue;
    }
    table.rows.push_back({printable(result.source), grouped(result.summary.ops),
                          grouped(result.summary.parameters), byte_text(result.bytes),
                          three_digits(golden_error(result)), duration_text(result.seconds * 1e9)});
  }
  std::string text = results.empty() ? "" : table.aligned();
  text += count_text(results.size() - failed, "model") + " converted, " + grouped(failed) +
          " failed, " + grouped(skipped) + " other files left alone, " +
          duration_text(seconds * 1e9) + "\n";
  return text;
}

std::string json_text(const std::vector<Conversion>& results) {
  JsonWriter json;
  json.begin_object().field("schema", "mle-convert/1").key("models").begin_array();
  for (const Conversion& result : results) {
    const compiler::Summary& s = result.summary;
    json.begin_object().field("source", result.source);
    json.key("ok").boolean(result.ok());
    if (result.ok()) {
      json.field("output", result.output).field("importer", s.importer);
      json.field("framework", result.origin).field("model", s.model_name);
      json.texts("inputs", s.inputs).texts("outputs", s.outputs).texts("notes", s.notes);
      json.field("nodes", s.nodes_in_source).field("layers", s.ops);
      json.field("parameters", s.parameters).field("bytes", result.bytes);
      if (s.precision) {
        json.key("precision").begin_object().field("computes", s.precision->f32 ? "f32" : "f64");
        json.field("source", "f64");
        if (s.precision->tried) {
          json.field("rows", uint64_t{s.precision->rows});
          json.field("rows_from", s.precision->rows_from);
          json.key("error").number(s.precision->error);
        }
        json.end_object();
      }
      if (s.weights) write_weights(json, *s.weights);
      json.field("golden_rows", golden_rows(result));
      json.key("golden_error").number(golden_error(result));
      if (result.check) {
        json.field("check_rows", result.check->rows);
        json.key("check_error").number(result.check->worst_abs);
      }
    }
    json.key("seconds").number(result.seconds);
    json.key("problems").begin_array();
    for (const compiler::Problem& problem : result.problems.kept()) {
      const format::RuleText* rule = format::find_rule(problem.rule);
      json.begin_object().field("rule", rule == nullptr ? "" : rule->code);
      json.field("where", problem.where).field("message", problem.what);
      json.field("hint", problem.hint).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.str();
}

}  // namespace mle::tools
