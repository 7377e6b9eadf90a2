// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "compiler/compile.h"
#include "golden/every_output.h"
#include "tests/conversion/recorded.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace mle;
namespace fs = std::filesystem;

namespace {

// Headroom over the recorded tolerances for another order of summation.
constexpr double kHeadroom = 4;

std::vector<fs::path> case_folders() {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(MLE_TEST_CASES))
    if (entry.is_directory()) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

// The models of a case: model.*, and weights.* with the architecture in arch.json.
std::vector<fs::path> models_of(const fs::path& folder) {
  std::vector<fs::path> models;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool alone = name.starts_with("weights") && fs::exists(folder / "arch.json");
    if (name.starts_with("model") || alone) models.push_back(entry.path());
  }
  std::sort(models.begin(), models.end());
  return models;
}

Result<Model> convert(const fs::path& source_path) {
  MLE_TRY_ASSIGN(const compiler::SourceFile source,
                 compiler::SourceFile::open(source_path.string()));
  compiler::Problems problems;
  compiler::CompileOptions how;
  if (source_path.filename().string().starts_with("weights")) {
    MLE_TRY_ASSIGN(how.architecture,
                   compiler::SourceFile::open((source_path.parent_path() / "arch.json").string()));
  }
  const auto compiled = compiler::compile(source, how, problems);
  for (const compiler::Problem& problem : problems.kept())
    MESSAGE(problem.where << ": " << problem.what);
  REQUIRE(compiled.has_value());
  std::vector<std::byte> file(compiled->writer.size());
  MLE_TRY(compiled->writer.write(file));
  LoadOptions options;
  options.copy = true;
  options.verify = Verify::Everything;
  return Model::from_memory(file, options);
}

// Memory for one input or output of `count` elements.
struct Buffer {
  DType dtype;
  size_t count;
  std::vector<std::byte> bytes;

  Buffer(const TensorSpec& spec, size_t rows)
      : dtype(spec.dtype),
        count(spec.width() * (spec.per_row ? rows : 1)),
        bytes(count * size_of(dtype)) {}

  // Calls f with a value of the C++ type of a numeric dtype; the cases have no others.
  template <class F>
  void with_type(F&& f) {
    switch (dtype) {
      case DType::F32: return f(float{});
      case DType::F64: return f(double{});
      case DType::I32: return f(int32_t{});
      case DType::I64: return f(int64_t{});
      case DType::U8: return f(uint8_t{});
      case DType::Bool: return f(bool{});
      default: FAIL("a dtype that this test does not know");
    }
  }
  void set(size_t i, double x) {
    with_type([&](auto like) {
      const auto value = static_cast<decltype(like)>(x);
      std::memcpy(bytes.data() + i * sizeof value, &value, sizeof value);
    });
  }
  double get(size_t i) {
    double x = 0;
    with_type([&](auto value) {
      std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
      x = static_cast<double>(value);
    });
    return x;
  }
  void set(size_t i, std::string_view text) {
    std::memcpy(bytes.data() + i * sizeof text, &text, sizeof text);
  }
  std::string_view text(size_t i) {
    std::string_view text;
    std::memcpy(static_cast<void*>(&text), bytes.data() + i * sizeof text, sizeof text);
    return text;
  }
};

using Arrays = std::map<std::string, testing::Recorded>;

void fill(Buffer& buffer, const std::string& name, Arrays& arrays) {
  const testing::Recorded& recorded = arrays["in." + name];
  const testing::Recorded& missing = arrays["missing." + name];
  if (buffer.dtype == DType::Str) {
    REQUIRE(recorded.texts.size() == buffer.count);
    for (size_t i = 0; i < buffer.count; ++i) {
      const bool is_missing = !missing.numbers.empty() && missing.numbers[i] != 0;
      buffer.set(i, is_missing ? std::string_view() : std::string_view(recorded.texts[i]));
    }
    return;
  }
  REQUIRE(recorded.numbers.size() == buffer.count);
  for (size_t i = 0; i < buffer.count; ++i) buffer.set(i, recorded.numbers[i]);
  if (buffer.dtype == DType::I64 && !recorded.integers.empty())
    std::memcpy(buffer.bytes.data(), recorded.integers.data(), buffer.bytes.size());
}

