// Workload: one of the networks every peer runs, with its parameters, its inputs and the answers of
// an independent judge in double precision.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mle::peers {

inline constexpr size_t kMaxRows = 2048;

// Y = X * weights + bias.
struct Layer {
  size_t in = 0, out = 0;
  std::vector<float> weights;  // [in][out]
  std::vector<float> bias;     // [out]
};

// ReLU between the layers; softmax or nothing after the last.
struct Workload {
  std::string name;
  bool softmax = false;
  std::vector<Layer> layers;
  std::string onnx_path, mle_path, litert_path;

  size_t in() const { return layers.front().in; }
  size_t out() const { return layers.back().out; }
  size_t parameters() const;
  double flops_per_row() const;  // two per weight; bias and activations not counted
};

// All workloads of a folder that make_models.py filled.
Result<std::vector<Workload>> read_workloads(const std::string& folder);

// Floats on a cache line of their own, for everybody's inputs and outputs. `count` is at least 1.
class Buffer {
 public:
  explicit Buffer(size_t count);
  float* data() const { return floats_.get(); }
  std::span<float> first(size_t count) const { return {floats_.get(), count}; }

 private:
  struct Free {
    void operator()(float* floats) const { std::free(floats); }
  };
  std::unique_ptr<float[], Free> floats_;
};

// kMaxRows rows of inputs in [-1, 1), the same in every run.
Buffer make_inputs(const Workload& workload);

// The judge's answers to some of the rows: all of them where that takes seconds, else the first 32
// and every 256th.
class Reference {
 public:
  Reference(const Workload& workload, std::span<const float> inputs);

  // Ok when each judged row below `rows` is within kTolerance of the largest answer, and all
  // answers are finite.
  Status check(std::span<const float> answers, size_t rows, const std::string& who) const;

  static constexpr double kTolerance = 1e-5;

 private:
  std::string name_;
  size_t out_ = 0;
  std::vector<size_t> judged_;  // row numbers
  std::vector<double> answers_;
  double largest_ = 0;
};

}  // namespace mle::peers
