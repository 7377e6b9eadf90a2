// mle-run: rows in, answers out. Uses the public API of the runtime and nothing else of it.
// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "format/rules.h"
#include "golden/every_output.h"
#include "tools/cli/console.h"
#include "tools/cli/flags.h"
#include "tools/cli/input_file.h"
#include "tools/cli/progress.h"
#include "tools/cli/row_buffers.h"
#include "tools/cli/row_collector.h"
#include "tools/cli/row_source.h"
#include "tools/cli/suggest.h"
#include "tools/mle-run/result_writer.h"
#include "tools/mle-run/trace.h"

#include <algorithm>
#include <new>
#include <string>
#include <vector>

namespace mle::tools {
namespace {

struct Options {
  std::string model, input, output = "-", entry;
  uint64_t rows_per_batch = 0, threads = 1, trace = kNoTrace;
  bool json = false;
  static constexpr uint64_t kNoTrace = ~uint64_t{0};
  bool traces() const { return trace != kNoTrace; }
  bool as_npz() const { return output.ends_with(".npz"); }
  bool as_jsonl() const { return output.ends_with(".jsonl") || output.ends_with(".ndjson"); }
  // Any other suffix promises a format that would not be in the file; no suffix promises none.
  bool known_suffix() const {
    const std::string name = output.substr(output.rfind('/') + 1);
    const size_t dot = name.rfind('.');
    return dot == std::string::npos || as_npz() || as_jsonl() || name.ends_with(".csv");
  }
};

constexpr uint64_t kBatchBytes = uint64_t{1} << 20;  // per thread, of inputs and outputs together
constexpr uint64_t kMostRows = 1 << 20;

uint64_t row_bytes(std::span<const TensorSpec> specs) {
  uint64_t bytes = 0;
  for (const TensorSpec& spec : specs) bytes += spec.width() * size_of(spec.dtype);
  return bytes;
}

// Where rows mix, all of them; unless the user says which belong together.
uint64_t batch_rows(const Options& options, const Session& session) {
  if (options.rows_per_batch > 0) return options.rows_per_batch;
  if (session.rows_mix()) return ~uint64_t{0};
  const uint64_t bytes = row_bytes(session.inputs()) + row_bytes(session.outputs());
  return std::clamp<uint64_t>(kBatchBytes * options.threads / std::max<uint64_t>(bytes, 1), 1,
                              kMostRows);
}

Result<std::unique_ptr<ResultWriter>> open_results(const Options& options, const Model& model,
                                                   const Session& session) {
  MLE_TRY_ASSIGN(OutputStream out, OutputStream::open(options.output));
  if (options.as_npz()) return make_npz_writer(std::move(out), session.outputs());
  if (options.as_jsonl()) return make_jsonl_writer(std::move(out), session.outputs());
  return make_text_writer(std::move(out), session.outputs(), model.labels());
}

Result<std::unique_ptr<RowSource>> open_source(const Options& options, const Model& model,
                                               const Session& session, const Console& console) {
  const bool default_entry =
      options.entry.empty() || options.entry == "all" || options.entry == model.entries()[0].name;
  RowTarget target{session.inputs(), {}};
  if (default_entry) target.features = model.features();
  return open_rows(options.input, target, console);
}

Status print_trace(const Options& options, const Model& model, Session& session,
                   const Console& console) {
  MLE_TRY_ASSIGN(const auto rows, open_source(options, model, session, console));
  MLE_TRY_ASSIGN(const auto lines, trace_row(session, *rows, options.trace));
  MLE_TRY_ASSIGN(OutputStream out, OutputStream::open("-"));
  MLE_TRY(out.write(options.json ? trace_json(options.model, options.trace, lines)
                                 : trace_text(lines)));
  return out.commit();
}

Status run_all(const Options& options, const Model& model, Session& session,
               const Console& console) {
  MLE_TRY_ASSIGN(const auto rows, open_source(options, model, session, console));
  MLE_TRY_ASSIGN(const auto results, open_results(options, model, session));
  results->set_row_axes(rows->row_axes());

  const uint64_t batch = batch_rows(options, session);
  std::vector<RowBuffer> buffers;
  for (const TensorSpec& output : session.outputs()) buffers.emplace_back(output);
  std::vector<In> inputs;
  std::vector<Out> outputs;
  Progress progress(console, "rows", rows->total().value_or(0));
  uint64_t done = 0;
  RowCollector together(*rows);
  if (session.rows_mix() && options.rows_per_batch == 0)
    console.warning(options.model,
                    "the answer for a row depends on the others: all rows are answered in one "
                    "call, in memory; --rows-per-batch N answers N at a time");
  for (;;) {
    MLE_TRY_ASSIGN(const uint64_t count,
                   session.rows_mix() ? together.next(batch, inputs) : rows->next(batch, inputs));
    if (count == 0) break;
    outputs.clear();
    for (size_t i = 0; i < buffers.size(); ++i) {
      const TensorSpec& spec = session.outputs()[i];
      outputs.emplace_back(spec.dtype, buffers[i].reserve(count), count * spec.width());
    }
    MLE_TRY(session.run(inputs, outputs));
    MLE_TRY(results->write(count, outputs));
    done += count;
    progress.update(done);
  }
  if (done == 0 && !session.outputs()[0].per_row)
    return Status::make(Code::InvalidArgument, format::rule::T302_ReadRows, Status::kNoOffset,
                        options.input + ": is empty, the model takes one whole tensor",
                        "give all elements of its input");
  return results->finish();
}

// Explains an entry that the model does not have.
int unknown_entry(const Options& options, const Model& model, const Console& console) {
  std::vector<std::string> names{"all"};
  std::string known;
  for (const EntrySpec& entry : model.entries()) {
    names.emplace_back(entry.name);
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  const std::string near = nearest_name(options.entry, names);
  console.error("--entry", "the model has no entry '" + options.entry + "'",
                near.empty() ? "it has: " + known : "did you mean " + near + "?");
  return kMisuse;
}

int run_tool(const Options& options, const Console& console) {
  LoadOptions loading;
  loading.verify = Verify::Everything;
  auto model = Model::load(options.model.c_str(), loading);
  if (!model) return console.error(options.model, model.error()), kFailed;

  SessionOptions wanted;
  wanted.threads = options.traces() ? 1 : static_cast<int>(options.threads);
  std::vector<std::string_view> names;
  const bool every = options.entry == "all" || (options.entry.empty() && options.as_npz());
  if (every && model->entries().size() > 1) {
    names = golden::every_output(*model);
    wanted.outputs = names;
  } else if (!options.entry.empty() && !every) {
    const auto entries = model->entries();
    if (std::none_of(entries.begin(), entries.end(),
                     [&](const EntrySpec& entry) { return entry.name == options.entry; }))
      return unknown_entry(options, *model, console);
    wanted.entry = options.entry;
  }
  auto session = Session::make(*model, wanted);
  if (!session) return console.error(options.model, session.error()), kFailed;
  const Status status = options.traces() ? print_trace(options, *model, *session, console)
                                         : run_all(options, *model, *session, console);
  if (!status.ok()) return console.error("", status), kFailed;
  return kDone;
}

}  // namespace
}  // namespace mle::tools

int main(int argc, char** argv) {
  using namespace mle::tools;
  Console console("mle-run");
  try {
    Options options;
    Flags flags("mle-run MODEL.mle --input ROWS [--output OUT]",
                "Runs rows through a model and writes its answers.");
    flags.positional("MODEL.mle", &options.model, "the model")
        .text("--input", "ROWS", &options.input,
              "rows as .npy, .npz, CSV or JSON lines; - is standard input (CSV, JSON lines)")
        .text("-o,--output", "OUT", &options.output,
              "*.npz: every output by name; *.csv, *.jsonl: one line per row; -: stdout as CSV")
        .text("--entry", "NAME|all", &options.entry,
              "which question to answer (text: the model's first, .npz: all)")
        .whole("--rows-per-batch", "N", &options.rows_per_batch, 1, kMostRows,
               "rows read and computed together (chosen by their size)")
        .whole("--threads", "N", &options.threads, 1, 256, "threads that compute (1)")
        .whole("--trace", "ROW", &options.trace, 0, Options::kNoTrace - 1,
               "print what every step gives for that row, counted from 0, and no answers")
        .flag("--json", &options.json, "the trace as JSON, with all values")
        .examples(
            "  mle-run iris.mle --input flowers.csv\n"
            "  mle-run digits.mle --input pixels.npy --output answers.npz\n"
            "  mle-run model.mle --input rows.npz --entry all --output answers.jsonl\n"
            "  mle-run model.mle --input rows.jsonl --trace 0\n");
    if (const auto status = flags.parse(argc, argv, console)) return *status;
    if (options.input.empty()) {
      console.error("", "--input is missing", "run mle-run --help");
      return kMisuse;
    }
    if (options.json && !options.traces()) {
      console.error("--json", "is for --trace", "name the output *.jsonl for answers as JSON");
      return kMisuse;
    }
    if (options.traces() && options.output != "-") {
      console.error("--output", "a trace goes to standard output", "leave --output out");
      return kMisuse;
    }
    for (const std::string& source : {options.model, options.input})
      if (same_file(options.output, source)) {
        console.error("--output", "'" + options.output + "' is the model or the rows themselves",
                      "name another file to write");
        return kMisuse;
      }
    if (!options.known_suffix()) {
      console.error("--output", "'" + options.output + "' has a suffix that can't be written",
                    "name it *.npz, *.csv or *.jsonl, or - for standard output");
      return kMisuse;
    }
    return run_tool(options, console);
  } catch (const std::bad_alloc&) {
    console.error("", "out of memory", "give fewer rows at a time with --rows-per-batch");
    return kFailed;
  }
}
