// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/array_source.h"

#include "format/rules.h"
#include "tools/cli/array_rows.h"
#include "tools/cli/row_buffers.h"
#include "tools/cli/zip.h"

#include <algorithm>
#include <deque>

namespace mle::tools {
namespace {

Status bad_rows(const std::string& path, const std::string& what, const std::string& hint) {
  return Status::make(Code::InvalidArgument, format::rule::T302_ReadRows, Status::kNoOffset,
                      path + ": " + what, hint);
}

Status in_file(const std::string& path, const Status& status) {
  return Status::make(status.code(), status.rule(), status.offset(), path + ": " + status.message(),
                      status.hint());
}

class ArraySource final : public RowSource {
 public:
  ArraySource(InputFile file, std::deque<std::vector<std::byte>> unpacked)
      : file_(std::move(file)), unpacked_(std::move(unpacked)) {}

  // One call per input, in order.
  void add(ArrayRows rows, const TensorSpec& input) {
    rows_.push_back(std::move(rows));
    buffers_.emplace_back(input);
    specs_.push_back(input);
  }

  Status finish() {
    bool seen = false;
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (!specs_[i].per_row) continue;
      if (seen && rows_[i].rows() != total_)
        return bad_rows(file_.path(),
                        "input '" + std::string(specs_[i].name) + "' has " +
                            std::to_string(rows_[i].rows()) + " rows, others have " +
                            std::to_string(total_),
                        "every input needs the same number of rows");
      total_ = rows_[i].rows();
      seen = true;
    }
    if (!seen) total_ = 1;
    return {};
  }

  std::optional<uint64_t> total() const override { return total_; }

  Result<uint64_t> next(uint64_t most, std::vector<In>& inputs) override {
    const uint64_t rows = std::min(most, total_ - done_);
    inputs.clear();
    for (size_t i = 0; i < rows_.size() && rows > 0; ++i) {
      const bool per_row = specs_[i].per_row;
      const uint64_t first = per_row ? done_ : 0, count = per_row ? rows : 1;
      if (const auto there = rows_[i].direct(first, count)) {
        inputs.push_back(*there);
        continue;
      }
      if (Status status = rows_[i].convert(first, count, buffers_[i].reserve(count)); !status.ok())
        return in_file(file_.path(), status);
      inputs.push_back(buffers_[i].view(count));
    }
    done_ += rows;
    return rows;
  }

 private:
  InputFile file_;
  std::deque<std::vector<std::byte>> unpacked_;  // what the arrays of an .npz point into
  std::vector<ArrayRows> rows_;
  std::vector<RowBuffer> buffers_;
  std::vector<TensorSpec> specs_;
  uint64_t total_ = 0, done_ = 0;
};

// The array's name is the member's without ".npy".
std::string_view array_name(const ZipMember& member) {
  std::string_view name = member.name;
  if (name.ends_with(".npy")) name.remove_suffix(4);
  return name;
}

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < 10; ++i)
    text += (i == 0 ? "'" : ", '") + names[i] + "'";
  return text + (names.size() > 10 ? " …" : "");
}

class NpzArchive {
 public:
  NpzArchive(std::string path, std::vector<ZipMember> members)
      : path_(std::move(path)), members_(std::move(members)), used_(members_.size()) {}

  // Index of the array of that name, or -1.
  int find(std::string_view name) const {
    for (size_t i = 0; i < members_.size(); ++i)
      if (array_name(members_[i]) == name) return static_cast<int>(i);
    return -1;
  }

  Result<NpyArray> open(size_t index) {
    used_[index] = true;
    const std::string who = path_ + ": array '" + std::string(array_name(members_[index])) + "'";
    auto contents = open_member(members_[index], unpacked_.emplace_back());
    if (!contents) return in_file(who, contents.error());
    auto array = parse_npy(*contents);
    if (!array) return in_file(who, array.error());
    return array;
  }

  std::vector<std::string> names(bool unused_only) const {
    std::vector<std::string> names;
    for (size_t i = 0; i < members_.size(); ++i)
      if (!unused_only || !used_[i]) names.emplace_back(array_name(members_[i]));
    return names;
  }
  std::deque<std::vector<std::byte>> take_unpacked() { return std::move(unpacked_); }

 private:
  std::string path_;
  std::vector<ZipMember> members_;
  std::vector<bool> used_;
  std::deque<std::vector<std::byte>> unpacked_;
};

}  // namespace

Result<std::unique_ptr<RowSource>> open_npy_rows(InputFile file, const RowTarget& target) {
  const std::string path = file.path();
  if (target.inputs.size() != 1)
    return bad_rows(
        path, "holds one array, the model has " + std::to_string(target.inputs.size()) + " inputs",
        "save an .npz with one array per input, called as the input is");
  auto array = parse_npy(file.bytes());
  if (!array) return in_file(path, array.error());
  auto rows = ArrayRows::make(std::move(*array), target.inputs[0]);
  if (!rows) return in_file(path, rows.error());
  auto source =
      std::make_unique<ArraySource>(std::move(file), std::deque<std::vector<std::byte>>());
  source->add(std::move(*rows), target.inputs[0]);
  MLE_TRY(source->finish());
  return std::unique_ptr<RowSource>(std::move(source));
}

Result<std::unique_ptr<RowSource>> open_npz_rows(InputFile file, const RowTarget& target,
                                                 const Console& console) {
  const std::string path = file.path();
  auto members = list_zip(file.bytes());
  if (!members) return in_file(path, members.error());
  NpzArchive archive(path, std::move(*members));
  const bool only_one = target.inputs.size() == 1 && archive.names(false).size() == 1;

  std::vector<ArrayRows> rows;
  std::vector<std::string> absent;
  for (const TensorSpec& input : target.inputs) {
    const int index = only_one ? 0 : archive.find(input.name);
    if (index < 0) {
      absent.emplace_back(input.name);
      continue;
    }
    MLE_TRY_ASSIGN(NpyArray array, archive.open(static_cast<size_t>(index)));
    auto made = ArrayRows::make(std::move(array), input);
    if (!made) return in_file(path, made.error());
    const int missing =
        input.dtype == DType::Str ? archive.find("missing." + std::string(input.name)) : -1;
    if (missing >= 0) {
      MLE_TRY_ASSIGN(const NpyArray flags, archive.open(static_cast<size_t>(missing)));
      if (Status status = made->set_missing(flags); !status.ok()) return in_file(path, status);
    }
    rows.push_back(std::move(*made));
  }
  if (!absent.empty())
    return bad_rows(path, "no array for input " + names_text(absent),
                    "the file holds " + names_text(archive.names(false)));
  if (const auto unused = archive.names(true); !unused.empty())
    console.warning(path, "the model has no input " + names_text(unused) + ": ignored");

  auto source = std::make_unique<ArraySource>(std::move(file), archive.take_unpacked());
  for (size_t i = 0; i < rows.size(); ++i) source->add(std::move(rows[i]), target.inputs[i]);
  MLE_TRY(source->finish());
  return std::unique_ptr<RowSource>(std::move(source));
}

}  // namespace mle::tools
