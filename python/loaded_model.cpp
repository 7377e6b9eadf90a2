// SPDX-License-Identifier: Apache-2.0
#include "python/loaded_model.h"

#include "python/array.h"
#include "python/refused.h"

#include <cstring>
#include <utility>

namespace mle::python {
namespace {

namespace nb = nanobind;

LoadOptions options_of(bool verify, const std::string& isa) {
  LoadOptions options;
  options.verify = verify ? Verify::Everything : Verify::Auto;
  options.isa = isa;
  return options;
}

}  // namespace

LoadedModel LoadedModel::from_path(const std::string& path, bool verify, const std::string& isa) {
  const nb::gil_scoped_release unlocked;
  return {nullptr, take(Model::load(path.c_str(), options_of(verify, isa)))};
}

LoadedModel LoadedModel::from_bytes(nb::bytes bytes, bool verify, const std::string& isa) {
  auto memory = std::make_shared<FileInMemory>(bytes.size());
  if (bytes.size() > 0) std::memcpy(memory->bytes().data(), bytes.c_str(), bytes.size());
  return from_memory(std::move(memory), verify, isa);
}

LoadedModel LoadedModel::from_memory(std::shared_ptr<FileInMemory> memory, bool verify,
                                     const std::string& isa) {
  const nb::gil_scoped_release unlocked;
  Model model = take(Model::from_memory(memory->bytes(), options_of(verify, isa)));
  return {std::move(memory), std::move(model)};
}

nb::tuple spec_of(const TensorSpec& spec) {
  nb::list shape;
  for (const uint32_t length : spec.dims) shape.append(length);
  const char* dtype = spec.dtype == DType::BF16 ? "bfloat16" : numpy_name(spec.dtype);
  return nb::make_tuple(nb::str(spec.name.data(), spec.name.size()), dtype, nb::tuple(shape),
                        spec.per_row);
}

nb::tuple specs_of(std::span<const TensorSpec> specs) {
  nb::list made;
  for (const TensorSpec& spec : specs) made.append(spec_of(spec));
  return nb::tuple(made);
}

nb::list texts_of(std::span<const std::string_view> texts) {
  nb::list made;
  for (const std::string_view text : texts) made.append(nb::str(text.data(), text.size()));
  return made;
}

}  // namespace mle::python
