// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-convert/convert.h"

#include <mle/mle.h>

#include "compiler/emit/output_file.h"
#include "format/file_view.h"
#include "tools/golden/time_files.h"
#include "tools/golden/trial.h"
#include "tools/mle-convert/check.h"

#include <chrono>
#include <new>
#include <utility>

namespace mle::tools {
namespace {

using compiler::Graph;

std::string origin_text(const Graph& graph) {
  std::string text = graph.origin.framework;
  if (!graph.origin.framework_version.empty())
    text += (text.empty() ? "" : " ") + graph.origin.framework_version;
  return text;
}

Status golden_differs(const GoldenReport& report) {
  return Status::make(
      Code::Internal, format::rule::R122_Golden, Status::kNoOffset,
      std::to_string(report.wrong) + " golden answers differ; first: " + report.first_wrong,
      "please report this model; nothing was written");
}

// The bytes that will become the file, asked the questions whose answers are known.
Status prove(std::span<const std::byte> bytes, const Graph& imported, const Graph& compiled,
             const ConvertOptions& options, const Console& console, Conversion& result) {
  LoadOptions loading;
  loading.verify = Verify::Everything;
  MLE_TRY_ASSIGN(const Model model, Model::from_memory(bytes, loading));
  MLE_TRY_ASSIGN(const format::FileView view, format::FileView::open(bytes));
  MLE_TRY_ASSIGN(result.golden, golden::replay_golden(view, model));
  for (const GoldenReport& report : result.golden)
    if (report.wrong > 0) return golden_differs(report);
  if (options.check_rows.empty()) return {};
  MLE_TRY_ASSIGN(result.check, check_rows(model, imported, compiled, options.check_rows,
                                          options.tolerance, console));
  return {};
}

Status write_proved(const std::string& output, const compiler::Compiled& compiled,
                    const compiler::SourceFile& source, const Graph& imported,
                    const ConvertOptions& options, const Console& console, Conversion& result) {
  MLE_TRY_ASSIGN(auto file, compiler::OutputFile::create(output, compiled.writer.size()));
  constexpr uint64_t kKept = uint64_t{8} << 20;  // of the source's pages, while weights are packed
  uint64_t since = 0;
  MLE_TRY(compiled.writer.write(file.bytes(), [&](uint64_t bytes) {
    if ((since += bytes) < kKept) return;
    source.release();
    since = 0;
  }));
  source.release();
  MLE_TRY(prove(file.bytes(), imported, *compiled.graph, options, console, result));
  return file.commit();
}

void convert_or_throw(const ConvertOptions& options, const Console& console, Conversion& result) {
  auto source = compiler::SourceFile::open(result.source);
  if (!source) return result.problems.add(source.error(), "");
  Graph imported;
  compiler::CompileOptions compile_options = options.compile;
  compile_options.observe = [&](std::string_view stage, std::string_view sentence,
                                const Graph& graph) {
    if (stage == "import") imported = graph;
    if (options.compile.observe) options.compile.observe(stage, sentence, graph);
  };
  compile_options.trial = run_trial;
  compile_options.time = time_files;
  if (!options.check_rows.empty()) {
    compile_options.rows_name = options.check_rows;
    compile_options.read_rows = [&](std::span<const std::byte> file) {
      return read_trial_rows(file, options.check_rows, console);
    };
  }
  const auto compiled = compiler::compile(*source, compile_options, result.problems);
  if (!compiled) return;
  result.summary = compiled->summary;
  result.origin = origin_text(imported);
  result.bytes = compiled->writer.size();
  const Status status =
      write_proved(result.output, *compiled, *source, imported, options, console, result);
  if (!status.ok()) result.problems.add(status, "");
}

}  // namespace

Conversion convert(const std::string& source, const std::string& output,
                   const ConvertOptions& options, const Console& console) {
  Conversion result;
  result.source = source;
  result.output = output;
  const auto begin = std::chrono::steady_clock::now();
  try {
    convert_or_throw(options, console, result);
  } catch (const std::bad_alloc&) {
    result.problems.add(Status::out_of_memory(), "");
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace mle::tools
