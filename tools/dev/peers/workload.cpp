// Reading the workloads, and the judge: plain loops in double precision.
// SPDX-License-Identifier: Apache-2.0
#include "tools/dev/peers/workload.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <sstream>

namespace mle::peers {
namespace {

Status read_floats(std::ifstream& file, std::vector<float>& to, const std::string& path) {
  file.read(reinterpret_cast<char*>(to.data()),
            static_cast<std::streamsize>(to.size() * sizeof(float)));
  if (file) return {};
  return error(Code::Corrupt, 0, Status::kNoOffset, "delete the folder and run script/bench peers",
               "%s: shorter than its shape in workloads.txt says", path.c_str());
}

Result<Workload> read_workload(const std::string& folder, const std::string& line) {
  std::istringstream words(line);
  Workload workload;
  std::string end;
  words >> workload.name >> end;
  workload.softmax = end == "softmax";
  workload.onnx_path = folder + "/" + workload.name + ".onnx";
  workload.mle_path = folder + "/" + workload.name + ".mle";
  workload.litert_path = folder + "/" + workload.name + ".tflite";
  const std::string path = folder + "/" + workload.name + ".f32";
  std::ifstream file(path, std::ios::binary);
  size_t in = 0;
  words >> in;
  for (size_t out = 0; words >> out; in = out) {
    Layer layer{in, out, std::vector<float>(in * out), std::vector<float>(out)};
    MLE_TRY(read_floats(file, layer.weights, path));
    MLE_TRY(read_floats(file, layer.bias, path));
    workload.layers.push_back(std::move(layer));
  }
  if (workload.layers.empty()) {
    return error(Code::Corrupt, 0, Status::kNoOffset,
                 "delete the folder and run script/bench peers",
                 "%s/workloads.txt: '%s' names no layer", folder.c_str(), line.c_str());
  }
  return workload;
}

void softmax(std::vector<double>& values) {
  const double largest = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (double& value : values) sum += value = std::exp(value - largest);
  for (double& value : values) value /= sum;
}

std::vector<double> answer(const Workload& workload, std::span<const float> row) {
  std::vector<double> values(row.begin(), row.end());
  for (const Layer& layer : workload.layers) {
    std::vector<double> next(layer.bias.begin(), layer.bias.end());
    for (size_t k = 0; k < layer.in; ++k) {
      const float* weights = layer.weights.data() + k * layer.out;
      for (size_t n = 0; n < layer.out; ++n) next[n] += values[k] * static_cast<double>(weights[n]);
    }
    if (&layer != &workload.layers.back()) {
      for (double& value : next) value = std::max(value, 0.0);
    }
    values = std::move(next);
  }
  if (workload.softmax) softmax(values);
  return values;
}

}  // namespace

size_t Workload::parameters() const {
  size_t count = 0;
  for (const Layer& layer : layers) count += layer.weights.size() + layer.bias.size();
  return count;
}

double Workload::flops_per_row() const {
  double flops = 0;
  for (const Layer& layer : layers) flops += 2.0 * static_cast<double>(layer.weights.size());
  return flops;
}

Result<std::vector<Workload>> read_workloads(const std::string& folder) {
  std::ifstream table(folder + "/workloads.txt");
  if (!table) {
    return error(Code::NotFound, 0, Status::kNoOffset, "run script/bench peers, which makes them",
                 "%s: no workloads.txt here", folder.c_str());
  }
  std::vector<Workload> workloads;
  for (std::string line; std::getline(table, line);) {
    MLE_TRY_ASSIGN(Workload workload, read_workload(folder, line));
    workloads.push_back(std::move(workload));
  }
  return workloads;
}

Buffer::Buffer(size_t count)
    : floats_(static_cast<float*>(std::aligned_alloc(64, (count + 15) / 16 * 64))) {
  std::fill_n(floats_.get(), count, 0.0f);
}

Buffer make_inputs(const Workload& workload) {
  const size_t count = kMaxRows * workload.in();
  Buffer inputs(count);
  uint64_t state = 1;
  for (float& value : inputs.first(count)) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    value = static_cast<float>(state >> 40) * 0x1p-23f - 1.0f;
  }
  return inputs;
}

Reference::Reference(const Workload& workload, std::span<const float> inputs)
    : name_(workload.name), out_(workload.out()) {
  const bool all = workload.flops_per_row() * kMaxRows < 1e9;
  for (size_t row = 0; row < kMaxRows; ++row) {
    if (!all && row >= 32 && row % 256 != 255) continue;
    judged_.push_back(row);
    const std::vector<double> values =
        answer(workload, inputs.subspan(row * workload.in(), workload.in()));
    for (double value : values) largest_ = std::max(largest_, std::abs(value));
    answers_.insert(answers_.end(), values.begin(), values.end());
  }
}

Status Reference::check(std::span<const float> answers, size_t rows, const std::string& who) const {
  for (size_t i = 0; i < rows * out_; ++i) {
    if (!std::isfinite(answers[i])) {
      return error(Code::Internal, 0, Status::kNoOffset, "a wrong answer is not worth timing",
                   "%s: %s at %zu rows: answer %zu of row %zu is not finite", name_.c_str(),
                   who.c_str(), rows, i % out_, i / out_);
    }
  }
  for (size_t i = 0; i < judged_.size() && judged_[i] < rows; ++i) {
    for (size_t n = 0; n < out_; ++n) {
      const double got = static_cast<double>(answers[judged_[i] * out_ + n]);
      const double expected = answers_[i * out_ + n];
      if (std::abs(got - expected) <= kTolerance * largest_) continue;
      return error(Code::Internal, 0, Status::kNoOffset, "a wrong answer is not worth timing",
                   "%s: %s at %zu rows: answer %zu of row %zu is %.9g, expected %.9g",
                   name_.c_str(), who.c_str(), rows, n, judged_[i], got, expected);
    }
  }
  return {};
}

}  // namespace mle::peers
