// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-inspect/export.h"

#include "compiler/import/archive/npy.h"
#include "format/rules.h"
#include "tools/cli/npz_writer.h"
#include "tools/cli/output_stream.h"
#include "tools/cli/spool.h"
#include "tools/mle-inspect/constants.h"

namespace mle::tools {
namespace {

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

Status write_npz(const format::FileView& view, OutputStream& out) {
  const std::vector<std::string> names = tensor_names(view);
  const auto& tensors = *view.model().tensors();
  NpzWriter writer(out);
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    const fb::Tensor& tensor = *tensors.Get(i);
    if (!is_constant(tensor)) continue;
    const DType dtype = dtype_of(tensor);
    if (dtype == DType::Str)
      return Status::make(Code::Unsupported, format::rule::T306_Export, Status::kNoOffset,
                          "constant '" + names[i] + "' holds texts, which .npz can't take here",
                          "export a .json");
    MLE_TRY_ASSIGN(const std::vector<std::byte> elements, unpack(view, tensor));
    Spool spool(folder_of(out.path()));
    MLE_TRY(spool.append(elements));
    MLE_TRY(writer.add(names[i], archive::npy_descr(dtype), dims_of(tensor), spool));
  }
  return writer.finish();
}

}  // namespace

bool can_export(const std::string& path) {
  return path.ends_with(".npz") || path.ends_with(".json") || path.ends_with(".onnx");
}

Status export_program(const format::FileView& view, const std::string& path, uint64_t& written) {
  MLE_TRY_ASSIGN(OutputStream out, OutputStream::open(path));
  if (path.ends_with(".npz")) {
    MLE_TRY(write_npz(view, out));
  } else if (path.ends_with(".json")) {
    MLE_TRY(out.write(program_json(view)));
  } else {
    MLE_TRY_ASSIGN(const std::string model, program_onnx(view));
    MLE_TRY(out.write(model));
  }
  written = out.written();
  return out.commit();
}

}  // namespace mle::tools
