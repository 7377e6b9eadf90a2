// mle-bench: how long loading, running and starting take, and compared with what.
// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/flags.h"
#include "tools/cli/output_stream.h"
#include "tools/cli/suggest.h"
#include "tools/cli/text.h"
#include "tools/mle-bench/bench.h"
#include "tools/mle-bench/serve_mode.h"
#include "tools/mle-bench/serve_target.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <new>

namespace mle::tools {
namespace {

const std::array<std::string, 3> kModes{"load", "run", "start"};

struct Output {
  std::string json, html, format = "table";
  double fail_above = -1;
};

int misuse(const Console& console, const std::string& message, const std::string& hint) {
  console.error("", message, hint);
  return kMisuse;
}

int write_file(const std::string& text, const std::string& path, const Console& console) {
  auto out = OutputStream::open(path);
  if (!out) return console.error("", out.error()), kFailed;
  Status status = out->write(text);
  if (status.ok()) status = out->commit();
  if (!status.ok()) return console.error("", status), kFailed;
  return kDone;
}

// Writes what was measured wherever it is wanted, and judges it.
int deliver(const BenchReport& report, const Output& output, const Console& console) {
  if (output.json != "-") std::fputs(report_text(report, output.format).c_str(), stdout);
  if (!output.json.empty()) {
    const int status = write_file(report_text(report, "json"), output.json, console);
    if (status != kDone) return status;
  }
  if (!output.html.empty()) {
    const int status = write_file(html_report(report), output.html, console);
    if (status != kDone) return status;
  }
  if (output.fail_above < 0) return kDone;
  int status = kDone;
  for (const CellResult& cell : report.cells) {
    if (cell.ratio->low <= 1 + output.fail_above / 100) continue;
    const std::string where = cell.served ? " with " + cell_name(report, cell)
                                          : " at " + std::to_string(cell.rows) + " rows";
    console.error(report.model,
                  "slower than " + report.against + " by more than " +
                      three_digits(output.fail_above) + " %: ratio " +
                      three_digits(cell.ratio->value) + where,
                  "the whole 95 % interval lies above the limit");
    status = kFailed;
  }
  return status;
}

int run_mode(const BenchOptions& options, const Output& output, const Console& console) {
  auto report = bench(options);
  if (!report) return console.error(options.model, report.error()), kFailed;
  return deliver(*report, output, console);
}

int run_serve(const ServeBench& options, const Output& output, const Console& console) {
  auto report = bench_serve(options);
  if (!report) return console.error("", report.error()), kFailed;
  const int status = deliver(*report, output, console);
  uint64_t errors = 0;
  for (const CellResult& cell : report->cells) errors += cell.served->errors;
  if (errors == 0) return status;
  console.error(options.target, std::to_string(errors) + " requests were not answered",
                "the log and the metrics of the server say why");
  return kFailed;
}

// What every mode has: whom to compare with, and where the figures go.
void add_output(Flags& flags, const char* rivals, std::string& against, Output& output) {
  flags.text("--against", "OTHER", &against, rivals)
      .real("--fail-above", "PCT", &output.fail_above, 0, 10000,
            "exit 1 if slower than OTHER by more than that, with 95 % certainty")
      .text("--json", "FILE|-", &output.json, "write the report as JSON as well; -: only that")
      .text("--html", "FILE", &output.html, "write a page with charts as well")
      .choice("--format", &output.format, {"table", "md", "csv", "json"}, "of the report (table)");
}

Flags serve_mode_flags(ServeBench& options, Output& output) {
  Flags flags = serve_flags(options);
  add_output(flags,
             "another address or .mle, a model of the same server, or the \"OLD/mle-serve --model "
             "m=m.mle\" to start, in turns; or a saved .json",
             options.against, output);
  return flags;
}

Flags mode_flags(const std::string& mode, BenchOptions& options, Output& output) {
  static constexpr const char* kSentences[] = {
      "Times Model::load() on a warm page cache: open, check, bind; then the first run.",
      "Times Session::run() over rows of its own making.",
      "Times fresh mle-run processes from exec to the first byte of the answer."};
  static constexpr const char* kRivals[] = {
      "another .mle, or \"OLD/mle-bench load MODEL\", in turns; or a saved .json",
      "another .mle, or \"OLD/mle-bench run MODEL\", in turns; or a saved .json",
      "another .mle, or any command, in turns; or a saved .json"};
  const size_t index =
      static_cast<size_t>(std::find(kModes.begin(), kModes.end(), mode) - kModes.begin());
  Flags flags("mle-bench " + mode + " MODEL.mle [--against OTHER] [--json FILE]",
              kSentences[index]);
  flags.positional("MODEL.mle", &options.model, "the model");
  if (mode == "run") {
    flags
        .wholes("--rows", "N,N", &options.rows, 1, 1 << 20,
                "rows of a call; several are measured one by one (1)")
        .whole("--threads", "N", &options.threads, 1, 256, "threads of the session (1)")
        .text("--isa", "NAME", &options.isa, "forces an instruction set: sse2, avx2, avx512")
        .flag("--profile", &options.profile, "and where the time goes, step by step");
  }
  if (mode == "start") {
    flags.whole("--runs", "N", &options.runs, 1, 100000, "processes to start (50)")
        .text("--program", "PATH", &options.program, "the mle-run to start (the one beside this)");
  } else {
    flags.real("--seconds", "S", &options.seconds, 0.01, 3600, "how long to measure a cell (1)");
  }
  add_output(flags, kRivals[index], options.against, output);
  flags.examples("  mle-bench " + mode + " model.mle" + (mode == "run" ? " --rows 1,32,1024" : "") +
                 "\n  mle-bench " + mode + " model.mle --against old.mle --fail-above 5\n");
  return flags;
}

bool fails_beside_nothing(const Output& output, const std::string& against,
                          const Console& console) {
  if (output.fail_above < 0 || !against.empty()) return false;
  misuse(console, "--fail-above needs --against", "name what to compare with");
  return true;
}

int parse_mode(const std::string& mode, int argc, char** argv, Console& console) {
  BenchOptions options;
  options.mode = mode;
  options.program = mode == "start" ? program_beside("mle-run") : "";
  Output output;
  Flags flags = mode_flags(mode, options, output);
  if (const auto status = flags.parse(argc, argv, console)) return *status;
  if (fails_beside_nothing(output, options.against, console)) return kMisuse;
  return run_mode(options, output, console);
}

int parse_serve(int argc, char** argv, Console& console) {
  ServeBench options;
  Output output;
  Flags flags = serve_mode_flags(options, output);
  if (const auto status = flags.parse(argc, argv, console)) return *status;
  if (fails_beside_nothing(output, options.against, console)) return kMisuse;
  return run_serve(options, output, console);
}

// Without a mode: the help that names them.
int parse_plain(int argc, char** argv, Console& console) {
  std::string mode;
  Flags flags("mle-bench load|run|start|serve WHAT [FLAG…]",
              "Measures how long a model takes to load, to run, to start and to be asked.");
  flags.positional("MODE", &mode, "load, run, start or serve; each has a --help of its own")
      .examples(
          "  mle-bench run model.mle --rows 1,32 --profile\n"
          "  mle-bench load model.mle --json -\n"
          "  mle-bench start model.mle --runs 100\n"
          "  mle-bench serve 127.0.0.1:8000\n");
  BenchOptions options;
  Output output;
  for (const std::string& name : kModes) flags.mode(name, mode_flags(name, options, output));
  ServeBench serving;
  flags.mode("serve", serve_mode_flags(serving, output));
  const bool generate = argc > 1 && std::string_view(argv[1]) == "--generate";
  if (const auto status = flags.parse(generate ? argc : std::min(argc, 2), argv, console))
    return *status;
  const std::string near = nearest_name(mode, kModes);
  return misuse(
      console, "there is no mode '" + mode + "'",
      near.empty() ? "the modes are load, run, start and serve" : "did you mean " + near + "?");
}

}  // namespace
}  // namespace mle::tools

int main(int argc, char** argv) {
  using namespace mle::tools;
  Console console("mle-bench");
  try {
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "serve") return console.finish(parse_serve(argc - 1, argv + 1, console));
    if (std::find(kModes.begin(), kModes.end(), mode) == kModes.end())
      return console.finish(parse_plain(argc, argv, console));
    return console.finish(parse_mode(mode, argc - 1, argv + 1, console));
  } catch (const std::bad_alloc&) {
    console.error("", mle::Status::out_of_memory());
  } catch (const std::exception& error) {
    console.error("", error.what());
  }
  return kFailed;
}
