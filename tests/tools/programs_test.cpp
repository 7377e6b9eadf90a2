// The built programs as a user runs them: exit statuses, messages, and what is left on disk.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/archive/zip.h"
#include "tests/tools/support.h"
#include "tools/cli/json_document.h"
#include "tools/cli/text.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cmath>
#include <filesystem>

namespace archive = mle::archive;
using namespace mle::tools;
using namespace mle::tools::testing;

namespace {

const std::string kModels = MLE_EXAMPLE_MODELS;

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string converted(const TempFolder& folder, const std::string& name) {
  const std::string out = folder.path(name + ".mle");
  const Finished done = run("mle-convert", {kModels + "/" + name + ".onnx", "-o", out});
  REQUIRE_MESSAGE(done.status == 0, done.err);
  return out;
}

// Every number of a CSV with a header.
std::vector<std::vector<double>> numbers(const std::string& csv) {
  std::vector<std::vector<double>> rows;
  for (const std::string& line : split_list(csv, '\n')) {
    if (line.empty()) continue;
    auto& row = rows.emplace_back();
    for (const std::string& cell : split_list(line)) row.push_back(to_double(cell).value_or(-1));
  }
  rows.erase(rows.begin());
  return rows;
}

}  // namespace

TEST_CASE("programs: a converted example answers as it was recorded") {
  const TempFolder folder;
  for (const std::string name : {"iris", "digits"}) {
    const std::string model = converted(folder, name);
    const Finished done = run("mle-run", {model, "--input", kModels + "/" + name + "_rows.csv"});
    REQUIRE(done.status == 0);
    const auto got = numbers(done.out),
               want = numbers(read_file(kModels + "/" + name + "_expected.csv"));
    REQUIRE(got.size() == want.size());
    for (size_t i = 0; i < got.size(); ++i) {
      REQUIRE(got[i].size() == want[i].size());
      for (size_t j = 0; j < got[i].size(); ++j) CHECK(std::fabs(got[i][j] - want[i][j]) < 1e-5);
    }
  }
}

TEST_CASE("programs: the answers do not depend on batch size, threads or the form of the rows") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris"), rows = kModels + "/iris_rows.csv";
  const std::string plain = run("mle-run", {model, "--input", rows}).out;
  CHECK(run("mle-run", {model, "--input", rows, "--rows-per-batch", "1"}).out == plain);
  CHECK(run("mle-run", {model, "--input", rows, "--threads", "2"}).out == plain);
  std::vector<float> elements;
  for (const auto& row : numbers(read_file(rows)))
    for (const double value : row) elements.push_back(static_cast<float>(value));
  const std::string array = npy_file("<f4", {elements.size() / 4, 4}, elements);
  CHECK(run("mle-run", {model, "--input", folder.file("x.npy", array)}).out == plain);
  CHECK(
      run("mle-run", {model, "--input", folder.file("x.npz", npz_file({{"X.npy", array}}))}).out ==
      plain);
}

TEST_CASE("programs: an npz output holds every output by name and shape") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris"), out = folder.path("y.npz");
  const Finished done =
      run("mle-run", {model, "--input", kModels + "/iris_rows.csv", "--output", out});
  REQUIRE_MESSAGE(done.status == 0, done.err);
  CHECK(done.out.empty());
  const std::string file = read_file(out);
  const auto members = archive::list_zip(bytes_of(file));
  REQUIRE(members.has_value());
  REQUIRE(members->size() == 1);
  CHECK((*members)[0].name == "probabilities.npy");
  std::vector<std::byte> storage;
  const auto contents = archive::open_member((*members)[0], storage);
  REQUIRE(contents.has_value());
  const auto array = archive::parse_npy(*contents);
  REQUIRE(array.has_value());
  CHECK(array->shape == std::vector<uint64_t>{12, 3});
  CHECK(archive::type_text(*array) == "<f4");
}

