// What mle-inspect says about files, and writes from them.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/archive/zip.h"
#include "tests/support/tiny_models.h"
#include "tests/tools/support.h"
#include "tools/cli/json_document.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

namespace archive = mle::archive;
using namespace mle::tools;
using namespace mle::tools::testing;
using mle::testing::AlignedBytes;
using mle::testing::TinyModel;

namespace {

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string written(const TempFolder& folder, const std::string& name, const TinyModel& model) {
  const AlignedBytes bytes = mle::testing::make_file(model);
  return folder.file(name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

JsonValue json_of(const std::vector<std::string>& words) {
  const Finished done = run("mle-inspect", words);
  REQUIRE_MESSAGE(done.status == 0, done.err);
  auto parsed = parse_json(done.out);
  REQUIRE(parsed.has_value());
  return std::move(*parsed);
}

}  // namespace

TEST_CASE("inspect: the map accounts for every byte of a file, once") {
  const TempFolder folder;
  for (const TinyModel& model : {mle::testing::tiny_mlp(), mle::testing::tiny_whole()}) {
    const std::string path = written(folder, "m.mle", model);
    const JsonValue info = json_of({path, "--map", "--json"});
    double at = 0;
    for (const JsonValue& range : info["map"].items) {
      CHECK(range["begin"].number == at);
      CHECK(range["end"].number > at);
      CHECK(!range["what"].text.empty());
      at = range["end"].number;
    }
    CHECK(at == static_cast<double>(read_file(path).size()));
  }
  CHECK(mentions(run("mle-inspect", {folder.path("m.mle"), "--map"}).out, "header"));
}

TEST_CASE("inspect: a file does not differ from itself") {
  const TempFolder folder;
  const std::string path = written(folder, "m.mle", mle::testing::tiny_mlp());
  CHECK(mentions(run("mle-inspect", {path, "--diff", path}).out, "no differences"));
  const JsonValue report = json_of({path, "--diff", path, "--json"});
  CHECK(report["equal"].boolean);
  CHECK(report["equal_tensors"].number == 4);
}

TEST_CASE("inspect: a difference is named by op and tensor, with its size in numbers and ULP") {
  const TempFolder folder;
  const std::string a = written(folder, "a.mle", mle::testing::tiny_linear());
  TinyModel other = mle::testing::tiny_linear();
  float bias[2];
  std::byte* at = other.weights.data() + other.tensor(3).offset;
  std::memcpy(bias, at, sizeof bias);
  const float before = bias[1];
  bias[1] = std::nextafter(std::nextafter(bias[1], 1e9f), 1e9f);
  std::memcpy(at, bias, sizeof bias);
  const JsonValue report = json_of({a, "--diff", written(folder, "b.mle", other), "--json"});
  CHECK(!report["equal"].boolean);
  CHECK(report["structure"].items.empty());
  REQUIRE(report["tensors"].items.size() == 1);
  const JsonValue& tensor = report["tensors"].items[0];
  CHECK(tensor["tensor"].text == "b");
  CHECK(tensor["different"].number == 1);
  CHECK(tensor["elements"].number == 2);
  CHECK(tensor["max_ulp"].number == 2);
  CHECK(tensor["max_abs"].number == static_cast<double>(bias[1]) - static_cast<double>(before));
  CHECK(tensor["at"].number == 1);
}

TEST_CASE("inspect: labels that changed and ops that came or went are told") {
  const TempFolder folder;
  const std::string a = written(folder, "a.mle", mle::testing::tiny_mlp());
  TinyModel other = mle::testing::tiny_mlp();
  other.entry().outputs[0]->labels[1] = other.strings.add("perhaps");
  other.op(0).act = mle::fb::Act::Tanh;
  const Finished done = run("mle-inspect", {a, "--diff", written(folder, "b.mle", other)});
  REQUIRE(done.status == 0);
  CHECK(mentions(done.out, "label 1: "));
  CHECK(mentions(done.out, "→ 'perhaps'"));
  CHECK(mentions(done.out, "function: 'Relu' → 'Tanh'"));
  CHECK(!mentions(done.out, "no differences"));
  const std::string linear = written(folder, "c.mle", mle::testing::tiny_linear());
  const Finished far = run("mle-inspect", {a, "--diff", linear});
  CHECK(mentions(far.out, "is gone"));
  CHECK(run("mle-inspect", {a, "--diff", folder.path("none")}).status == 1);
}

TEST_CASE("inspect: exported constants have the numbers that were packed, row by row") {
  const TempFolder folder;
  const std::string path = written(folder, "m.mle", mle::testing::tiny_mlp());
  const std::string out = folder.path("m.npz");
  REQUIRE(run("mle-inspect", {path, "--export", out}).status == 0);
  const std::string file = read_file(out);
  const auto members = archive::list_zip(bytes_of(file));
  REQUIRE(members.has_value());
  CHECK(members->size() == 4);
  size_t matrices = 0;
  for (const archive::ZipMember& member : *members) {
    std::vector<std::byte> storage;
    const auto bytes = archive::open_member(member, storage);
    REQUIRE(bytes.has_value());
    const auto array = archive::parse_npy(*bytes);
    REQUIRE(array.has_value());
    if (array->shape.size() != 2) continue;
    ++matrices;
    for (size_t i = 0; i < array->count; ++i) {
      float value = 0;
      std::memcpy(&value, array->bytes.data() + 4 * i, 4);
      CHECK(value == mle::testing::tiny_weight(i));
    }
  }
  CHECK(matrices == 2);
}

TEST_CASE("inspect: an exported program names kinds, places and tensors as the schema does") {
  const TempFolder folder;
  const std::string path = written(folder, "m.mle", mle::testing::tiny_mlp());
  const std::string out = folder.path("m.json");
  REQUIRE(run("mle-inspect", {path, "--export", out}).status == 0);
  const auto program = parse_json(read_file(out));
  REQUIRE(program.has_value());
  CHECK((*program)["ops"].items.size() == 3);
  CHECK((*program)["ops"].items[0]["kind"].text == "Dense");
  CHECK((*program)["ops"].items[0]["act"].text == "Relu");
  CHECK((*program)["tensors"].items[0]["place"].text == "Input");
  CHECK((*program)["entries"].items[0]["outputs"].items[0]["labels"].items.size() == 2);
  CHECK(run("mle-inspect", {path, "--export", folder.path("m.txt")}).status == 2);
  CHECK(run("mle-inspect", {path, "--export", folder.path("no/m.json")}).status == 1);
}

TEST_CASE("inspect: no text of a file becomes markup of the page") {
  const TempFolder folder;
  TinyModel model = mle::testing::tiny_mlp();
  const std::string evil = "</td><script>alert('x')</script><img src=http://e.example/&\">";
  model.model().name = model.strings.add(evil);
  model.model().author = model.strings.add(evil);
  model.model().doc = model.strings.add(evil);
  model.entry().outputs[0]->labels[0] = model.strings.add(evil);
  model.op(0).name = model.strings.add(evil);
  model.tensor(1).name = model.strings.add(evil);
  const std::string out = folder.path("m.html");
  REQUIRE(run("mle-inspect", {written(folder, "m.mle", model), "--html", out}).status == 0);
  const std::string page = read_file(out);
  CHECK(mentions(page, "&lt;script&gt;alert(&#39;x&#39;)"));
  CHECK(!mentions(page, "<script"));
  CHECK(!mentions(page, "<img"));
  CHECK(mentions(page, "</html>"));
  for (const std::string from : {"src=\"", "href=", "url(", "@import"})
    CHECK(!mentions(page, from));
}
