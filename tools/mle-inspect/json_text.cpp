// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/json.h"
#include "tools/mle-inspect/screens.h"

#include <cstdio>

namespace mle::tools {
namespace {

void write_port(JsonWriter& json, const PortFacts& port) {
  json.begin_object().field("name", port.name).field("dtype", port.dtype);
  json.key("per_row").boolean(port.per_row).field("source_rows", port.source_rows);
  if (!port.axes.empty()) json.field("axes", port.axes);
  json.key("dims").begin_array();
  for (const uint64_t dim : port.dims) json.whole(dim);
  json.end_array();
  json.texts("features", port.features).texts("labels", port.labels);
  if (!port.classes.empty()) json.texts("classes", port.classes);
  json.field("doc", port.doc).field("unit", port.unit).end_object();
}

void write_entry(JsonWriter& json, const EntryFacts& entry) {
  json.begin_object().field("name", entry.name).field("task", entry.task);
  json.key("inputs").begin_array();
  for (const PortFacts& port : entry.inputs) write_port(json, port);
  json.end_array().key("outputs").begin_array();
  for (const PortFacts& port : entry.outputs) write_port(json, port);
  json.end_array().field("golden_rows", entry.golden_rows);
  json.field("golden_reference", entry.golden_reference);
  json.key("golden_atol").number(entry.golden_atol);
  json.key("golden_rtol").number(entry.golden_rtol).end_object();
}

void write_step(JsonWriter& json, const StepFacts& step) {
  json.begin_object().field("name", step.name).field("kind", step.kind).field("act", step.act);
  json.texts("inputs", step.inputs).texts("outputs", step.outputs);
  json.field("parameters", step.parameters).field("weight_bytes", step.weight_bytes).end_object();
}

void write_segment(JsonWriter& json, const SegmentFacts& segment) {
  char sum[20];
  std::snprintf(sum, sizeof sum, "%016llx", static_cast<unsigned long long>(segment.sum));
  json.begin_object().field("kind", segment.kind).field("offset", segment.offset);
  json.field("bytes", segment.bytes).field("xxh3", sum).end_object();
}

void write_verify(JsonWriter& json, const VerifyReport& report) {
  json.key("verify").begin_object();
  json.key("ok").boolean(report.wrong() == 0);
  json.key("golden").begin_array();
  for (const IsaReport& isa : report.isas)
    for (const GoldenReport& golden : isa.golden) {
      json.begin_object().field("isa", isa.isa).field("entry", golden.entry);
      json.field("rows", golden.rows).field("wrong", golden.wrong);
      json.key("max_abs_error").number(golden.worst_abs);
      json.key("max_ulp_error").number(golden.worst_ulp);
      json.field("first_wrong", golden.first_wrong).end_object();
    }
  json.end_array().end_object();
}

void write_map(JsonWriter& json, const std::vector<MapRange>& map) {
  json.key("map").begin_array();
  for (const MapRange& range : map) {
    json.begin_object().field("begin", range.begin).field("end", range.end);
    json.field("part", range.part).field("what", range.what).end_object();
  }
  json.end_array();
}

}  // namespace

std::string json_text(const std::string& path, const FileFacts& facts,
                      const std::vector<MapRange>& map, const VerifyReport* report) {
  JsonWriter json;
  json.begin_object().field("schema", "mle-inspect/1").field("file", path);
  json.field("format",
             std::to_string(facts.format_major) + "." + std::to_string(facts.format_minor));
  json.texts("required_features", facts.required_features);
  json.key("rows_mix").boolean(facts.rows_mix);
  json.field("name", facts.name).field("version", facts.version).field("doc", facts.doc);
  json.field("license", facts.license).field("author", facts.author);
  json.key("entries").begin_array();
  for (const EntryFacts& entry : facts.entries) write_entry(json, entry);
  json.end_array().key("steps").begin_array();
  for (const StepFacts& step : facts.steps) write_step(json, step);
  json.end_array().field("parameters", facts.parameters).field("tensors", facts.tensors);
  json.field("file_bytes", facts.file_bytes).field("program_bytes", facts.program_bytes);
  json.field("arena_bytes", facts.arena_bytes);
  json.key("segments").begin_array();
  for (const SegmentFacts& segment : facts.segments) write_segment(json, segment);
  json.end_array().key("source").begin_object();
  json.field("kind", facts.source_kind).field("file", facts.source_file);
  json.field("sha256", facts.source_sha256).field("framework", facts.framework);
  json.field("converter", facts.converter).key("created");
  if (facts.created)
    json.whole(*facts.created);
  else
    json.null();
  json.end_object().key("meta").begin_object();
  for (const auto& [key, value] : facts.meta) json.field(key, value);
  json.end_object();
  if (!map.empty()) write_map(json, map);
  if (report != nullptr) write_verify(json, *report);
  return json.end_object().str();
}

}  // namespace mle::tools
