// The journey of a model, left of the wall: detect → import → check → precision → passes → golden
// rows → emit → prove.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"

#include "compiler/emit/sha256.h"
#include "compiler/graph/check.h"
#include "compiler/graph/print.h"
#include "compiler/passes/lower_precision.h"
#include "compiler/passes/passes.h"
#include "compiler/try_file.h"
#include "compiler/turning_rows.h"
#include "format/file_view.h"
#include "format/limits.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace mle::compiler {
namespace {

using enum format::rule::Rule;

std::string last_component(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string without_suffix(const std::string& name) {
  const size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

// "89 50 4e 47 …", for whoever wonders what the file is.
std::string first_bytes(const SourceFile& source) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::byte byte : source.bytes.first(std::min<size_t>(8, source.bytes.size()))) {
    const auto number = std::to_integer<unsigned>(byte);
    if (!text.empty()) text += ' ';
    text += {kDigits[number / 16], kDigits[number % 16]};
  }
  return text;
}

// What the file is, where others' formats say so at a fixed place.
std::string foreign_kind(const SourceFile& source) {
  struct Foreign {
    size_t at;
    std::string_view magic, kind;
  };
  static constexpr Foreign kKinds[] = {{4, "TFL3", "a TensorFlow Lite model"},
                                       {0, "GGUF", "a GGUF file"}};
  for (const Foreign& foreign : kKinds)
    if (source.bytes.size() >= foreign.at + foreign.magic.size() &&
        std::memcmp(source.bytes.data() + foreign.at, foreign.magic.data(), foreign.magic.size()) ==
            0)
      return std::string(foreign.kind);
  return "";
}

const Importer* detect(const SourceFile& source, const std::string& from, Problems& problems) {
  std::string known;
  for (const Importer& importer : importers()) {
    if (from.empty() ? importer.can_read(source) : from == importer.name) return &importer;
    known += (known.empty() ? "" : ", ") + std::string(importer.description);
  }
  const std::string kind = foreign_kind(source);
  if (from.empty() && !kind.empty())
    problems.add(Code::Unsupported, C201_UnknownFormat, "",
                 "the file is " + kind + ", which is not read",
                 "convert the model it was made from; we read " + known);
  else if (from.empty())
    problems.add(Code::Unsupported, C201_UnknownFormat, "",
                 "the file is in no format we read; it begins with " + first_bytes(source),
                 "we read " + known);
  else
    problems.add(Code::InvalidArgument, C220_Option, "", "no importer is called '" + from + "'",
                 "we read " + known);
  return nullptr;
}

// Names of columns from the command line go to the first port of each entry they fit in number.
void set_columns(Graph& graph, const std::vector<std::string>& names,
                 std::vector<GraphPort> GraphEntry::*ports,
                 std::vector<std::string> GraphPort::*list, const char* option,
                 Problems& problems) {
  if (names.empty()) return;
  std::string columns;
  bool fitted = false;
  for (GraphEntry& entry : graph.entries) {
    for (GraphPort& port : entry.*ports) {
      const uint64_t count = columns_of(graph.value(port.value).fact);
      if (count == names.size()) {
        port.*list = names;
        fitted = true;
        break;
      }
      columns +=
          (columns.empty() ? "" : ", ") + ("'" + port.name + "' has ") + std::to_string(count);
    }
  }
  if (fitted) return;
  problems.add(Code::InvalidArgument, C220_Option, "",
               std::string(option) + " gives " + std::to_string(names.size()) + " names, but " +
                   columns + " columns");
}

Summary summarize(const Graph& graph) {
  Summary summary;
  summary.model_name = graph.name;
  summary.notes = graph.notes;
  summary.ops = graph.nodes().size();
  for (ValueId v = 0; v < graph.value_count(); ++v)
    if (graph.value(v).is_constant) summary.parameters += element_count(graph.value(v).fact.dims);
  const auto describe = [&](const std::vector<GraphPort>& ports, std::vector<std::string>& to) {
    for (const GraphPort& port : ports)
      to.push_back(port.name + " " + text_of(graph.value(port.value).fact));
  };
  describe(graph.entries[0].inputs, summary.inputs);
  for (const GraphEntry& entry : graph.entries) describe(entry.outputs, summary.outputs);
  return summary;
}

Result<EmitOptions> emit_options(const SourceFile& source, const Graph& graph,
                                 const CompileOptions& options) {
  EmitOptions emitted;
  emitted.name = graph.name;
  emitted.license = options.license;
  emitted.author = options.author;
  emitted.card = options.card;
  emitted.source_file = last_component(source.path);
  const auto digest = sha256(source.bytes);
  source.release();
  emitted.source_sha256.assign(digest.begin(), digest.end());
  emitted.timestamp = options.timestamp;
  emitted.narrow_weights = options.weights.has_value();
  if (options.golden_rows == 0) return emitted;
  if (options.record && !options.weights) {
    MLE_TRY_ASSIGN(const RecordedRows recorded, options.record(graph));
    MLE_TRY_ASSIGN(emitted.golden, recorded_golden_rows(graph, recorded));
  } else {
    MLE_TRY_ASSIGN(emitted.golden, judge_golden_rows(graph, options.golden_rows));
  }
  return emitted;
}

// What we wrote must pass our own gate: a file that leaves here will open. Of a large one the
// weights are packed only once, when it is written to its place.
Status prove(const format::FileWriter& writer) {
  constexpr uint64_t kSmall = uint64_t{1} << 20;
  FileInMemory file(writer);
  format::ViewOptions options;
  if (writer.size() <= kSmall) {
    MLE_TRY(writer.write(file.bytes()));
    options.verify = Verify::Everything;
  } else {
    MLE_TRY(writer.write_without_weights(file.bytes(), format::kReadWhole));
  }
  const auto view = format::FileView::open(file.bytes(), options);
  if (view) return {};
  const Status& refused = view.error();
  return error(refused.code() == Code::Corrupt ? Code::Internal : refused.code(), refused.rule(),
               refused.offset(), refused.hint(), "the file that was made does not open: %s",
               refused.message());
}

// The source as a sound graph that carries the names its file will have.
std::unique_ptr<Graph> import_source(const Importer& importer, const SourceFile& source,
                                     const CompileOptions& options, Problems& problems) {
  const ImportOptions importing = {options.shapes, options.architecture, options.quantize_by_row,
                                   options.free_batch, options.dequantized_exactly};
  std::optional<Graph> imported = importer.read(source, importing, problems);
  if (!imported || !problems.empty()) return nullptr;
  auto graph = std::make_unique<Graph>(*std::move(imported));
  Status sound = check_texts(*graph);
  if (sound.ok()) sound = check(*graph);
  if (!sound.ok()) {
    problems.add(sound, "");
    return nullptr;
  }
  if (!options.name.empty()) graph->name = options.name;
  if (graph->name.empty()) graph->name = without_suffix(last_component(source.path));
  set_columns(*graph, options.features, &GraphEntry::inputs, &GraphPort::features, "--features",
              problems);
  set_columns(*graph, options.labels, &GraphEntry::outputs, &GraphPort::labels, "--labels",
              problems);
  return problems.empty() ? std::move(graph) : nullptr;
}

Result<Compiled> optimise_and_emit(std::unique_ptr<Graph> graph, const SourceFile& source,
                                   const CompileOptions& options) {
  const auto observe = [&](const Pass& pass, const Graph& after) {
    if (options.observe) options.observe(pass.name, pass.sentence, after);
  };
  MLE_TRY(run_passes(*graph, observe));
  std::optional<WeightsReport> weights;
  if (options.weights) {
    MLE_TRY_ASSIGN(
        weights,
        store_weights(*graph, {*options.weights, options.narrow_rows, options.weights_tolerance,
                               options.trial, options.time, options.read_rows, options.rows_name}));
    if (options.observe)
      options.observe("lower_weights", "store weights of dense layers in fewer bits", *graph);
  }
  MLE_TRY_ASSIGN(EmitOptions emitted, emit_options(source, *graph, options));
  if (weights) emitted.meta = told(*weights);
  source.release();
  MLE_TRY_ASSIGN(format::FileWriter writer, emit(*graph, emitted));
  source.release();
  MLE_TRY(prove(writer));
  Summary summary = summarize(*graph);
  summary.weights = std::move(weights);
  return Compiled{std::move(graph), std::move(writer), std::move(summary)};
}

// The source in f32 and in f64, both asked for the same rows.
Result<PrecisionReport> try_f32(const Graph& graph, const Graph& lowered, const SourceFile& source,
                                const CompileOptions& options) {
  CompileOptions quiet = options;
  quiet.observe = nullptr;
  quiet.golden_rows = 0;
  MLE_TRY_ASSIGN(const Compiled exact,
                 optimise_and_emit(std::make_unique<Graph>(graph), source, quiet));
  MLE_TRY_ASSIGN(const Compiled rounded,
                 optimise_and_emit(std::make_unique<Graph>(lowered), source, quiet));
  PrecisionReport report;
  std::vector<std::vector<TrialRows>> groups(1);  // each with a spread of its own
  if (options.read_rows) {
    MLE_TRY_ASSIGN(FileInMemory file, in_memory(exact.writer));
    MLE_TRY_ASSIGN(groups[0], options.read_rows(file.bytes()));
    report.rows_from = options.rows_name;
  } else {
    groups[0] = make_trial_rows(graph, report.rows_from);
    auto turning =
        groups[0].empty() ? std::optional<TrialRows>() : make_turning_rows(graph, groups[0][0]);
    if (turning) {
      groups.push_back({*std::move(turning)});
      report.rows_from += ", and where answers turn";
    }
  }
  for (std::vector<TrialRows>& calls : groups) {
    MLE_TRY(keep_answerable(exact.writer, calls, options.trial));
    if (calls.empty()) continue;
    MLE_TRY_ASSIGN(const Calls f64, answers_of(exact.writer, calls, options.trial));
    MLE_TRY_ASSIGN(const Calls f32, answers_of(rounded.writer, calls, options.trial));
    for (const TrialRows& call : calls) report.rows += call.rows;
    report.tried = true;
    report.error = std::max(report.error, precision_error(f32, f64));
  }
  if (!report.tried) return report;
  report.f32 = report.error <= kPrecisionTolerance;
  return report;
}

// A source that computes in f64 computes in f32 where that is asked for, or near enough.
Result<std::optional<PrecisionReport>> choose_precision(std::unique_ptr<Graph>& graph,
                                                        const SourceFile& source,
                                                        const CompileOptions& options) {
  if (!computes_in_f64(*graph)) return std::optional<PrecisionReport>();
  if (options.weights && options.precision == Precision::F64)
    return error(Code::InvalidArgument, C220_Option, Status::kNoOffset,
                 "leave --weights or --precision out",
                 "a model that computes in f64 keeps its weights in f64");
  PrecisionReport report;
  auto lowered = std::make_unique<Graph>(*graph);
  const bool asked = options.precision == Precision::F32 || options.weights.has_value();
  if (asked || (options.precision == Precision::Auto && options.trial)) {
    Status fits = lower_precision(*lowered);
    if (fits.ok()) fits = check(*lowered);
    if (!fits.ok() && asked) return fits;
    report.f32 = asked;
    if (fits.ok() && !asked) {
      MLE_TRY_ASSIGN(report, try_f32(*graph, *lowered, source, options));
    }
  }
  if (report.f32) {
    graph = std::move(lowered);
    if (options.observe)
      options.observe("lower_precision", "compute in f32 from the first dense layer on", *graph);
  }
  return std::optional<PrecisionReport>(report);
}

std::optional<Compiled> compile_or_throw(const SourceFile& source, const CompileOptions& options,
                                         Problems& problems) {
  const Importer* importer = detect(source, options.from, problems);
  if (importer == nullptr) return std::nullopt;
  if (options.architecture && !importer->takes_architecture) {
    problems.add(Code::InvalidArgument, C220_Option, "",
                 std::string("--arch is for files of weights alone; ") + importer->description +
                     " says itself what is computed",
                 "leave --arch out");
    return std::nullopt;
  }
  std::unique_ptr<Graph> graph = import_source(*importer, source, options, problems);
  if (graph == nullptr) return std::nullopt;
  source.release();
  if (options.observe) options.observe("import", importer->description, *graph);
  const uint64_t nodes_in_source = graph->nodes().size();

  auto precision = choose_precision(graph, source, options);
  if (!precision) {
    problems.add(precision.error(), "");
    return std::nullopt;
  }
  Result<Compiled> compiled = optimise_and_emit(std::move(graph), source, options);
  if (!compiled) {
    problems.add(compiled.error(), "");
    return std::nullopt;
  }
  compiled->summary.precision = *precision;
  compiled->summary.importer = importer->name;
  compiled->summary.nodes_in_source = nodes_in_source;
  return *std::move(compiled);
}

}  // namespace

std::optional<Compiled> compile(const SourceFile& source, const CompileOptions& options,
                                Problems& problems) {
  try {
    return compile_or_throw(source, options, problems);
  } catch (const std::bad_alloc&) {
    problems.add(Status::out_of_memory(), "");
  } catch (const std::exception& unexpected) {
    problems.add(Code::Internal, C213_GraphBroken, "", unexpected.what(),
                 "please report this model");
  }
  return std::nullopt;
}

}  // namespace mle::compiler
