// Checkpoint: what torch.save wrote, as objects and storages. Nothing in it is executed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/archive/zip.h"
#include "compiler/import/importer.h"
#include "compiler/import/pickle/object.h"
#include "compiler/import/torch/strided.h"
#include "compiler/problem.h"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::compiler::torch {

struct Storage {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

// The members of an archive of PyTorch's: all below one folder, which may be called anything.
class Archive {
 public:
  // Nothing where the bytes are no zip archive with one folder.
  static Result<Archive> open(const SourceFile& source);
  // Any zip archive, its names as they are.
  static Result<Archive> open_flat(const SourceFile& source);

  bool has(std::string_view name) const { return members_.contains(name); }
  const std::map<std::string, archive::ZipMember, std::less<>>& members() const { return members_; }
  // A member's contents, unpacked where need be; the same bytes each time.
  Result<Storage> read(std::string_view name) const;

 private:
  std::shared_ptr<const void> owner_;
  uint64_t source_bytes_ = 0;
  std::map<std::string, archive::ZipMember, std::less<>> members_;
  mutable std::map<std::string, Storage, std::less<>> unpacked_;
  mutable uint64_t unpacked_bytes_ = 0;
};

// The stream of pickles that PyTorch wrote before 1.6.
bool is_legacy(std::span<const std::byte> bytes);

class Checkpoint {
 public:
  // Refused names are added to the problems, each with the way out.
  static Result<Checkpoint> open_archive(const SourceFile& source, const Archive& archive,
                                         Problems& problems);
  static Result<Checkpoint> open_legacy(const SourceFile& source, Problems& problems);
  // Another pickle of the same archive: constants of TorchScript.
  static Result<Checkpoint> open_member(const SourceFile& source, const Archive& archive,
                                        std::string_view pickle, std::string_view storages,
                                        bool (*knows)(std::string_view, std::string_view),
                                        Problems& problems);

  const pickle::Pickle& objects() const { return objects_; }
  // Made by one of the functions that put tensors together?
  bool is_tensor(pickle::Id id) const;
  Result<network::WeightTensor> tensor(pickle::Id id, const std::string& name) const;
  // Type and shape of a tensor whose storage may be missing; its bytes are empty.
  Result<network::WeightTensor> description(pickle::Id id) const;

 private:
  explicit Checkpoint(uint64_t source_bytes) : budget_(source_bytes) {}
  Result<Storage> storage(std::string_view key) const;
  Result<network::WeightTensor> tensor_of(std::span<const pickle::Id> given,
                                          const std::string& name, bool typed) const;
  Status read_persistent(pickle::Id id, const std::string& name, Strided& tensor,
                         bool& is_untyped) const;

  pickle::Pickle objects_;
  std::shared_ptr<const void> pickle_owner_;
  std::optional<Archive> archive_;
  std::string folder_;                                    // of the storages in it
  std::map<std::string, Storage, std::less<>> storages_;  // of the legacy format
  mutable CopyBudget budget_;
};

}  // namespace mle::compiler::torch
