// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/exported/exported.h"

#include "compiler/import/exported/program.h"
#include "compiler/import/exported/weights.h"
#include "compiler/import/json/document.h"
#include "compiler/import/torch/checkpoint.h"
#include "format/rules.h"

#include <string>
#include <string_view>
#include <utility>

namespace mle::compiler::exported {
namespace {

using enum format::rule::Rule;
using torch::Archive;

constexpr std::string_view kOldProgram = "serialized_exported_program.json";

// Versions of PyTorch before 2.8 had no folder in the archive.
Result<Archive> open(const SourceFile& source) {
  auto flat = Archive::open_flat(source);
  if (flat && flat->has(kOldProgram)) return flat;
  return Archive::open(source);
}

// The member with the program; "" where there is none.
std::string program_of(const Archive& archive) {
  if (archive.has(kOldProgram)) return std::string(kOldProgram);
  for (const auto& [name, member] : archive.members())
    if (name.rfind("models/", 0) == 0 && name.ends_with(".json")) return name;
  return {};
}

// What versions this program is of, where they are none that are known.
Status check_version(const json& program) {
  constexpr int64_t kNewestMajor = 8;
  const json& version = field(program, "schema_version");
  const auto major = integer_of(version.is_object() ? field(version, "major") : version);
  if (!major || *major < 1)
    return Status::make(Code::Corrupt, C204_Damaged, Status::kNoOffset,
                        "the exported program does not say its version", "export it again");
  if (*major <= kNewestMajor) return {};
  return Status::make(Code::Unsupported, C206_UnsupportedOpset, Status::kNoOffset,
                      "the exported program is of schema version " + std::to_string(*major) +
                          ", mle reads 1 to " + std::to_string(kNewestMajor),
                      "export it with an older PyTorch, or to ONNX");
}

struct Read {
  json program;
  network::Weights weights;
};

Result<Read> read_all(const SourceFile& source, Problems& problems) {
  MLE_TRY_ASSIGN(const Archive archive, open(source));
  const std::string member = program_of(archive);
  if (archive.has("byteorder")) {
    MLE_TRY_ASSIGN(const torch::Storage order, archive.read("byteorder"));
    if (!order.bytes.empty() && order.bytes[0] != std::byte{'l'})
      return Status::make(Code::Unsupported, C207_UnsupportedType, Status::kNoOffset,
                          "its numbers are big-endian", "export it on a little-endian machine");
  }
  Read made;
  MLE_TRY_ASSIGN(const torch::Storage text, archive.read(member));
  MLE_TRY_ASSIGN(made.program, parse_json(text.bytes));
  MLE_TRY(check_version(made.program));
  MLE_TRY_ASSIGN(made.weights, read_weights(source, archive, problems));
  return made;
}

}  // namespace

bool can_read(const SourceFile& source) {
  if (!archive::is_zip(source.bytes)) return false;
  const auto archive = open(source);
  return archive && !program_of(*archive).empty();
}

std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems) {
  const auto made = read_all(source, problems);
  if (!made) {
    problems.add(made.error(), "");
    return std::nullopt;
  }
  if (!problems.empty()) return std::nullopt;
  auto graph = follow_program(made->program, made->weights, source, options, problems);
  if (!graph) return std::nullopt;
  const std::string version = text_of(field(made->program, "torch_version"));
  graph->origin = {"pt2", source.path.substr(source.path.rfind('/') + 1), "pytorch",
                   version.size() <= 40 ? version : ""};
  return graph;
}

}  // namespace mle::compiler::exported