// The largest error in units of the tolerance.
double worst_error(Buffer& got, const testing::Recorded& wanted, const testing::Recorded& allowed) {
  double worst = 0;
  for (size_t i = 0; i < got.count; ++i) {
    if (got.dtype == DType::Str) {
      if (got.text(i) != wanted.texts[i]) return HUGE_VAL;
      continue;
    }
    const double x = got.get(i), y = wanted.numbers[i], tolerance = allowed.numbers[i];
    if (x == y || (std::isnan(x) && std::isnan(y)) || std::isinf(tolerance)) continue;
    const double error = std::abs(x - y) / (kHeadroom * tolerance);
    worst = std::isnan(error) ? HUGE_VAL : std::max(worst, error);
  }
  return worst;
}

// What the recorded arrays call a port: where there is only one, and formats call it differently,
// by the name of the only one there is.
std::string recorded_name(const Arrays& arrays, const std::string& prefix, std::string_view name,
                          size_t of) {
  const std::string own(name);
  const auto first = arrays.lower_bound(prefix);
  const bool other = of == 1 && !arrays.contains(prefix + own) && first != arrays.end() &&
                     first->first.starts_with(prefix);
  return other ? first->first.substr(prefix.size()) : own;
}

size_t rows_of(const TensorSpec& first, const std::string& name, Arrays& arrays) {
  const testing::Recorded& recorded = arrays["in." + name];
  return std::max(recorded.numbers.size(), recorded.texts.size()) / first.width();
}

// The bytes of all answers.
std::vector<std::byte> run_model(const fs::path& path, Arrays arrays) {
  CAPTURE(path);
  const auto model = convert(path);
  REQUIRE_MESSAGE(model.has_value(), model.error().message());
  const std::vector<std::string_view> names = golden::every_output(*model);
  SessionOptions options;
  if (model->entries().size() > 1) options.outputs = names;
  auto session = Session::make(*model, options);
  REQUIRE(session.has_value());

  const auto given_as = [&](const TensorSpec& spec) {
    return recorded_name(arrays, "in.", spec.name, session->inputs().size());
  };
  const TensorSpec& first = session->inputs()[0];
  const size_t rows = first.per_row ? rows_of(first, given_as(first), arrays) : 1;
  std::vector<Buffer> inputs, outputs;
  std::vector<In> in;
  std::vector<Out> out;
  for (const TensorSpec& spec : session->inputs())
    fill(inputs.emplace_back(spec, rows), given_as(spec), arrays);
  for (const TensorSpec& spec : session->outputs()) outputs.emplace_back(spec, rows);
  for (Buffer& buffer : inputs) in.emplace_back(buffer.dtype, buffer.bytes.data(), buffer.count);
  for (Buffer& buffer : outputs) out.emplace_back(buffer.dtype, buffer.bytes.data(), buffer.count);
  const Status status = session->run(in, out);
  REQUIRE_MESSAGE(status.ok(), status.message());

  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string name =
        recorded_name(arrays, "out.", session->outputs()[i].name, outputs.size());
    CAPTURE(name);
    REQUIRE(arrays.contains("out." + name));
    const testing::Recorded& wanted = arrays["out." + name];
    REQUIRE(std::max(wanted.numbers.size(), wanted.texts.size()) == outputs[i].count);
    CHECK(worst_error(outputs[i], wanted, arrays["tol." + name]) <= 1);
  }
  std::vector<std::byte> all;
  for (const Buffer& buffer : outputs)
    all.insert(all.end(), buffer.bytes.begin(), buffer.bytes.end());
  return all;
}

// One network that several formats hold answers with the same bits, whichever it came from.
void run_case(const fs::path& folder) {
  const auto arrays = testing::read_recorded((folder / "expected.npz").string());
  REQUIRE_FALSE(arrays.empty());
  std::optional<std::vector<std::byte>> first;
  for (const fs::path& path : models_of(folder)) {
    CAPTURE(path);
    const std::vector<std::byte> answers = run_model(path, arrays);
    CHECK(answers == first.value_or(answers));
    if (!first) first = answers;
  }
  CHECK(first.has_value());
}

}  // namespace

TEST_CASE("conversion: every case answers as the framework recorded") {
  const std::vector<fs::path> folders = case_folders();
  REQUIRE(folders.size() >= 30);
  for (const fs::path& folder : folders) {
    SUBCASE(folder.filename().c_str()) { run_case(folder); }
  }
}
