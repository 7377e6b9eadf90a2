// SPDX-License-Identifier: Apache-2.0
#include "python/convert.h"

#include "compiler/compile.h"
#include "compiler/emit/output_file.h"
#include "format/file_view.h"
#include "golden/replay.h"
#include "python/live_rows.h"
#include "python/refused.h"
#include "tools/golden/trial.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace mle::python {
namespace {

using golden::GoldenReport;

namespace nb = nanobind;
using namespace format::rule;
using compiler::SourceFile;

template <class T>
T option(const nb::dict& options, const char* name) {
  return nb::cast<T>(options[name]);
}

compiler::Precision precision_of(const std::string& name) {
  using enum compiler::Precision;
  if (name == "auto") return Auto;
  if (name == "f32") return F32;
  if (name == "f64") return F64;
  throw Refused(Code::InvalidArgument, C220_Option, "precision is not '" + name + "'",
                "it is one of auto, f32, f64");
}

compiler::CompileOptions options_of(const nb::dict& options) {
  compiler::CompileOptions made;
  made.from = option<std::string>(options, "from_format");
  made.shapes = option<std::map<std::string, uint32_t>>(options, "shapes");
  made.free_batch = option<bool>(options, "free_batch");
  if (const auto path = option<std::optional<std::string>>(options, "arch"))
    made.architecture = take(SourceFile::open(*path));
  made.quantize_by_row = option<bool>(options, "quantize_by_row");
  made.dequantized_exactly = option<bool>(options, "dequantized_exactly");
  made.golden_rows = option<uint32_t>(options, "golden_rows");
  made.features = option<std::vector<std::string>>(options, "features");
  made.labels = option<std::vector<std::string>>(options, "labels");
  made.name = option<std::string>(options, "name");
  made.license = option<std::string>(options, "license");
  made.author = option<std::string>(options, "author");
  made.card = option<std::string>(options, "card");
  made.timestamp = option<std::optional<uint64_t>>(options, "timestamp");
  made.precision = precision_of(option<std::string>(options, "precision"));
  made.trial = tools::run_trial;
  return made;
}

SourceFile source_of(nb::handle source, const nb::dict& options) {
  if (!nb::isinstance<nb::bytes>(source))
    return take(SourceFile::open(nb::cast<std::string>(source)));
  const auto bytes = nb::cast<nb::bytes>(source);  // the caller holds them
  return SourceFile::from_bytes(option<std::string>(options, "source_name"),
                                {static_cast<const std::byte*>(bytes.data()), bytes.size()});
}

// The same that mle-convert proves before a file gets its name.
std::vector<GoldenReport> prove(std::span<const std::byte> bytes, const Model& model) {
  const format::FileView view = take(format::FileView::open(bytes));
  std::vector<GoldenReport> reports = take(golden::replay_golden(view, model));
  for (const GoldenReport& report : reports)
    if (report.wrong > 0)
      throw Refused(Code::Internal, R122_Golden,
                    std::to_string(report.wrong) + " answers of '" + report.entry +
                        "' differ from those of " + report.reference +
                        "; first: " + report.first_wrong,
                    "try precision=\"f64\"; if that does not help, please report this model");
  return reports;
}

struct Made {
  LoadedModel model;
  compiler::Summary summary;
  std::vector<GoldenReport> golden;
};

// Without the lock, but for what `live` asks.
Made make(const SourceFile& source, const compiler::CompileOptions& options, const LiveRows* live) {
  compiler::Problems problems;
  const auto compiled = compiler::compile(source, options, problems);
  if (live != nullptr) live->rethrow();
  if (!compiled) throw Refused(problems);
  auto memory = std::make_shared<FileInMemory>(compiled->writer.size());
  check(compiled->writer.write(memory->bytes()));
  LoadOptions loading;
  loading.verify = Verify::Everything;
  Model model = take(Model::from_memory(memory->bytes(), loading));
  auto golden = prove(memory->bytes(), model);
  return {{std::move(memory), std::move(model)}, compiled->summary, std::move(golden)};
}

nb::object precision_dict(const std::optional<compiler::PrecisionReport>& report) {
  if (!report) return nb::none();
  nb::dict made;
  made["computes_in"] = report->f32 ? "f32" : "f64";
  made["tried"] = report->tried;
  made["rows"] = report->rows;
  made["rows_from"] = report->rows_from;
  made["error"] = report->error;
  return made;
}

nb::dict summary_dict(const Made& made) {
  nb::dict summary;
  summary["importer"] = made.summary.importer;
  summary["notes"] = nb::cast(made.summary.notes);
  summary["precision"] = precision_dict(made.summary.precision);
  nb::list golden;
  for (const GoldenReport& report : made.golden) {
    nb::dict entry;
    entry["entry"] = report.entry;
    entry["reference"] = report.reference;
    entry["rows"] = report.rows;
    entry["worst_abs"] = report.worst_abs;
    golden.append(entry);
  }
  summary["golden"] = golden;
  return summary;
}

}  // namespace

nb::tuple convert(nb::handle source, const nb::dict& options, nb::handle rows) {
  const SourceFile file = source_of(source, options);
  compiler::CompileOptions compiling = options_of(options);
  LiveRows live(rows);
  if (!rows.is_none()) {
    compiling.read_rows = [&](std::span<const std::byte> bytes) { return live.check(bytes); };
    compiling.rows_name = "X";
    if (option<bool>(options, "record"))
      compiling.record = [&](const compiler::Graph& graph) { return live.record(graph); };
  }
  std::optional<Made> made;
  {
    const nb::gil_scoped_release unlocked;
    made.emplace(make(file, compiling, rows.is_none() ? nullptr : &live));
  }
  return nb::make_tuple(made->model, summary_dict(*made));
}

void write_file(const std::string& path, nb::bytes bytes) {
  const nb::gil_scoped_release unlocked;
  auto file = take(compiler::OutputFile::create(path, bytes.size()));
  if (bytes.size() > 0) std::memcpy(file.bytes().data(), bytes.data(), bytes.size());
  check(file.commit());
}

}  // namespace mle::python
