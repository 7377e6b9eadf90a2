// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/csv.h"
#include "tools/cli/half.h"
#include "tools/cli/text.h"
#include "tools/mle-run/result_writer.h"

#include <cstring>
#include <vector>

namespace mle::tools {
namespace {

template <class T>
T element(const void* data, size_t index) {
  T value;
  std::memcpy(&value, static_cast<const char*>(data) + index * sizeof(T), sizeof value);
  return value;
}

void append_element(std::string& line, DType dtype, const void* data, size_t i) {
  switch (dtype) {
    case DType::F32: return append_number(line, element<float>(data, i));
    case DType::F64: return append_number(line, element<double>(data, i));
    case DType::F16: return append_number(line, half_to_float(element<uint16_t>(data, i)));
    case DType::BF16: return append_number(line, bfloat_to_float(element<uint16_t>(data, i)));
    case DType::I8: line += std::to_string(element<int8_t>(data, i)); return;
    case DType::U8: line += std::to_string(element<uint8_t>(data, i)); return;
    case DType::I16: line += std::to_string(element<int16_t>(data, i)); return;
    case DType::U16: line += std::to_string(element<uint16_t>(data, i)); return;
    case DType::I32: line += std::to_string(element<int32_t>(data, i)); return;
    case DType::U32: line += std::to_string(element<uint32_t>(data, i)); return;
    case DType::I64: line += std::to_string(element<int64_t>(data, i)); return;
    case DType::U64: line += std::to_string(element<uint64_t>(data, i)); return;
    case DType::Bool: line += element<uint8_t>(data, i) != 0 ? "true" : "false"; return;
    case DType::Str: line += csv_quoted(element<std::string_view>(data, i)); return;
  }
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
          append_element(line_, specs_[i].dtype, outputs[i].data(), row * width + j);
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
