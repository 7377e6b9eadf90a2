// Exported programs put together by hand: versions, symbols, names, and what is refused.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/exported/exported.h"

#include "compiler/evaluate/evaluate.h"
#include "tests/support/zip_file.h"
#include "tests/torch/support.h"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <vector>

using namespace mle;
using namespace mle::compiler;
using namespace mle::testing;

namespace {

std::string tensor_values(const std::string& rows) {
  return R"("tensor_values": {"x": {"dtype": 7, "sizes": [)" + rows + R"(, {"as_int": 3}]}})";
}

const std::string kFree = R"({"as_expr": {"expr_str": "s0"}})";
const std::string kLinear =
    R"({"target": "torch.ops.aten.linear.default", "inputs": [
         {"name": "input", "arg": {"as_tensor": {"name": "x"}}},
         {"name": "weight", "arg": {"as_tensor": {"name": "p_w"}}}],
        "outputs": [{"as_tensor": {"name": "h"}}], "metadata": {}})";

std::string program(const std::string& version, const std::string& nodes,
                    const std::string& output = "y", const std::string& rows = kFree) {
  return R"({"schema_version": )" + version + R"(, "graph_module": {"graph": {"nodes": [)" + nodes +
         "], " + tensor_values(rows) +
         R"(}, "signature": {"input_specs": [
              {"parameter": {"arg": {"name": "p_w"}, "parameter_name": "w"}},
              {"user_input": {"arg": {"as_tensor": {"name": "x"}}}}],
            "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": ")" +
         output + R"("}}}}]}, "module_call_graph": []}})";
}

constexpr const char* kConfig =
    R"({"config": {"w": {"path_name": "weight_0", "use_pickle": false, "tensor_meta":
       {"dtype": 7, "sizes": [{"as_int": 2}, {"as_int": 3}],
        "strides": [{"as_int": 1}, {"as_int": 2}], "storage_offset": {"as_int": 0}}}}})";

SourceFile new_file(const std::string& text) {
  const std::string file = zip_file({{"m/archive_format", "pt2"},
                                     {"m/models/model.json", text},
                                     {"m/data/weights/model_weights_config.json", kConfig},
                                     {"m/data/weights/weight_0", raw({1, 4, 2, 5, 3, 6})}});
  return SourceFile::from_bytes("m.pt2", std::as_bytes(std::span(file.data(), file.size())));
}

// As versions before 2.8 wrote it: no folder, the weights by torch.save.
SourceFile old_file(const std::string& text) {
  const std::string state =
      zip_file({{"archive/data.pkl", dict({{"w", tensor("0", 6, 0, {2, 3}, {3, 1})}}) + "."},
                {"archive/data/0", raw({1, 2, 3, 4, 5, 6})}});
  const std::string file = zip_file({{"serialized_exported_program.json", text},
                                     {"serialized_state_dict.pt", state},
                                     {"version", "5.1"}});
  return SourceFile::from_bytes("m.pt2", std::as_bytes(std::span(file.data(), file.size())));
}

std::string problem_of(const SourceFile& source, const Elements& row = {},
                       const Elements& wanted = {}) {
  REQUIRE(exported::can_read(source));
  Problems problems;
  const auto graph = exported::read(source, {}, problems);
  CHECK(graph.has_value() == problems.empty());
  if (!graph) return problems.kept()[0].where + ": " + problems.kept()[0].what;
  const auto answers = evaluate_outputs(*graph, {row}, 1);
  REQUIRE(answers);
  CHECK(answers->front() == wanted);
  return "";
}

const std::string kRelu =
    R"(, {"target": "torch.ops.aten.relu.default", "inputs": [
         {"name": "self", "arg": {"as_tensor": {"name": "h"}}}],
        "outputs": [{"as_tensor": {"name": "y"}}], "metadata": {}})";

}  // namespace

TEST_CASE("pt2: old and new files of one program give one answer, strides included") {
  const Elements row = {1, 10, -100}, wanted = {0, 0};
  CHECK(problem_of(new_file(program(R"({"major": 8, "minor": 1})", kLinear + kRelu)), row, wanted)
            .empty());
  CHECK(problem_of(old_file(program(R"({"major": 5, "minor": 1})", kLinear + kRelu)), row, wanted)
            .empty());
  CHECK(problem_of(old_file(program("1", kLinear, "h")), {1, 10, 100}, {321, 654}).empty());
}

TEST_CASE("pt2: a size that is asked for follows the number of rows") {
  const std::string nodes = kLinear + R"(,
     {"target": "torch.ops.aten.sym_size.int", "inputs": [
        {"name": "self", "arg": {"as_tensor": {"name": "h"}}}, {"name": "dim", "arg": {"as_int": 0}}],
      "outputs": [{"as_sym_int": {"as_name": "n"}}], "metadata": {}},
     {"target": "torch.ops.aten.view.default", "inputs": [
        {"name": "self", "arg": {"as_tensor": {"name": "h"}}},
        {"name": "size", "arg": {"as_sym_ints": [{"as_name": "n"}, {"as_int": 1}, {"as_int": -1}]}}],
      "outputs": [{"as_tensor": {"name": "y"}}], "metadata": {}})";
  CHECK(problem_of(new_file(program("8", nodes)), {1, 10, 100}, {321, 654}).empty());
}

TEST_CASE("pt2: what can't be read is refused by node and operator") {
  const auto refused = [](const SourceFile& source, const std::string& words) {
    const std::string problem = problem_of(source);
    CAPTURE(problem);
    CHECK(problem.find(words) != std::string::npos);
  };
  refused(new_file(program("9", kLinear, "h")), "schema version 9");
  refused(new_file(program("{}", kLinear, "h")), "does not say its version");
  refused(new_file("[]"), "does not say its version");
  const auto refused_operator = [&](const std::string& target, const std::string& words) {
    refused(new_file(
                program("8", R"({"target": "torch.ops.aten.)" + target +
                                 R"(", "inputs": [], "outputs": [{"as_tensor": {"name": "y"}}]})")),
            words);
  };
  refused_operator("gru.input", "node 'y': operator 'gru': recurrent networks");
  refused_operator("lstm.input", "node 'y': operator 'lstm': recurrent networks");
  refused_operator("rnn_tanh.input", "node 'y': operator 'rnn_tanh': recurrent networks");
  refused_operator("conv1d.default", "node 'y': operator 'conv1d': convolutions");
  refused(new_file(program("8", R"({"target": "torch.ops.mine.f.default", "inputs": [],
                                    "outputs": [{"as_tensor": {"name": "y"}}]})")),
          "operator 'torch.ops.mine.f.default' of PyTorch is not compiled");
  refused(new_file(program("8", kLinear, "nothing")), "an output of the model is no tensor");
  refused(new_file(program("8", kRelu.substr(2))), "'h' is used before it is computed");
  refused(new_file(program("8", kLinear, "h", R"({"as_int": -4})")), "no usable length");
}
