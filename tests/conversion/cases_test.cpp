// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "compiler/compile.h"
#include "tests/conversion/recorded.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>

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

  template <class T>
  T& at(size_t i) {
    return *reinterpret_cast<T*>(bytes.data() + i * sizeof(T));
  }
  void set(size_t i, double x) {
    if (dtype == DType::F32) at<float>(i) = static_cast<float>(x);
    if (dtype == DType::F64) at<double>(i) = x;
    if (dtype == DType::I64) at<int64_t>(i) = static_cast<int64_t>(x);
  }
  double get(size_t i) {
    if (dtype == DType::F32) return static_cast<double>(at<float>(i));
    if (dtype == DType::F64) return at<double>(i);
    if (dtype == DType::I64) return static_cast<double>(at<int64_t>(i));
    return at<bool>(i) ? 1 : 0;
  }
};

// The largest error in units of the tolerance.
double worst_error(Buffer& got, const std::vector<double>& wanted,
                   const std::vector<double>& tolerance) {
  double worst = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const double x = got.get(i);
    if (x == wanted[i] || (std::isnan(x) && std::isnan(wanted[i])) || std::isinf(tolerance[i]))
      continue;
    const double error = std::abs(x - wanted[i]) / (kHeadroom * tolerance[i]);
    worst = std::isnan(error) ? HUGE_VAL : std::max(worst, error);
  }
  return worst;
}

// The bytes of all answers.
std::vector<std::byte> run_model(const fs::path& path,
                                 std::map<std::string, std::vector<double>> arrays) {
  CAPTURE(path);
  const auto model = convert(path);
  REQUIRE_MESSAGE(model.has_value(), model.error().message());
  auto session = Session::make(*model);
  REQUIRE(session.has_value());

  const TensorSpec& first = model->inputs()[0];
  const size_t rows =
      first.per_row ? arrays["in." + std::string(first.name)].size() / first.width() : 1;
  std::vector<Buffer> inputs, outputs;
  std::vector<In> in;
  std::vector<Out> out;
  for (const TensorSpec& spec : model->inputs()) {
    Buffer& buffer = inputs.emplace_back(spec, rows);
    const std::vector<double>& recorded = arrays["in." + std::string(spec.name)];
    REQUIRE(recorded.size() == buffer.count);
    for (size_t i = 0; i < recorded.size(); ++i) buffer.set(i, recorded[i]);
  }
  for (const TensorSpec& spec : model->outputs()) outputs.emplace_back(spec, rows);
  for (Buffer& buffer : inputs) in.emplace_back(buffer.dtype, buffer.bytes.data(), buffer.count);
  for (Buffer& buffer : outputs) out.emplace_back(buffer.dtype, buffer.bytes.data(), buffer.count);
  const Status status = session->run(in, out);
  REQUIRE_MESSAGE(status.ok(), status.message());

  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string name(model->outputs()[i].name);
    CAPTURE(name);
    const std::vector<double>& wanted = arrays["out." + name];
    REQUIRE(wanted.size() == outputs[i].count);
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
  REQUIRE(folders.size() >= 18);
  for (const fs::path& folder : folders) {
    SUBCASE(folder.filename().c_str()) { run_case(folder); }
  }
}