TEST_CASE("programs: an npz output has the source's shape where a row is several of its rows") {
  const TempFolder folder;
  const std::string model = folder.path("m.mle"), out = folder.path("y.npz");
  const std::string source = std::string(MLE_TEST_CASES) + "/onnx_rows_of_rows/model.onnx";
  REQUIRE(run("mle-convert", {source, "-o", model}).status == 0);
  const std::string rows = npy_file("<f4", {2, 4}, std::vector<float>(8, 0.5F));
  const Finished done =
      run("mle-run", {model, "--input", folder.file("x.npy", rows), "--output", out});
  REQUIRE_MESSAGE(done.status == 0, done.err);
  const std::string file = read_file(out);
  const auto members = archive::list_zip(bytes_of(file));
  REQUIRE(members.has_value());
  std::vector<std::byte> storage;
  const auto contents = archive::open_member((*members)[0], storage);
  REQUIRE(contents.has_value());
  const auto array = archive::parse_npy(*contents);
  REQUIRE(array.has_value());
  CHECK(array->shape == std::vector<uint64_t>{6, 1});
  CHECK(mentions(run("mle-inspect", {model}).out, "[*, 3, 1] f32, 3 rows of the source"));
}

TEST_CASE("programs: rows that mix are answered in one call, and a trace sees the row among them") {
  const TempFolder folder;
  const std::string model = folder.path("m.mle"), out = folder.path("y.npz");
  const std::string source = std::string(MLE_TEST_CASES) + "/onnx_dynamic_batch_range/model.onnx";
  const Finished made = run("mle-convert", {source, "-o", model});
  REQUIRE_MESSAGE(made.status == 0, made.err);
  CHECK(mentions(made.err, "--dynamic-quantize row"));
  CHECK(
      mentions(run("mle-inspect", {model}).out, "mix: an answer depends on all rows of its call"));
  CHECK(run("mle-inspect", {model, "--verify"}).status == 0);
  const std::string page = folder.path("m.html");
  CHECK(run("mle-inspect", {model, "--html", page}).status == 0);
  CHECK(mentions(read_file(page), "they mix: an answer depends on all rows of its call"));
  CHECK(!mentions(read_file(page), "no row sees another"));

  // More rows than a source gives at a time; the last one has the widest range.
  constexpr size_t kRows = 5000;
  std::string csv = "a,b,c,d,e,f,g,h\n";
  std::vector<float> elements;
  for (size_t i = 0; i < 8 * kRows; ++i) {
    const auto small = static_cast<float>(i * 7 % 23) - 11;
    elements.push_back(i / 8 + 1 == kRows ? small * 4 : small);
    csv += std::to_string(static_cast<int>(elements.back())) + (i % 8 == 7 ? "\n" : ",");
  }
  const std::string rows = folder.file("x.csv", csv);
  const Finished all = run("mle-run", {model, "--input", rows});
  REQUIRE_MESSAGE(all.status == 0, all.err);
  CHECK(mentions(all.err, "all rows are answered in one call"));
  const std::string array = folder.file("x.npy", npy_file("<f4", {kRows, 8}, elements));
  CHECK(run("mle-run", {model, "--input", array}).out == all.out);
  CHECK(run("mle-run", {model, "--input", array, "--threads", "3"}).out == all.out);
  const Finished halves = run("mle-run", {model, "--input", array, "--rows-per-batch", "2500"});
  CHECK(halves.status == 0);
  CHECK(halves.out != all.out);

  const auto answers = numbers(all.out);
  REQUIRE(answers.size() == kRows);
  const Finished trace = run("mle-run", {model, "--input", array, "--trace", "1", "--json"});
  REQUIRE_MESSAGE(trace.status == 0, trace.err);
  const auto seen = parse_json(trace.out);
  REQUIRE(seen.has_value());
  const auto& values = (*seen)["lines"].items.back()["values"].items;
  REQUIRE(values.size() == answers[1].size());
  for (size_t i = 0; i < values.size(); ++i)
    CHECK(std::fabs(values[i].number - answers[1][i]) < 1e-6);
  CHECK(mentions(run("mle-run", {model, "--input", array, "--trace", "5000"}).err,
                 "there is no row 5000: the rows end after 5000"));
}

