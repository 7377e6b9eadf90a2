// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/archive/npy.h"
#include "tools/cli/npz_writer.h"
#include "tools/cli/spool.h"
#include "tools/cli/text_spool.h"
#include "tools/mle-run/result_writer.h"

#include <deque>
#include <vector>

namespace mle::tools {
namespace {

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// The source's shape: several of its rows may be the first axis of one of ours, and several axes
// may count rows.
std::vector<uint64_t> source_shape(const TensorSpec& spec, uint64_t rows,
                                   const std::vector<uint64_t>& row_axes) {
  std::vector<uint64_t> shape(spec.dims.begin(), spec.dims.end());
  if (spec.source_rows != 1)
    shape[0] *= rows;
  else if (spec.per_row && !row_axes.empty())
    shape.insert(shape.begin(), row_axes.begin(), row_axes.end());
  else if (spec.per_row)
    shape.insert(shape.begin(), rows);
  return shape;
}

// The shape of an array comes before its elements, so all outputs wait until the last row is known.

class NpzResults final : public ResultWriter {
 public:
  NpzResults(OutputStream out, std::span<const TensorSpec> outputs)
      : out_(std::move(out)), specs_(outputs.begin(), outputs.end()) {
    for (size_t i = 0; i < specs_.size(); ++i) {
      spools_.emplace_back(folder_of(out_.path()));
      texts_.emplace_back(folder_of(out_.path()));
    }
  }

  Status write(uint64_t rows, std::span<const Out> outputs) override {
    rows_ += rows;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (specs_[i].dtype == DType::Str) {
        MLE_TRY(texts_[i].append(
            {static_cast<const std::string_view*>(outputs[i].data()), outputs[i].count()}));
        continue;
      }
      MLE_TRY(spools_[i].append({static_cast<const std::byte*>(outputs[i].data()),
                                 outputs[i].count() * size_of(outputs[i].dtype())}));
    }
    return {};
  }

  void set_row_axes(std::span<const uint64_t> axes) override {
    row_axes_.assign(axes.begin(), axes.end());
  }

  Status finish() override {
    NpzWriter writer(out_);
    for (size_t i = 0; i < specs_.size(); ++i) {
      const std::vector<uint64_t> shape = source_shape(specs_[i], rows_, row_axes_);
      if (specs_[i].dtype == DType::Str) {
        MLE_TRY(texts_[i].write(writer, std::string(specs_[i].name), shape));
        continue;
      }
      MLE_TRY(writer.add(std::string(specs_[i].name), archive::npy_descr(specs_[i].dtype), shape,
                         spools_[i]));
    }
    MLE_TRY(writer.finish());
    return out_.commit();
  }

 private:
  OutputStream out_;
  std::vector<TensorSpec> specs_;
  std::deque<Spool> spools_;
  std::deque<TextSpool> texts_;  // of string outputs; the others stay empty
  uint64_t rows_ = 0;
  std::vector<uint64_t> row_axes_;
};

}  // namespace

Result<std::unique_ptr<ResultWriter>> make_npz_writer(OutputStream out,
                                                      std::span<const TensorSpec> outputs) {
  return std::unique_ptr<ResultWriter>(std::make_unique<NpzResults>(std::move(out), outputs));
}

}  // namespace mle::tools
