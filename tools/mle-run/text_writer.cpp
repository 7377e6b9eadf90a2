// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/csv.h"
#include "tools/cli/element.h"
#include "tools/mle-run/result_writer.h"

#include <vector>

namespace mle::tools {
namespace {

void append_cell(std::string& line, const TensorSpec& spec, const void* data, size_t i) {
  if (spec.dtype == DType::Str)
    line += csv_quoted(element<std::string_view>(data, i));
  else
    append_element(line, spec.dtype, data, i);
}

class TextWriter final : public ResultWriter {
 public:
  TextWriter(OutputStream out, std::span<const TensorSpec> outputs,
             std::span<const std::string_view> labels)
      : out_(std::move(out)), specs_(outputs.begin(), outputs.end()) {
    for (const TensorSpec& spec : specs_) {
      const size_t width = spec.width();
      const std::string name(spec.name);
      if (width == 1) add_column(name);
      for (size_t j = 0; j < width && width > 1; ++j)
        add_column(name + "[" +
                   (labels.size() == width ? std::string(labels[j]) : std::to_string(j)) + "]");
    }
    line_ += '\n';
  }

  Status write(uint64_t rows, std::span<const Out> outputs) override {
    for (uint64_t row = 0; row < rows; ++row) {
      bool first = true;
      for (size_t i = 0; i < outputs.size(); ++i) {
        const size_t width = specs_[i].width();
        for (size_t j = 0; j < width; ++j) {
          if (!first) line_ += ',';
          first = false;
          append_cell(line_, specs_[i], outputs[i].data(), row * width + j);
        }
      }
      line_ += '\n';
      MLE_TRY(out_.write(line_));
      line_.clear();
    }
    return {};
  }

  Status finish() override {
    MLE_TRY(out_.write(line_));  // the header, where there was no row
    return out_.commit();
  }

 private:
  void add_column(const std::string& name) {
    if (!line_.empty()) line_ += ',';
    line_ += csv_quoted(name);
  }

  OutputStream out_;
  std::vector<TensorSpec> specs_;
  std::string line_;
};

}  // namespace

std::unique_ptr<ResultWriter> make_text_writer(OutputStream out,
                                               std::span<const TensorSpec> outputs,
                                               std::span<const std::string_view> labels) {
  return std::make_unique<TextWriter>(std::move(out), outputs, labels);
}

}  // namespace mle::tools