TEST_CASE("programs: where the source takes more axes before the rows, so are the answers shaped") {
  const TempFolder folder;
  const std::string model = folder.path("m.mle"), out = folder.path("y.npz");
  const std::string source = std::string(MLE_TEST_CASES) + "/torch_layer_norm/model_module.pth";
  REQUIRE(run("mle-convert", {source, "-o", model}).status == 0);
  const auto shape_of = [&](const std::vector<size_t>& shape) -> std::vector<uint64_t> {
    size_t count = 1;
    for (const size_t length : shape) count *= length;
    const std::string rows = npy_file("<f4", shape, std::vector<float>(count, 0.5F));
    const Finished done =
        run("mle-run", {model, "--input", folder.file("x.npy", rows), "--output", out});
    CAPTURE(done.err);
    if (done.status != 0) return {};
    const std::string file = read_file(out);
    const auto members = archive::list_zip(bytes_of(file));
    std::vector<std::byte> storage;
    return archive::parse_npy(*archive::open_member((*members)[0], storage))->shape;
  };
  const std::vector<uint64_t> plain = shape_of({6, 24});
  REQUIRE(plain.size() == 2);
  CHECK(plain[0] == 6);
  CHECK(shape_of({2, 3, 24}) == std::vector<uint64_t>{2, 3, plain[1]});
  CHECK(shape_of({2, 1, 24}) == std::vector<uint64_t>{2, 1, plain[1]});
  CHECK(shape_of({2, 0, 3, 24}) == std::vector<uint64_t>{2, 0, 3, plain[1]});
  CHECK(shape_of({24, 2}).empty());
  CHECK(shape_of({2, 2, 12}).empty());
  CHECK(mentions(run("mle-inspect", {model}).out, "or with more axes before these"));
}

TEST_CASE("programs: JSON lines written are JSON lines read, with every digit") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris"), out = folder.path("y.jsonl");
  const Finished done =
      run("mle-run", {model, "--input", kModels + "/iris_rows.csv", "--output", out});
  REQUIRE_MESSAGE(done.status == 0, done.err);
  const auto wanted = numbers(run("mle-run", {model, "--input", kModels + "/iris_rows.csv"}).out);
  size_t row = 0;
  for (const std::string& line : split_list(read_file(out), '\n')) {
    if (line.empty()) continue;
    const auto answer = parse_json(line);
    REQUIRE(answer.has_value());
    const auto& items = (*answer)["probabilities"].items;
    REQUIRE(items.size() == 3);
    for (size_t j = 0; j < 3; ++j)
      CHECK(static_cast<float>(items[j].number) == static_cast<float>(wanted.at(row)[j]));
    ++row;
  }
  CHECK(row == wanted.size());
}

TEST_CASE("programs: a trace has the row as it went in, every step, and the answer as the last") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris"), rows = kModels + "/iris_rows.csv";
  const Finished text = run("mle-run", {model, "--input", rows, "--trace", "3"});
  REQUIRE_MESSAGE(text.status == 0, text.err);
  CHECK(mentions(text.out, "softmax"));
  const auto trace =
      parse_json(run("mle-run", {model, "--input", rows, "--trace", "3", "--json"}).out);
  REQUIRE(trace.has_value());
  CHECK((*trace)["row"].number == 3);
  const auto& lines = (*trace)["lines"].items;
  REQUIRE(lines.size() > 2);
  const auto given = numbers(read_file(rows)).at(3);
  const auto answer = numbers(run("mle-run", {model, "--input", rows}).out).at(3);
  CHECK(lines.front()["kind"].text == "input");
  for (size_t i = 0; i < 4; ++i)
    CHECK(lines.front()["values"].items.at(i).number == doctest::Approx(given.at(i)));
  for (size_t i = 0; i < 3; ++i)
    CHECK(lines.back()["values"].items.at(i).number == doctest::Approx(answer.at(i)));
  CHECK(lines.back()["mean"].number == doctest::Approx(1.0 / 3));
  const Finished beyond = run("mle-run", {model, "--input", rows, "--trace", "12"});
  CHECK(beyond.status == 1);
  CHECK(mentions(beyond.err, "there is no row 12: the rows end after 12"));
  CHECK(run("mle-run", {model, "--input", rows, "--json"}).status == 2);
  CHECK(run("mle-run", {model, "--input", rows, "--trace", "0", "-o", "x.csv"}).status == 2);
}

TEST_CASE("programs: the last line of a one-row run is its answer") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris");
  const Finished done =
      run("mle-run", {model, "--input", folder.file("x.csv", "5.1,3.4,1.5,0.2\n")});
  REQUIRE(done.status == 0);
  const auto rows = numbers(done.out);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].size() == 3);
  CHECK(rows[0][0] + rows[0][1] + rows[0][2] == doctest::Approx(1));
}

