// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/keras/keras.h"

#include "compiler/import/archive/zip.h"
#include "compiler/import/hdf5/hdf5.h"
#include "compiler/import/json/document.h"
#include "compiler/import/keras/model.h"
#include "format/rules.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::compiler::keras {
namespace {

using enum format::rule::Rule;
using nlohmann::json;

constexpr std::string_view kConfig = "config.json", kWeights = "model.weights.h5",
                           kMetadata = "metadata.json";
constexpr uint64_t kMostUnpackedBase = uint64_t{64} << 20;
constexpr uint64_t kMostUnpackedPerByte = 20;

struct Member {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

// What a model consists of, wherever it was found.
struct Parts {
  json config;
  hdf5::Node tree;
  const hdf5::Node* weights = nullptr;
  bool legacy = false;
  std::string version;
};

Status incomplete(const std::string& what) {
  return Status::make(Code::Corrupt, C204_Damaged, Status::kNoOffset, what, "save the model again");
}

const archive::ZipMember* find(const std::vector<archive::ZipMember>& members,
                               std::string_view name) {
  for (const archive::ZipMember& member : members)
    if (member.name == name) return &member;
  return nullptr;
}

Result<Member> open(const SourceFile& source, const std::vector<archive::ZipMember>& members,
                    std::string_view name) {
  const archive::ZipMember* member = find(members, name);
  if (member == nullptr) return incomplete("the archive has no member '" + std::string(name) + "'");
  if (member->method != 0 &&
      member->size > kMostUnpackedBase + kMostUnpackedPerByte * source.bytes.size())
    return Status::make(Code::Unsupported, C216_LimitReached, Status::kNoOffset,
                        "the archive unpacks to far more than it holds", "save the model again");
  auto storage = std::make_shared<std::vector<std::byte>>();
  MLE_TRY_ASSIGN(const auto bytes, archive::open_member(*member, *storage));
  return Member{bytes, member->method == 0 ? source.owner : std::shared_ptr<const void>(storage)};
}

Result<Parts> read_archive(const SourceFile& source) {
  MLE_TRY_ASSIGN(const auto members, archive::list_zip(source.bytes, archive::kModel));
  constexpr size_t kMostMembers = 1000;  // assets of layers that are not compiled anyway
  if (members.size() > kMostMembers) return incomplete("an archive of too many members");
  Parts parts;
  MLE_TRY_ASSIGN(const Member config, open(source, members, kConfig));
  MLE_TRY_ASSIGN(parts.config, parse_json(config.bytes));
  if (find(members, kMetadata) != nullptr) {
    MLE_TRY_ASSIGN(const Member metadata, open(source, members, kMetadata));
    MLE_TRY_ASSIGN(const json document, parse_json(metadata.bytes));
    parts.version = text_of(field(document, "keras_version"));
  }
  MLE_TRY_ASSIGN(const Member weights, open(source, members, kWeights));
  MLE_TRY_ASSIGN(parts.tree, hdf5::read_tree(weights.bytes, weights.owner));
  return parts;
}

// Texts beyond 64 KiB are cut into parts that are numbered.
std::string whole_text(const hdf5::Node& node, const std::string& name) {
  if (const auto text = node.text(name)) return *text;
  std::string whole;
  for (int i = 0;; ++i) {
    const auto text = node.text(name + std::to_string(i));
    if (!text) return whole;
    whole += *text;
  }
}

void find_legacy_weights(Parts& parts) {
  const hdf5::Node* group = parts.tree.find("model_weights");
  parts.weights = group != nullptr ? group : &parts.tree;
  parts.legacy = parts.weights->attributes.contains("layer_names") ||
                 parts.weights->attributes.contains("layer_names0") || group != nullptr;
}

Result<Parts> read_h5(const SourceFile& source, const std::optional<SourceFile>& config) {
  Parts parts;
  MLE_TRY_ASSIGN(parts.tree, hdf5::read_tree(source.bytes, source.owner));
  if (config) {
    MLE_TRY_ASSIGN(parts.config, parse_json(config->bytes));
  } else {
    const std::string text = whole_text(parts.tree, "model_config");
    if (text.empty()) return incomplete("the file does not say what its model computes");
    MLE_TRY_ASSIGN(parts.config, parse_json(std::as_bytes(std::span(text))));
  }
  parts.version = parts.tree.text("keras_version").value_or("");
  return parts;
}

// NOLINTNEXTLINE(misc-no-recursion): JSON is 64 deep at most
bool has_key(const json& config, std::string_view key) {
  for (const auto& [own, value] : config.items())
    if ((config.is_object() && own == key) ||
        ((value.is_object() || value.is_array()) && has_key(value, key)))
      return true;
  return false;
}

// A configuration that stands alone names its version, or inputs as versions before 3 do.
std::string version_of(const json& config) {
  const std::string named = text_of(field(config, "keras_version"));
  if (!named.empty()) return named;
  return has_key(config, "batch_input_shape") ? "2." : "";
}

std::optional<Graph> make_graph(Result<Parts> parts, const SourceFile& source,
                                const ImportOptions& options, Problems& problems) {
  if (!parts) {
    problems.add(parts.error(), "");
    return std::nullopt;
  }
  find_legacy_weights(*parts);
  if (parts->version.empty()) parts->version = version_of(parts->config);
  const Source model{parts->config, *parts->weights, parts->legacy, parts->version};
  auto graph = read_model(model, source, options, problems);
  if (graph)
    graph->origin = {"keras", source.path.substr(source.path.rfind('/') + 1), "keras",
                     parts->version.size() <= 40 ? parts->version : ""};
  return graph;
}

bool says_what_it_computes(const SourceFile& source) {
  // A damaged file is for read() to complain about.
  const auto tree = hdf5::read_tree(source.bytes, source.owner);
  return !tree || !whole_text(*tree, "model_config").empty();
}

}  // namespace

bool can_read(const SourceFile& source) {
  if (hdf5::is_hdf5(source.bytes)) return says_what_it_computes(source);
  if (!archive::is_zip(source.bytes)) return false;
  const auto members = archive::list_zip(source.bytes, archive::kModel);
  return members && (find(*members, kConfig) != nullptr || find(*members, kWeights) != nullptr);
}

std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems) {
  if (hdf5::is_hdf5(source.bytes))
    return make_graph(read_h5(source, std::nullopt), source, options, problems);
  return make_graph(read_archive(source), source, options, problems);
}

bool can_read_weights(const SourceFile& source) { return hdf5::is_hdf5(source.bytes); }

std::optional<Graph> read_weights(const SourceFile& source, const ImportOptions& options,
                                  Problems& problems) {
  if (!options.architecture) {
    problems.add(Code::Unsupported, C205_UnsupportedOp, "",
                 "the file holds weights and does not say what is computed with them",
                 "give the model's configuration with --arch config.json, as model.to_json() "
                 "writes it; or save the whole model with model.save('model.keras')");
    return std::nullopt;
  }
  return make_graph(read_h5(source, options.architecture), source, options, problems);
}

}  // namespace mle::compiler::keras
