// mle-convert: a source model in, a proved .mle file out.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/print.h"
#include "compiler/import/sklearn/supported.h"
#include "tools/cli/flags.h"
#include "tools/cli/input_file.h"
#include "tools/cli/text.h"
#include "tools/mle-convert/convert.h"
#include "tools/mle-convert/folder.h"
#include "tools/mle-convert/report.h"
#include "tools/mle-convert/timestamp.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace mle::tools {
namespace {

// As typed; checked and turned into ConvertOptions by read_options().
struct Typed {
  std::string source, output, from, features, labels, card, timestamp, dump, dynamic_quantize, arch;
  std::string dequantized = "onnxruntime";
  std::string precision = "auto", weights = "f32", compute = "f32";
  double tolerance = -1;  // not given
  std::vector<std::string> shapes;
  uint64_t golden = 8, jobs = 1;
  bool json = false, supported = false;
};

constexpr size_t kMaxListFile = size_t{16} << 20;
constexpr uint64_t kMaxGolden = 4096;

bool is_folder(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

bool is_file(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

// "a,b,c", or the lines of a file.
Result<std::vector<std::string>> read_names(const std::string& text) {
  if (text.find(',') != std::string::npos || !is_file(text)) return split_list(text);
  MLE_TRY_ASSIGN(const std::string lines, read_text_file(text, kMaxListFile));
  std::vector<std::string> names;
  for (std::string& line : split_list(lines, '\n')) {
    while (!line.empty() && line.back() == '\r') line.pop_back();
    names.push_back(std::move(line));
  }
  // A file may end in line ends; an empty line before that would shift the names after it.
  while (!names.empty() && names.back().empty()) names.pop_back();
  return names;
}

// Explains every flag that makes no sense; true where there was none.
bool read_options(const Typed& typed, ConvertOptions& options, const Console& console) {
  bool good = true;
  const auto wrong = [&](const char* flag, const std::string& what, const char* hint) {
    console.error(flag, what, hint);
    good = false;
  };
  for (const std::string& shape : typed.shapes) {
    const size_t equals = shape.rfind('=');
    const auto size = equals == std::string::npos || equals == 0
                          ? std::nullopt
                          : to_u64(std::string_view(shape).substr(equals + 1));
    if (!size || *size < 1 || *size > 1 << 24)
      wrong("--shape", "'" + shape + "' is not NAME=N with N from 1 to 16777216",
            "for example --shape batch=16");
    else if (!options.compile.shapes.emplace(shape.substr(0, equals), static_cast<uint32_t>(*size))
                  .second)
      wrong("--shape", "'" + shape.substr(0, equals) + "' is given twice", "give it once");
  }
  const auto names = [&](const char* flag, const std::string& text, std::vector<std::string>& to) {
    auto read = text.empty() ? std::vector<std::string>() : read_names(text);
    if (!read) return wrong(flag, read.error().message(), read.error().hint());
    to = std::move(*read);
    if (!text.empty() && to.empty()) wrong(flag, "names nothing", "give a,b,c or a file of lines");
    const auto empty = std::find(to.begin(), to.end(), "");
    if (empty != to.end())
      wrong(flag, "name " + std::to_string(empty - to.begin() + 1) + " is empty",
            "give every one a name");
  };
  names("--features", typed.features, options.compile.features);
  names("--labels", typed.labels, options.compile.labels);
  // Rows are matched to features by name, so a name can stand for one column only.
  std::unordered_set<std::string_view> seen;
  for (const std::string& name : options.compile.features)
    if (!seen.insert(name).second && !name.empty()) {
      wrong("--features", "two are called '" + name + "'", "rename one of them");
      break;
    }
  if (!typed.card.empty()) {
    auto card = read_text_file(typed.card, kMaxListFile);
    if (card)
      options.compile.card = std::move(*card);
    else
      wrong("--card", card.error().message(), card.error().hint());
  }
  if (!typed.arch.empty()) {
    auto arch = compiler::SourceFile::open(typed.arch);
    if (arch)
      options.compile.architecture = std::move(*arch);
    else
      wrong("--arch", arch.error().message(), arch.error().hint());
  }
  options.compile.quantize_by_row = typed.dynamic_quantize == "row";
  options.compile.dequantized_exactly = typed.dequantized == "exact";
  if (!typed.timestamp.empty()) {
    options.compile.timestamp = parse_timestamp(typed.timestamp);
    if (!options.compile.timestamp)
      wrong("--timestamp", "'" + typed.timestamp + "' is no time",
            "for example 2026-01-31 or 2026-01-31T12:34:56Z");
  } else if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr && *epoch) {
    options.compile.timestamp = to_u64(epoch);
    if (!options.compile.timestamp)
      wrong("SOURCE_DATE_EPOCH", "'" + std::string(epoch) + "' is no number of seconds",
            "unset it or give seconds since 1970");
  }
  const auto importers = compiler::importers();
  std::string known;
  for (const auto& importer : importers)
    known += (known.empty() ? "" : ", ") + std::string(importer.name);
  if (!typed.from.empty() &&
      std::none_of(importers.begin(), importers.end(),
                   [&](const auto& importer) { return typed.from == importer.name; }))
    wrong("--from", "no importer is called '" + typed.from + "'", ("there is: " + known).c_str());
  if (typed.json && !typed.dump.empty())
    wrong("--dump", "can't share standard output with --json", "give one of the two");
  using compiler::Precision;
  options.compile.precision = typed.precision == "f32"   ? Precision::F32
                              : typed.precision == "f64" ? Precision::F64
                                                         : Precision::Auto;
  if (typed.weights == "f16") options.compile.weights = DType::F16;
  if (typed.weights == "bf16") options.compile.weights = DType::BF16;
  if (typed.weights == "int8") options.compile.weights = DType::I8;
  if (typed.compute == "int8") {
    if (typed.weights == "f16" || typed.weights == "bf16")
      wrong("--compute", "int8 goes with --weights int8 alone", "leave --weights out");
    options.compile.weights = DType::I8;
    options.compile.narrow_rows = true;
  }
  if (typed.compute == "bf16") {
    if (typed.weights == "f16" || typed.weights == "int8")
      wrong("--compute", "bf16 goes with --weights bf16 alone", "leave --weights out");
    options.compile.weights = DType::BF16;
    options.compile.narrow_rows = true;
  }
  if (options.compile.weights && options.compile.precision == Precision::F64)
    wrong("--weights", "does not go with --precision f64", "leave one of the two out");
  if (options.compile.weights)
    options.tolerance = compiler::usual_tolerance(*options.compile.weights);
  if (typed.tolerance >= 0) {
    options.tolerance = typed.tolerance;
    options.compile.weights_tolerance = typed.tolerance;
  }
  options.compile.from = typed.from;
  options.compile.golden_rows = static_cast<uint32_t>(typed.golden);
  return good;
}

// Prints the graph after import and, with "passes", after every pass that changed it.
void add_dump(const std::string& what, ConvertOptions& options) {
  options.compile.observe = [what, before = std::string()](std::string_view stage,
                                                           std::string_view sentence,
                                                           const compiler::Graph& graph) mutable {
    const std::string text = compiler::print(graph);
    const bool first = stage == "import";
    if (!first && what == "graph") return;
    std::printf("# %.*s: %.*s\n", static_cast<int>(stage.size()), stage.data(),
                static_cast<int>(sentence.size()), sentence.data());
    std::printf("%s\n", !first && text == before ? "# no change" : text.c_str());
    before = text;
  };
}

int run_file(const Typed& typed, const ConvertOptions& options, const Console& console) {
  const Conversion result = convert(typed.source, typed.output, options, console);
  print_problems(result, console);
  const std::string text = typed.json     ? json_text({result})
                           : !result.ok() ? std::string()
                                          : summary_text(result);
  std::fputs(text.c_str(), stdout);
  return result.ok() ? kDone : kFailed;
}

int run_folder(const Typed& typed, const ConvertOptions& options, const Console& console) {
  if (!options.compile.name.empty() || !options.compile.features.empty() ||
      !options.compile.labels.empty() || !options.check_rows.empty() || !typed.dump.empty()) {
    console.error("", "--name, --features, --labels, --check and --dump are about one model",
                  "convert the models one by one");
    return kMisuse;
  }
  const auto begin = std::chrono::steady_clock::now();
  auto result = convert_folder(typed.source, typed.output, options, typed.jobs, console);
  if (!result) return console.error("", result.error()), kFailed;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (const Conversion& conversion : result->conversions) print_problems(conversion, console);
  const std::string text = typed.json ? json_text(result->conversions)
                                      : folder_text(result->conversions, result->skipped, seconds);
  std::fputs(text.c_str(), stdout);
  const bool good = std::all_of(result->conversions.begin(), result->conversions.end(),
                                [](const Conversion& conversion) { return conversion.ok(); });
  return good ? kDone : kFailed;
}

int run_tool(int argc, char** argv, Console& console) {
  Typed typed;
  ConvertOptions options;
  Flags flags("mle-convert SOURCE -o OUT.mle    or    mle-convert DIR -o DIR [--jobs N]",
              "Compiles trained models into .mle files and proves each against the judge.");
  flags
      .positional("SOURCE", &typed.source, "a model, its format told by content; or a folder",
                  false)
      .text("-o,--output", "OUT", &typed.output, "the file or folder to write")
      .text("--from", "FORMAT", &typed.from, "the source's format, where it can't be told")
      .text("--arch", "FILE.json", &typed.arch, "what is computed, for a file of weights alone")
      .choice("--dynamic-quantize", &typed.dynamic_quantize, {"batch", "row"},
              "whose range dynamic quantisation takes (batch)")
      .choice("--dequantized", &typed.dequantized, {"onnxruntime", "exact"},
              "products with dequantised weights: rows rounded, or not (onnxruntime)")
      .texts("--shape", "NAME=N", &typed.shapes, "fixes a free dimension; may be repeated")
      .flag("--free-batch", &options.compile.free_batch,
            "a first dimension of fixed size becomes free")
      .choice("--precision", &typed.precision, {"auto", "f32", "f64"},
              "of a source that computes in f64: auto takes f32 where that is near enough")
      .text("--name", "NAME", &options.compile.name, "the model's name (the source's)")
      .text("--features", "A,B|FILE", &typed.features, "names of the input's columns")
      .text("--labels", "A,B|FILE", &typed.labels, "names of the output's classes")
      .text("--license", "ID", &options.compile.license, "licence of the model, as SPDX has it")
      .text("--author", "TEXT", &options.compile.author, "who made the model")
      .text("--card", "FILE", &typed.card, "model card to store, text or Markdown")
      .text("--timestamp", "TIME", &typed.timestamp,
            "creation time to store, 2026-01-31T12:34:56Z (none)")
      .whole("--golden", "N", &typed.golden, 0, kMaxGolden, "rows with answers to store (8)")
      .text("--check", "ROWS", &options.check_rows, "rows to compare with the judge: npz, npy, CSV")
      .choice("--weights", &typed.weights, {"f32", "f16", "bf16", "int8"},
              "how weights of dense layers are stored; what it costs is measured (f32)")
      .choice("--compute", &typed.compute, {"f32", "int8", "bf16"},
              "int8: weights and rows in 8 bits, summed as whole numbers; bf16: in f32 (f32)")
      .real("--tolerance", "X", &typed.tolerance, 0, 1,
            "difference --check and --weights allow, of the output's size (0.00001; weights: more)")
      .whole("--jobs", "N", &typed.jobs, 1, 256, "models converted side by side (1)")
      .choice("--dump", &typed.dump, {"graph", "passes"}, "prints the graph, or each step of it")
      .flag("--json", &typed.json, "the summary as JSON")
      .flag("--supported", &typed.supported,
            "which scikit-learn estimators are read, no model needed")
      .examples(
          "  mle-convert iris.onnx -o iris.mle --labels setosa,versicolor,virginica\n"
          "  mle-convert model.onnx -o model.mle --check rows.npz\n"
          "  mle-convert large.onnx -o small.mle --weights int8\n"
          "  mle-convert models/ -o compiled/ --jobs 4\n");
  if (const auto status = flags.parse(argc, argv, console)) return *status;
  if (typed.supported) {
    std::fputs(compiler::sklearn::supported_page().c_str(), stdout);
    return kDone;
  }
  if (typed.source.empty()) {
    console.error("", "SOURCE is missing", "run mle-convert --help");
    return kMisuse;
  }
  if (typed.output.empty()) {
    console.error("", "-o OUT is missing", "run mle-convert --help");
    return kMisuse;
  }
  if (same_file(typed.source, typed.output)) {
    console.error("-o", "'" + typed.output + "' is the source itself",
                  "name another file to write");
    return kMisuse;
  }
  if (!read_options(typed, options, console)) return kMisuse;
  if (!typed.dump.empty()) add_dump(typed.dump, options);
  return is_folder(typed.source) ? run_folder(typed, options, console)
                                 : run_file(typed, options, console);
}

}  // namespace
}  // namespace mle::tools

int main(int argc, char** argv) {
  mle::tools::Console console("mle-convert");
  try {
    return console.finish(mle::tools::run_tool(argc, argv, console));
  } catch (const std::bad_alloc&) {
    console.error("", mle::Status::out_of_memory());
  } catch (const std::exception& error) {
    console.error("", error.what());
  }
  return mle::tools::kFailed;
}