TEST_CASE("programs: rows that do not fit leave no output and a message that says where") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris"), out = folder.path("y.npz");
  const std::string rows = folder.file("x.csv", "1,2,3,4\n1,2,many,4\n");
  const size_t before = folder.count();
  const Finished done = run("mle-run", {model, "--input", rows, "--output", out});
  CHECK(done.status == 1);
  CHECK(done.out.empty());
  CHECK(
      mentions(done.err, "mle-run: error: " + rows + ": line 2: column 3: 'many' is not a number"));
  CHECK(mentions(done.err, "\nhint: "));
  CHECK(folder.count() == before);
}

TEST_CASE("programs: misuse exits with 2 and names the nearest flag") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris");
  const Finished typo = run("mle-run", {model, "--inptu", "x"});
  CHECK(typo.status == 2);
  CHECK(mentions(typo.err, "mle-run: error: unknown flag '--inptu'\nhint: did you mean --input?"));
  CHECK(run("mle-run", {model}).status == 2);
  CHECK(run("mle-run", {}).status == 2);
  CHECK(run("mle-run", {model, "--input", "x", "--threads", "0"}).status == 2);
  CHECK(run("mle-run", {model, "--input", "x", "--threads", "1e3"}).status == 2);
  CHECK(run("mle-run", {model, "--input", "x", "--entry", "none"}).status == 2);
  CHECK(run("mle-convert", {"x.onnx"}).status == 2);
  CHECK(run("mle-convert", {"x.onnx", "-o", "y", "--shape", "N"}).status == 2);
  CHECK(run("mle-convert", {"x.onnx", "-o", "y", "--from", "none"}).status == 2);
  CHECK(run("mle-inspect", {"--explain", "V99999"}).status == 2);
  CHECK(run("mle-bench", {"walk", model}).status == 2);
  CHECK(run("mle-bench", {"run", model, "--fail-above", "5"}).status == 2);
}

TEST_CASE("programs: an output that is one of the inputs is refused before anything is touched") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris"), bytes = read_file(model);
  const std::string rows = folder.file("rows.csv", "1,2,3,4\n");
  const std::string onnx = folder.file("x.onnx", read_file(kModels + "/iris.onnx"));
  std::filesystem::create_symlink(onnx, folder.path("link.mle"));
  std::filesystem::create_hard_link(rows, folder.path("link.csv"));
  for (const std::string& out : {onnx, folder.path("./x.onnx"), folder.path("link.mle")}) {
    const Finished done = run("mle-convert", {onnx, "-o", out});
    CHECK(done.status == 2);
    CHECK(mentions(done.err, "is the source itself"));
  }
  for (const std::string& out : {model, rows, folder.path("link.csv")}) {
    const Finished done = run("mle-run", {model, "--input", rows, "-o", out});
    CHECK(done.status == 2);
    CHECK(mentions(done.err, "is the model or the rows themselves"));
  }
  CHECK(read_file(model) == bytes);
  CHECK(read_file(rows) == "1,2,3,4\n");
  CHECK(read_file(onnx) == read_file(kModels + "/iris.onnx"));
}

TEST_CASE("programs: empty names are refused, and features of the same name") {
  const TempFolder folder;
  const auto named = [&](const std::string& flag, const std::string& names) {
    return run("mle-convert", {kModels + "/iris.onnx", "-o", folder.path("x.mle"), flag, names});
  };
  const Finished empty = named("--features", "a,,c,d"), twice = named("--features", "a,b,c,b");
  CHECK(empty.status == 2);
  CHECK(mentions(empty.err, "--features: name 2 is empty"));
  CHECK(twice.status == 2);
  CHECK(mentions(twice.err, "--features: two are called 'b'"));
  CHECK(mentions(named("--labels", "a,b,").err, "--labels: name 3 is empty"));
  CHECK(named("--labels", folder.file("gap.txt", "a\n\nc\n")).status == 2);
  CHECK(!folder.has("x.mle"));
  CHECK(named("--labels", "a,b,b").status == 0);
  CHECK(named("--labels", folder.file("labels.txt", "a\r\nb\r\nc\r\n\r\n")).status == 0);
}

