// mle-inspect: what a .mle file holds, and whether it is sound.
// SPDX-License-Identifier: Apache-2.0
#include "format/file_view.h"
#include "format/rules.h"
#include "tools/cli/flags.h"
#include "tools/cli/input_file.h"
#include "tools/cli/output_stream.h"
#include "tools/cli/text.h"
#include "tools/mle-inspect/diff.h"
#include "tools/mle-inspect/export.h"
#include "tools/mle-inspect/html.h"
#include "tools/mle-inspect/map.h"
#include "tools/mle-inspect/screens.h"
#include "tools/mle-inspect/verify.h"

#include <cstdio>
#include <exception>
#include <new>

namespace mle::tools {
namespace {

// Beyond those of every tool.
enum InspectExit : int { kNeedsNewer = 3, kGoldenDiffers = 4 };

struct Options {
  std::string model, explain, diff, export_to, html;
  bool json = false, steps = false, map = false, verify = false, limits = false;
};

int explain(const Options& options, const Console& console) {
  const auto text = explain_text(options.explain);
  if (!text) {
    console.error("--explain", "there is no rule '" + options.explain + "'",
                  "codes stand in errors: V31, C205 …");
    return kMisuse;
  }
  std::fputs(text->c_str(), stdout);
  return kDone;
}

// The error, with its code and where to read more.
int refuse(const std::string& path, const Status& status, const Console& console) {
  console.error(path, status);
  if (const format::RuleText* rule = format::find_rule(status.rule()))
    std::fprintf(stderr, "rule: %s, see mle-inspect --explain %s\n", rule->code, rule->code);
  if (status.code() == Code::Unsupported) return kNeedsNewer;
  return kFailed;
}

int compare(const Options& options, const format::FileView& view, const Console& console) {
  const auto file = InputFile::open_regular(options.diff);
  if (!file) return console.error(options.diff, file.error()), kFailed;
  auto other = format::FileView::open(file->bytes());
  if (!other) return refuse(options.diff, other.error(), console);
  const auto report = diff(view, *other);
  if (!report) return refuse(options.diff, report.error(), console);
  std::fputs((options.json ? diff_json(options.model, options.diff, *report)
                           : diff_text(options.model, options.diff, *report))
                 .c_str(),
             stdout);
  return kDone;
}

// Writes what --export and --html ask for.
int write_files(const Options& options, const format::FileView& view, const Console& console) {
  const auto tell = [](const std::string& path, uint64_t bytes) {
    std::printf("%s (%s)\n", printable(path).c_str(), byte_text(bytes).c_str());
  };
  if (!options.export_to.empty()) {
    uint64_t written = 0;
    const Status status = export_program(view, options.export_to, written);
    if (!status.ok()) return console.error(options.model, status), kFailed;
    tell(options.export_to, written);
  }
  if (!options.html.empty()) {
    auto out = OutputStream::open(options.html);
    if (!out) return console.error("", out.error()), kFailed;
    Status status = out->write(html_page(options.model, view));
    if (status.ok()) status = out->commit();
    if (!status.ok()) return console.error("", status), kFailed;
    tell(options.html, out->written());
  }
  return kDone;
}

int inspect(const Options& options, const Console& console) {
  const auto file = InputFile::open_regular(options.model);
  if (!file) return console.error(options.model, file.error()), kFailed;
  format::ViewOptions viewing;
  viewing.verify = options.verify ? Verify::Everything : Verify::Auto;
  auto view = format::FileView::open(file->bytes(), viewing);
  if (!view) return refuse(options.model, view.error(), console);
  if (!options.diff.empty()) return compare(options, *view, console);
  if (!options.export_to.empty() || !options.html.empty())
    return write_files(options, *view, console);
  const FileFacts facts = gather(*view);
  std::optional<VerifyReport> report;
  if (options.verify) {
    auto verified = verify(*view);
    if (!verified) return refuse(options.model, verified.error(), console);
    report = std::move(*verified);
  }
  std::string text;
  if (options.json) {
    const auto ranges = options.map ? map_file(*view) : std::vector<MapRange>();
    text = json_text(options.model, facts, ranges, report ? &*report : nullptr);
  } else {
    text = info_text(options.model, facts);
    if (options.steps) text += "\n" + steps_text(facts);
    if (options.map) text += "\n" + map_text(map_file(*view));
    if (report) text += "\n" + verify_text(*report);
  }
  std::fputs(text.c_str(), stdout);
  if (!report || report->wrong() == 0) return kDone;
  console.error(options.model, "golden rows differ on this machine",
                "the file or this build is damaged: do not serve it");
  return kGoldenDiffers;
}

int run_tool(int argc, char** argv, Console& console) {
  Options options;
  Flags flags("mle-inspect MODEL.mle [--steps] [--verify] [--json]",
              "Shows what a .mle file holds and proves it sound.");
  flags.positional("MODEL.mle", &options.model, "the model", false)
      .flag("--steps", &options.steps, "every step: what it computes and how large it is")
      .flag("--map", &options.map, "every byte of the file, and what it is for")
      .flag("--verify", &options.verify,
            "read and sum every byte, and answer the golden rows on every instruction set here")
      .flag("--json", &options.json, "all of it as JSON")
      .text("--diff", "OTHER.mle", &options.diff,
            "only what differs there: ops, labels, and numbers by their largest difference")
      .text("--export", "OUT", &options.export_to,
            "*.npz: all constants; *.json: the program; *.onnx: a model that computes the same")
      .text("--html", "OUT.html", &options.html, "one page to read in a browser")
      .flag("--limits", &options.limits, "the limits of the format, without a model")
      .text("--explain", "CODE|all", &options.explain,
            "a rule in words, such as V31, without a model")
      .examples(
          "  mle-inspect iris.mle\n"
          "  mle-inspect iris.mle --verify --steps\n"
          "  mle-inspect new.mle --diff old.mle\n"
          "  mle-inspect iris.mle --export iris.onnx\n"
          "  mle-inspect --explain V31\n"
          "Exit status: 0 valid, 1 invalid, 2 misuse, 3 needs a newer runtime, 4 golden rows "
          "differ.\n");
  if (const auto status = flags.parse(argc, argv, console)) return *status;
  if (!options.explain.empty()) return explain(options, console);
  if (options.limits) {
    std::fputs((options.json ? limits_json() : limits_text()).c_str(), stdout);
    return kDone;
  }
  if (options.model.empty()) {
    console.error("", "MODEL.mle is missing", "run mle-inspect --help");
    return kMisuse;
  }
  if (!options.export_to.empty() && !can_export(options.export_to)) {
    console.error("--export", "'" + options.export_to + "' has a suffix that can't be written",
                  "name it *.npz, *.json or *.onnx");
    return kMisuse;
  }
  for (const std::string& out : {options.export_to, options.html})
    if (!out.empty() && same_file(out, options.model)) {
      console.error("", "'" + out + "' is the model itself", "name another file to write");
      return kMisuse;
    }
  return inspect(options, console);
}

}  // namespace
}  // namespace mle::tools

int main(int argc, char** argv) {
  mle::tools::Console console("mle-inspect");
  try {
    return console.finish(mle::tools::run_tool(argc, argv, console));
  } catch (const std::bad_alloc&) {
    console.error("", mle::Status::out_of_memory());
  } catch (const std::exception& error) {
    console.error("", error.what());
  }
  return mle::tools::kFailed;
}
