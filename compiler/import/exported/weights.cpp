// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/exported/weights.h"

#include "compiler/import/aten/dtypes.h"
#include "compiler/import/exported/fields.h"
#include "compiler/import/json/document.h"
#include "compiler/import/torch/state_dict.h"
#include "format/rules.h"

#include <string>
#include <string_view>
#include <utility>

namespace mle::compiler::exported {
namespace {

using enum format::rule::Rule;
using torch::Archive;
using torch::Checkpoint;
using torch::Storage;

Status damaged(const std::string& what) {
  return Status::make(Code::Corrupt, C204_Damaged, Status::kNoOffset, "no sound .pt2 file: " + what,
                      "export or copy it again");
}

SourceFile inner_file(const SourceFile& source, const Storage& storage) {
  SourceFile inner;
  inner.path = source.path;
  inner.owner = storage.owner;
  inner.bytes = storage.bytes;
  return inner;
}

// A file of torch.save inside the archive.
Result<Checkpoint> open_saved(const SourceFile& source, const Storage& storage,
                              Problems& problems) {
  const SourceFile inner = inner_file(source, storage);
  if (torch::is_legacy(inner.bytes)) return Checkpoint::open_legacy(inner, problems);
  MLE_TRY_ASSIGN(const Archive archive, Archive::open(inner));
  return Checkpoint::open_archive(inner, archive, problems);
}

Status add_saved_dict(const SourceFile& source, const Archive& archive, std::string_view member,
                      network::Weights& weights, Problems& problems) {
  MLE_TRY_ASSIGN(const Storage storage, archive.read(member));
  if (storage.bytes.empty()) return {};
  MLE_TRY_ASSIGN(const Checkpoint checkpoint, open_saved(source, storage, problems));
  const auto pairs = checkpoint.objects().pairs(checkpoint.objects().root);
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (checkpoint.objects().at(pairs[i]).kind != pickle::Kind::Text ||
        !checkpoint.is_tensor(pairs[i + 1]))
      continue;
    std::string name(checkpoint.objects().text(pairs[i]));
    MLE_TRY_ASSIGN(network::WeightTensor tensor, checkpoint.tensor(pairs[i + 1], name));
    weights.insert_or_assign(std::move(name), std::move(tensor));
  }
  return {};
}

Result<std::vector<int64_t>> sizes_of(const json& list, const std::string& name) {
  std::vector<int64_t> sizes;
  if (!list.is_array()) return damaged("tensor '" + name.substr(0, 80) + "' has no sizes");
  for (const json& item : list) {
    const auto size = integer_of(field(item, "as_int"));
    if (!size) return damaged("tensor '" + name.substr(0, 80) + "' has a size that is no number");
    sizes.push_back(*size);
  }
  return sizes;
}

Result<network::WeightTensor> read_raw(const Storage& storage, const json& meta,
                                       const std::string& name, torch::CopyBudget& budget) {
  torch::Strided tensor;
  const auto type = integer_of(field(meta, "dtype"));
  const auto dtype = type ? aten::stored_as(scalar_type_of(*type)) : std::nullopt;
  if (!dtype)
    return Status::make(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                        "tensor '" + name.substr(0, 80) + "' is of a type that is not read",
                        "export the model in float32");
  tensor.dtype = *dtype;
  tensor.storage = storage.bytes;
  tensor.owner = storage.owner;
  MLE_TRY_ASSIGN(tensor.shape, sizes_of(field(meta, "sizes"), name));
  MLE_TRY_ASSIGN(tensor.strides, sizes_of(field(meta, "strides"), name));
  tensor.offset = integer_of(field(field(meta, "storage_offset"), "as_int")).value_or(0);
  return torch::gather(tensor, name, budget);
}

// {"config": {"fc.weight": {"path_name": "weight_0", "tensor_meta": …}}}.
Status add_configured(const SourceFile& source, const Archive& archive, const std::string& folder,
                      const std::string& config, network::Weights& weights, Problems& problems) {
  MLE_TRY_ASSIGN(const Storage text, archive.read(config));
  MLE_TRY_ASSIGN(const json document, parse_json(text.bytes));
  torch::CopyBudget budget(source.bytes.size());
  const json& entries = field(document, "config");
  if (!entries.is_object()) return damaged("'" + config + "' lists no tensors");
  for (const auto& [name, entry] : entries.items()) {
    const std::string path = text_of(field(entry, "path_name"));
    if (path.empty()) continue;
    MLE_TRY_ASSIGN(const Storage storage, archive.read(folder + path));
    const json& pickled = field(entry, "use_pickle");
    if (pickled.is_boolean() && pickled.get<bool>()) {
      MLE_TRY_ASSIGN(const Checkpoint saved, open_saved(source, storage, problems));
      MLE_TRY_ASSIGN(network::WeightTensor tensor, saved.tensor(saved.objects().root, name));
      weights.insert_or_assign(name, std::move(tensor));
      continue;
    }
    if (field(entry, "tensor_meta").is_null()) continue;  // a custom object
    MLE_TRY_ASSIGN(network::WeightTensor tensor,
                   read_raw(storage, field(entry, "tensor_meta"), name, budget));
    weights.insert_or_assign(name, std::move(tensor));
  }
  return {};
}

}  // namespace

Result<network::Weights> read_weights(const SourceFile& source, const Archive& archive,
                                      Problems& problems) {
  network::Weights weights;
  // torch 2.1 called the pickle of its state .json.
  for (const char* member :
       {"serialized_constants.pt", "serialized_constants.json", "serialized_state_dict.json",
        "serialized_state_dict.pt", "data/constants/model.pt", "data/weights/model.pt"})
    if (archive.has(member)) MLE_TRY(add_saved_dict(source, archive, member, weights, problems));
  for (const char* folder : {"data/constants/", "data/weights/"})
    for (const auto& [name, member] : archive.members())
      if (name.rfind(folder, 0) == 0 && name.ends_with("_config.json"))
        MLE_TRY(add_configured(source, archive, folder, name, weights, problems));
  return weights;
}

}  // namespace mle::compiler::exported