TEST_CASE("programs: a standard output that is full ends every tool with 1 and a message") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris");
  const std::vector<std::pair<std::string, std::vector<std::string>>> kRuns{
      {"mle-inspect", {model}},
      {"mle-inspect", {"--limits"}},
      {"mle-inspect", {"--help"}},
      {"mle-convert", {kModels + "/iris.onnx", "-o", model}},
      {"mle-convert", {kModels + "/digits.onnx", "-o", model, "--dump", "passes"}},
      {"mle-bench", {"load", model, "--seconds", "0.01"}},
      {"mle-bench", {"load", model, "--seconds", "0.01", "--json", "-"}},
      {"mle-run", {model, "--input", kModels + "/digits_rows.csv"}}};
  for (const auto& each : kRuns) {
    const auto& tool = each.first;
    const auto& words = each.second;
    CAPTURE(words.back());
    const Finished done = run(tool, words, {}, "/dev/full");
    CHECK(done.status == 1);
    CHECK_MESSAGE(mentions(done.err, tool + ": error: standard output: "), done.err);
  }
}

TEST_CASE("programs: mle-inspect refuses a pipe or a folder at once") {
  const TempFolder folder;
  REQUIRE(mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  for (const std::string& path : {folder.path("pipe"), folder.path("")}) {
    const Finished done = run("mle-inspect", {path});
    CHECK(done.status == 1);
    CHECK(mentions(done.err, path + ": is not a regular file"));
  }
}

TEST_CASE("programs: mle-run refuses an output of a format that it does not write") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris"), rows = folder.file("x.csv", "1,2,3,4\n");
  for (const std::string name : {"y.json", "y.parquet", "y.npy", "y.csv.gz"}) {
    const Finished done = run("mle-run", {model, "--input", rows, "-o", folder.path(name)});
    CHECK(done.status == 2);
    CHECK(mentions(done.err, "name it *.npz, *.csv or *.jsonl, or - for standard output"));
    CHECK(!folder.has(name));
  }
  for (const std::string name : {"y.csv", "y.npz", "y.jsonl", "y"})
    CHECK(run("mle-run", {model, "--input", rows, "-o", folder.path(name)}).status == 0);
}

TEST_CASE("programs: a dimension that is given twice is refused") {
  const Finished done =
      run("mle-convert", {"x.onnx", "-o", "y", "--shape", "n=4", "--shape", "n=5"});
  CHECK(done.status == 2);
  CHECK(mentions(done.err, "--shape: 'n' is given twice"));
}

TEST_CASE("programs: help fits a screen, ends with examples, and version names the format") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> kTools{
      {"mle-run", {}},        {"mle-convert", {}},     {"mle-inspect", {}},     {"mle-bench", {}},
      {"mle-bench", {"run"}}, {"mle-bench", {"load"}}, {"mle-bench", {"start"}}};
  for (const auto& each : kTools) {
    const std::string& tool = each.first;
    CAPTURE(tool);
    std::vector<std::string> words = each.second;
    words.push_back("--help");
    const Finished help = run(tool, words);
    CHECK(help.status == 0);
    CHECK(mentions(help.out, "Usage: " + tool));
    CHECK(mentions(help.out, "\nExamples:\n  " + tool));
    const auto lines = split_list(help.out, '\n');
    CHECK(lines.size() < 40);
    for (const std::string& line : lines) CHECK_MESSAGE(line.size() < 120, line);
    const Finished version = run(tool, {"--version"});
    CHECK(version.status == 0);
    CHECK(mentions(version.out, "(file format 1."));
  }
}

TEST_CASE("programs: a source that can't be read leaves no output and exits with 1") {
  const TempFolder folder;
  const std::string bad = folder.file("bad.onnx", "this is no model at all");
  const Finished done = run("mle-convert", {bad, "-o", folder.path("bad.mle")});
  CHECK(done.status == 1);
  CHECK(mentions(done.err, "mle-convert: error: " + bad + ": "));
  CHECK(mentions(done.err, "hint: "));
  CHECK(folder.count() == 1);
  CHECK(run("mle-convert", {folder.path("none"), "-o", folder.path("x.mle")}).status == 1);
  CHECK(run("mle-convert", {kModels + "/iris.onnx", "-o", folder.path("no/such/x.mle")}).status ==
        1);
  CHECK(folder.count() == 1);
}

