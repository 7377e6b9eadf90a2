// Plain coefficients: what each kind of file says, and what it may not say.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/coefficients/coefficients.h"

#include "compiler/evaluate/evaluate.h"
#include "compiler/import/json/ubjson.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace mle;
using namespace mle::compiler;
using namespace mle::compiler::coefficients;

namespace {

SourceFile source_of(const std::string& text) {
  return SourceFile::from_bytes("m", std::as_bytes(std::span(text.data(), text.size())));
}

using Read = std::optional<Graph> (*)(const SourceFile&, const ImportOptions&, Problems&);

Elements answers_of(Read read, const std::string& text, const Elements& rows, size_t count) {
  Problems problems;
  const auto graph = read(source_of(text), {}, problems);
  for (const Problem& each : problems.kept()) CAPTURE(each.what);
  REQUIRE(graph);
  const auto answers = evaluate_outputs(*graph, {rows}, count);
  REQUIRE(answers);
  return (*answers)[0];
}

std::string refusal_of(Read read, const std::string& text) {
  Problems problems;
  CHECK_FALSE(read(source_of(text), {}, problems));
  REQUIRE(problems.count() == 1);
  return problems.kept()[0].what;
}

bool has(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

std::string gblinear(const std::string& weights, const std::string& objective,
                     const std::string& base) {
  return R"({"learner":{"gradient_booster":{"name":"gblinear","model":{"weights":)" + weights +
         R"(}},"learner_model_param":{"base_score":")" + base +
         R"(","num_class":"0","num_feature":"2"},"objective":{"name":")" + objective + R"("}}})";
}

}  // namespace

TEST_CASE("coefficients: JSON says coefficients, intercept and link") {
  const std::string linear = R"({"coef": [2, 3], "intercept": 1, "features": ["a", "b"]})";
  CHECK(can_read_json(source_of(linear)));
  CHECK(answers_of(read_json, linear, {1, 1, 0, 2}, 2) == Elements{6, 7});
  const std::string two = R"({"link": "log", "coef": [[0, 1], [1, 0]], "intercept": [0, 0]})";
  CHECK(answers_of(read_json, two, {0, 1}, 1) == Elements{std::exp(1.0), 1});
  CHECK(has(refusal_of(read_json, R"({"coef": [[1, 2], [3]]})"), "different lengths"));
  CHECK(has(refusal_of(read_json, R"({"coef": [1], "link": "cauchit"})"), "'cauchit'"));
  CHECK(has(refusal_of(read_json, R"({"coef": [[1]], "intercept": [1, 2]})"), "2 intercepts"));
}

TEST_CASE("coefficients: CSV names the columns and tells bad lines by number") {
  const std::string table = "# link=logit\nfeature,y\r\n(intercept),0.5\n\"odd, name\",1\nb,-1e0\n";
  CHECK(can_read_csv(source_of(table)));
  Problems problems;
  const auto graph = read_csv(source_of(table), {}, problems);
  REQUIRE(graph);
  CHECK(graph->entries[0].name == "predict_proba");
  CHECK(graph->entries[0].inputs[0].features == std::vector<std::string>{"odd, name", "b"});
  CHECK(answers_of(read_csv, table, {0.5, 1}, 1)[0] == 0.5);
  CHECK(has(refusal_of(read_csv, "feature,y\na,1,2\n"), "line 2: 3 fields"));
  CHECK(has(refusal_of(read_csv, "feature,y\na,x\n"), "'x' is no number"));
  CHECK(has(refusal_of(read_csv, "feature,y\n"), "without coefficients"));
}

TEST_CASE("coefficients: gblinear adds what its base score is behind the link") {
  const std::string squared = gblinear("[1, 2, 10]", "reg:squarederror", "0.5");
  CHECK(can_read_gblinear(source_of(squared)));
  CHECK(answers_of(read_gblinear, squared, {3, 4, NAN, 4}, 2) == Elements{21.5, 18.5});
  const std::string poisson = gblinear("[0, 0, 0]", "count:poisson", "[2E0]");
  CHECK(answers_of(read_gblinear, poisson, {3, 4}, 1)[0] == doctest::Approx(2));
  CHECK(has(refusal_of(read_gblinear, gblinear("[1, 2]", "reg:squarederror", "0")), "weights"));
  CHECK(has(refusal_of(read_gblinear, gblinear("[1, 2, 3]", "reg:odd", "0")), "'reg:odd'"));
  CHECK(has(refusal_of(read_gblinear, R"({"learner":{"gradient_booster":{"name":"gbtree"}}})"),
            "decision trees"));
}

TEST_CASE("coefficients: UBJSON is read to its last byte and no further") {
  const auto parse = [](const std::string& text) {
    return parse_ubjson(std::as_bytes(std::span(text.data(), text.size())));
  };
  using namespace std::string_literals;
  const std::string good = "{i\x01"s + "a[$d#i\x02"s + "\x3f\x80\x00\x00\x40\x00\x00\x00"s +
                           "i\x01"s + "bSi\x03xyzU\x01"s + "cT}"s;
  const auto document = parse(good);
  REQUIRE(document);
  CHECK((*document)["a"][1].get<double>() == 2);
  CHECK((*document)["b"].get<std::string>() == "xyz");
  for (size_t length = 0; length < good.size(); ++length)
    CHECK_FALSE(parse(good.substr(0, length)));
  CHECK_FALSE(parse("[$T#L\x00\x00\x00\x7f\x00\x00\x00\x00"s));  // elements without bytes
  CHECK_FALSE(parse("[#i\x7f"s));
  CHECK_FALSE(parse(std::string(100'000, '[')));
  CHECK_FALSE(parse("{i\x01"s + "aTi\x01"s + "aT}"s));  // a key twice
}
