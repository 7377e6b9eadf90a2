// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/element.h"
#include "tools/cli/json.h"
#include "tools/mle-run/result_writer.h"

#include <cmath>
#include <vector>

namespace mle::tools {
namespace {

// JSON has no NaN and no infinity: null, and a number that every reader finds too large.
void append_json_element(std::string& line, DType dtype, const void* data, size_t i) {
  if (dtype == DType::Str) {
    const auto text = element<std::string_view>(data, i);
    if (text.data() == nullptr)
      line += "null";
    else
      append_json_text(line, text);
    return;
  }
  const double value = element_value(dtype, data, i);
  if (std::isnan(value))
    line += "null";
  else if (std::isinf(value))
    line += value < 0 ? "-1e999" : "1e999";
  else
    append_element(line, dtype, data, i);
}

class JsonlWriter final : public ResultWriter {
 public:
  JsonlWriter(OutputStream out, std::span<const TensorSpec> outputs)
      : out_(std::move(out)), specs_(outputs.begin(), outputs.end()) {}

  Status write(uint64_t rows, std::span<const Out> outputs) override {
    for (uint64_t row = 0; row < rows; ++row) {
      line_ = "{";
      for (size_t i = 0; i < outputs.size(); ++i) {
        if (i > 0) line_ += ", ";
        append_json_text(line_, specs_[i].name);
        line_ += ": ";
        size_t at = row * specs_[i].width();
        append_value(specs_[i], outputs[i].data(), at);
      }
      line_ += "}\n";
      MLE_TRY(out_.write(line_));
    }
    return {};
  }

  Status finish() override { return out_.commit(); }

 private:
  // One element stands alone; more are arrays in arrays, as the dims say.
  void append_value(const TensorSpec& spec, const void* data, size_t& at) {
    if (spec.width() == 1) return append_json_element(line_, spec.dtype, data, at++);
    append_axis(spec, 0, data, at);
  }
  void append_axis(const TensorSpec& spec, size_t axis, const void* data, size_t& at) {
    if (axis == spec.dims.size()) return append_json_element(line_, spec.dtype, data, at++);
    line_ += '[';
    for (uint32_t i = 0; i < spec.dims[axis]; ++i) {
      if (i > 0) line_ += ", ";
      append_axis(spec, axis + 1, data, at);
    }
    line_ += ']';
  }

  OutputStream out_;
  std::vector<TensorSpec> specs_;
  std::string line_;
};

}  // namespace

std::unique_ptr<ResultWriter> make_jsonl_writer(OutputStream out,
                                                std::span<const TensorSpec> outputs) {
  return std::make_unique<JsonlWriter>(std::move(out), outputs);
}

}  // namespace mle::tools