TEST_CASE("programs: a source in a format of others is refused by the name of that format") {
  const TempFolder folder;
  const std::string lite = folder.file("m.tflite", std::string("\x1c\0\0\0TFL3 and more", 17));
  const Finished done = run("mle-convert", {lite, "-o", folder.path("m.mle")});
  CHECK(done.status == 1);
  CHECK(mentions(done.err, "TensorFlow Lite"));
}

TEST_CASE("programs: the same source gives the same bytes, and an existing output is replaced") {
  const TempFolder folder;
  const std::string first = read_file(converted(folder, "iris"));
  const std::string out = folder.file("other.mle", "old");
  REQUIRE(run("mle-convert", {kModels + "/iris.onnx", "-o", out}, {"TZ=Asia/Tokyo", "LC_ALL=C"})
              .status == 0);
  CHECK(read_file(out) == first);
  REQUIRE(run("mle-convert", {kModels + "/iris.onnx", "-o", out}, {"SOURCE_DATE_EPOCH=1700000000"})
              .status == 0);
  const Finished info = run("mle-inspect", {out});
  CHECK(mentions(info.out, "2023-11-14T22:13:20Z"));
}

TEST_CASE("programs: names, licence and card given to mle-convert are in the file") {
  const TempFolder folder;
  const std::string out = folder.path("iris.mle");
  const std::string labels = folder.file("labels.txt", "setosa\r\nversicolor\nvirginica\n");
  const Finished done =
      run("mle-convert", {kModels + "/iris.onnx", "-o", out, "--name", "flowers", "--license",
                          "MIT", "--author", "A. Uthor", "--features", "a,b,c,d", "--labels",
                          labels, "--card", folder.file("card.md", "# Flowers\n"), "--json"});
  REQUIRE_MESSAGE(done.status == 0, done.err);
  const auto made = parse_json(done.out);
  REQUIRE(made.has_value());
  CHECK((*made)["schema"].text == "mle-convert/1");
  CHECK((*made)["models"].items[0]["ok"].boolean);
  const auto info = parse_json(run("mle-inspect", {out, "--json"}).out);
  REQUIRE(info.has_value());
  CHECK((*info)["name"].text == "flowers");
  CHECK((*info)["license"].text == "MIT");
  CHECK((*info)["author"].text == "A. Uthor");
  const JsonValue& entry = (*info)["entries"].items[0];
  CHECK(entry["inputs"].items[0]["features"].items[3].text == "d");
  CHECK(entry["outputs"].items[0]["labels"].items[2].text == "virginica");
  // Rows by name, in another order and with a column too many.
  const Finished answer =
      run("mle-run", {out, "--input", folder.file("x.csv", "d,z,c,b,a\n0.2,?,1.5,3.4,5.1\n")});
  REQUIRE_MESSAGE(answer.status == 0, answer.err);
  CHECK(mentions(answer.out, "probabilities[setosa],"));
  CHECK(mentions(answer.err, "warning: "));
  CHECK(mentions(answer.err, "no column 'z'"));
  CHECK(run("mle-convert", {kModels + "/iris.onnx", "-o", out, "--labels", "a,b"}).status == 1);
}

TEST_CASE(
    "programs: check rows are compared with the judge, and a tolerance of zero names a layer") {
  const TempFolder folder;
  const std::string out = folder.path("iris.mle"), rows = kModels + "/iris_rows.csv";
  const Finished good = run("mle-convert", {kModels + "/iris.onnx", "-o", out, "--check", rows});
  CHECK(good.status == 0);
  CHECK(mentions(good.out, "12 check rows"));
  // Doubles are rounded on their way in, for the runtime and the judge alike.
  const std::string far = npy_file<double>("<f8", {1, 4}, {5.1e4 + 0.001, 3.4, 1.5e-5, 0.2});
  const Finished rounded = run(
      "mle-convert", {kModels + "/iris.onnx", "-o", out, "--check", folder.file("far.npy", far)});
  CHECK_MESSAGE(rounded.status == 0, rounded.err);
  const Finished strict =
      run("mle-convert", {kModels + "/iris.onnx", "-o", folder.path("strict.mle"), "--check", rows,
                          "--tolerance", "0"});
  CHECK(strict.status == 1);
  CHECK(mentions(strict.err, "the judge says"));
  CHECK(mentions(strict.err, "first layer that differs: "));
  CHECK(!folder.has("strict.mle"));
}

