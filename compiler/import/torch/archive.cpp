// Members of PyTorch's zip archives.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/torch/checkpoint.h"
#include "format/rules.h"

#include <utility>

namespace mle::compiler::torch {
namespace {

using enum format::rule::Rule;

// Of all deflated members together.
constexpr uint64_t kMostUnpackedBase = uint64_t{64} << 20;
constexpr uint64_t kMostUnpackedPerByte = 20;

Status damaged(const std::string& what) {
  return Status::make(Code::Corrupt, C204_Damaged, Status::kNoOffset, what,
                      "save or copy the file again");
}

}  // namespace

Result<Archive> Archive::open(const SourceFile& source) {
  MLE_TRY_ASSIGN(auto members, archive::list_zip(source.bytes, archive::kModel));
  if (members.empty()) return damaged("the archive is empty");
  const std::string folder = members[0].name.substr(0, members[0].name.find('/'));
  Archive opened;
  opened.owner_ = source.owner;
  opened.source_bytes_ = source.bytes.size();
  for (archive::ZipMember& member : members) {
    if (member.name.size() <= folder.size() || member.name.compare(0, folder.size(), folder) != 0 ||
        member.name[folder.size()] != '/')
      return damaged("the archive has no single folder, so PyTorch did not write it");
    std::string name = member.name.substr(folder.size() + 1);
    opened.members_.emplace(std::move(name), std::move(member));
  }
  return opened;
}

Result<Archive> Archive::open_flat(const SourceFile& source) {
  MLE_TRY_ASSIGN(auto members, archive::list_zip(source.bytes, archive::kModel));
  Archive opened;
  opened.owner_ = source.owner;
  opened.source_bytes_ = source.bytes.size();
  for (archive::ZipMember& member : members) {
    std::string name = member.name;
    opened.members_.emplace(std::move(name), std::move(member));
  }
  return opened;
}

Result<Storage> Archive::read(std::string_view name) const {
  const auto found = members_.find(name);
  if (found == members_.end())
    return damaged("the archive has no member '" + archive::shown(name) + "'");
  const archive::ZipMember& member = found->second;
  // torch.serialization.set_crc32_options(False) leaves the checksum out.
  if (member.method == 0 && member.crc32 == 0) return Storage{member.packed, owner_};
  if (const auto known = unpacked_.find(name); known != unpacked_.end()) return known->second;
  if (member.method != 0) {
    if (member.size > kMostUnpackedBase + kMostUnpackedPerByte * source_bytes_ - unpacked_bytes_)
      return Status::make(Code::Unsupported, C216_LimitReached, Status::kNoOffset,
                          "the archive unpacks to far more than it holds", "save it again");
    unpacked_bytes_ += member.size;
  }
  auto storage = std::make_shared<std::vector<std::byte>>();
  MLE_TRY_ASSIGN(const auto bytes, archive::open_member(member, *storage));
  Storage read{bytes, member.method == 0 ? owner_ : std::shared_ptr<const void>(storage)};
  unpacked_.emplace(std::string(name), read);
  return read;
}

}  // namespace mle::compiler::torch
