// mle-inspect: what a .mle file holds, and whether it is sound.
// SPDX-License-Identifier: Apache-2.0
#include "format/file_view.h"
#include "format/rules.h"
#include "tools/cli/flags.h"
#include "tools/cli/input_file.h"
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
  std::string model, explain;
  bool json = false, steps = false, verify = false, limits = false;
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

int inspect(const Options& options, const Console& console) {
  const auto file = InputFile::open_regular(options.model);
  if (!file) return console.error(options.model, file.error()), kFailed;
  format::ViewOptions viewing;
  viewing.verify = options.verify ? Verify::Everything : Verify::Auto;
  auto view = format::FileView::open(file->bytes(), viewing);
  if (!view) return refuse(options.model, view.error(), console);
  const FileFacts facts = gather(*view);
  std::optional<VerifyReport> report;
  if (options.verify) {
    auto verified = verify(*view);
    if (!verified) return refuse(options.model, verified.error(), console);
    report = std::move(*verified);
  }
  std::string text;
  if (options.json) {
    text = json_text(options.model, facts, report ? &*report : nullptr);
  } else {
    text = info_text(options.model, facts);
    if (options.steps) text += "\n" + steps_text(facts);
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
      .flag("--verify", &options.verify,
            "read and sum every byte, and answer the golden rows on every instruction set here")
      .flag("--json", &options.json, "all of it as JSON")
      .flag("--limits", &options.limits, "the limits of the format, without a model")
      .text("--explain", "CODE|all", &options.explain,
            "a rule in words, such as V31, without a model")
      .examples(
          "  mle-inspect iris.mle\n"
          "  mle-inspect iris.mle --verify --steps\n"
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