TEST_CASE("programs: a dump shows the graph after import and after every pass") {
  const TempFolder folder;
  const std::vector<std::string> words{kModels + "/iris.onnx", "-o", folder.path("x.mle"),
                                       "--dump"};
  auto graph = words, passes = words;
  graph.push_back("graph");
  passes.push_back("passes");
  const Finished once = run("mle-convert", graph), every = run("mle-convert", passes);
  CHECK(once.status == 0);
  CHECK(mentions(once.out, "# import: "));
  CHECK(every.out.size() > once.out.size());
  CHECK(mentions(every.out, "# no change"));
}

TEST_CASE(
    "programs: a folder of models is converted with one summary, and a bad one does not stop the "
    "rest") {
  const TempFolder folder, out;
  for (const std::string name : {"iris", "digits"})
    folder.file(name + ".onnx", read_file(kModels + "/" + name + ".onnx"));
  folder.file("notes.txt", "not a model");
  const Finished good = run("mle-convert", {folder.path(""), "-o", out.path("a"), "--jobs", "2"});
  CHECK_MESSAGE(good.status == 0, good.err);
  CHECK(mentions(good.out, "2 models converted, 0 failed, 1 other"));
  CHECK(out.has("a/iris.mle"));
  CHECK(out.has("a/digits.mle"));
  // Threads and folders leave no trace in the files.
  CHECK(read_file(out.path("a/iris.mle")) == read_file(converted(out, "iris")));
  const std::string onnx = read_file(kModels + "/iris.onnx");
  folder.file("half.onnx", onnx.substr(0, onnx.size() / 2));
  const auto bad =
      parse_json(run("mle-convert", {folder.path(""), "-o", out.path("b"), "--json"}).out);
  REQUIRE(bad.has_value());
  size_t made = 0;
  for (const JsonValue& model : (*bad)["models"].items) made += model["ok"].boolean ? 1 : 0;
  CHECK(made == 2);
  CHECK(!out.has("b/half.mle"));
}

TEST_CASE("programs: mle-inspect tells valid, invalid, newer and differing files apart") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris");
  const Finished verified = run("mle-inspect", {model, "--verify", "--steps"});
  CHECK(verified.status == 0);
  CHECK(mentions(verified.out, "all good"));
  CHECK(mentions(verified.out, "sse2"));
  CHECK(mentions(verified.out, "Dense"));
  std::string bytes = read_file(model);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  const Finished damaged = run("mle-inspect", {folder.file("damaged.mle", bytes), "--verify"});
  CHECK(damaged.status == 1);
  CHECK(mentions(damaged.err, "mle-inspect --explain V"));
  std::string newer = read_file(model);
  newer[8] = 2;  // the format's major version
  CHECK(run("mle-inspect", {folder.file("newer.mle", newer)}).status == 3);
  CHECK(run("mle-inspect", {folder.path("none.mle")}).status == 1);
  CHECK(run("mle-inspect", {"--explain", "v31"}).status == 0);
  CHECK(parse_json(run("mle-inspect", {"--limits", "--json"}).out).has_value());
}

TEST_CASE("programs: mle-bench reports what it measured as text and as JSON") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris"), saved = folder.path("saved.json");
  const Finished done = run("mle-bench", {"run", model, "--rows", "1,16", "--seconds", "0.05",
                                          "--profile", "--json", saved});
  REQUIRE_MESSAGE(done.status == 0, done.err);
  CHECK(mentions(done.out, "GFLOP/s"));
  const auto report = parse_json(read_file(saved));
  REQUIRE(report.has_value());
  CHECK((*report)["schema"].text == "mle-bench/1");
  CHECK((*report)["mode"].text == "run");
  CHECK(!(*report)["cpu"].text.empty());
  REQUIRE((*report)["results"].items.size() == 2);
  const JsonValue& cell = (*report)["results"].items[1];
  CHECK(cell["rows"].number == 16);
  CHECK(cell["latency_us"]["p50"].number > 0);
  CHECK(cell["latency_us"]["p50"].number <= cell["latency_us"]["p99"].number);
  CHECK(cell["rows_per_s"].number > 0);
  CHECK(cell["rss_bytes"].number > 0);
  CHECK(cell["bound"]["us"].number > 0);
  CHECK(cell["bound"]["peak_gflops"].number > 0);
  const Finished again = run("mle-bench", {"run", model, "--rows", "16", "--seconds", "0.05",
                                           "--against", saved, "--format", "md"});
  CHECK(again.status == 0);
  CHECK(again.out.rfind("ratio ", 0) == 0);
  CHECK(mentions(again.out, "| rows |"));
  const Finished other =
      run("mle-bench", {"run", model, "--rows", "2", "--seconds", "0.05", "--against", saved});
  CHECK(other.status == 1);
  CHECK(mentions(other.err, "has no figures for 2 rows"));
}

TEST_CASE("programs: mle-bench compares with other commands, and draws what it measured") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris"), page = folder.path("page.html");
  const std::string other = std::string(MLE_BIN) + "/mle-bench run " + model;
  const Finished done =
      run("mle-bench", {"run", model, "--rows", "1,64", "--seconds", "0.02", "--profile",
                        "--against", other, "--html", page, "--json", "-"});
  REQUIRE_MESSAGE(done.status == 0, done.err);
  const auto report = parse_json(done.out);
  REQUIRE(report.has_value());
  const JsonValue& cell = (*report)["results"].items[1];
  CHECK(cell["ratio"]["low"].number <= cell["ratio"]["value"].number);
  CHECK(cell["ratio"]["value"].number > 0);
  CHECK(cell["rounds_us"].items.size() == cell["their_rounds_us"].items.size());
  CHECK(cell["quantiles_us"].items.front().number == cell["latency_us"]["min"].number);
  CHECK(cell["quantiles_us"].items.back().number == cell["latency_us"]["max"].number);
  CHECK(cell["steps"].items[0]["of_bound"].number > 0);
  const std::string html = read_file(page);
  CHECK(mentions(html, "Beside"));
  CHECK(mentions(html, "<polyline"));
  CHECK(mentions(html, "More rows in a call"));
  CHECK(mentions(html, "of the bound, 64 rows"));

  const Finished start = run("mle-bench", {"start", model, "--runs", "3", "--against",
                                           std::string(MLE_BIN) + "/mle-run --version"});
  CHECK_MESSAGE(start.status == 0, start.err);
  CHECK(start.out.rfind("ratio ", 0) == 0);
  const Finished stranger = run("mle-bench", {"load", model, "--against", "/bin/echo hello"});
  CHECK(stranger.status == 1);
  CHECK(mentions(stranger.err, "is no report of mle-bench load"));
  CHECK(run("mle-bench", {"run", model, "--against", "/bin/false x"}).status == 1);
}

TEST_CASE("programs: mle-bench fails where a model is slower than allowed") {
  const TempFolder folder;
  const std::string small = converted(folder, "iris"), large = converted(folder, "digits");
  const std::vector<std::string> words{"--rows",       "256", "--seconds", "0.1",
                                       "--fail-above", "10",  "--against"};
  auto slower = words, faster = words;
  slower.insert(slower.begin(), {"run", large});
  slower.push_back(small);
  faster.insert(faster.begin(), {"run", small});
  faster.push_back(large);
  CHECK(run("mle-bench", slower).status == 1);
  CHECK(run("mle-bench", faster).status == 0);
}

TEST_CASE("programs: mle-bench times loading and fresh processes") {
  const TempFolder folder;
  const std::string model = converted(folder, "iris");
  const auto load =
      parse_json(run("mle-bench", {"load", model, "--seconds", "0.05", "--json", "-"}).out);
  REQUIRE(load.has_value());
  CHECK((*load)["results"].items[0]["load_us"]["p50"].number > 0);
  CHECK((*load)["results"].items[0]["first_run_us"].number > 0);
  const auto start =
      parse_json(run("mle-bench", {"start", model, "--runs", "3", "--json", "-"}).out);
  REQUIRE(start.has_value());
  const JsonValue& cell = (*start)["results"].items[0];
  CHECK(cell["samples"].number == 3);
  CHECK(cell["exec_to_answer_us"]["min"].number > 0);
  CHECK(cell["peak_rss_bytes"].number > 0);
  CHECK(run("mle-bench", {"start", model, "--program", "/bin/false"}).status == 1);
}
