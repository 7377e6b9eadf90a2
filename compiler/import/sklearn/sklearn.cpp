// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/sklearn/sklearn.h"

#include "compiler/import/compressed/decompress.h"
#include "compiler/import/pickle/machine.h"
#include "compiler/import/sklearn/entries.h"
#include "compiler/import/sklearn/names.h"
#include "compiler/import/sklearn/parts.h"
#include "compiler/import/sklearn/refusal.h"

#include <algorithm>
#include <utility>

namespace mle::compiler::sklearn {
namespace {

using enum format::rule::Rule;

constexpr uint64_t kConstantBase = uint64_t{32} << 20;
constexpr uint64_t kConstantPerByte = 4;  // f16 becomes f64
constexpr uint64_t kColumnBytes = 16;     // two numbers; two million columns of a small file

// The first byte of protocols 2 to 5 and a number; of older ones, what they begin a model or a
// container with.
bool begins_like_pickle(std::span<const std::byte> bytes) {
  if (bytes.size() < 4) return false;
  const auto at = [&](size_t i) { return std::to_integer<unsigned>(bytes[i]); };
  if (at(0) == 0x80) return at(1) >= 2 && at(1) <= 5;
  // "ccopy_reg\n_reconstructor\n", "(dp0\n", "]q\0"
  const bool global = at(0) == 'c' && at(1) >= '_' && at(1) <= 'z';
  const bool container = (at(0) == '(' && (at(1) == 'd' || at(1) == 'l' || at(1) == 'i')) ||
                         ((at(0) == ']' || at(0) == '}') && at(1) == 'q');
  return global || container;
}

// "pipeline > step 'scale' (StandardScaler)"
std::string place_text(const std::vector<std::string>& path) {
  std::string text;
  for (const std::string& each : path) text += (text.empty() ? "" : " > ") + each;
  return text;
}

std::string what_is_there(const pickle::Pickle& pickle, pickle::Id id) {
  constexpr const char* kNames[] = {"nothing", "a bool",  "a number",  "a number",  "a number",
                                    "a text",  "bytes",   "a tuple",   "a list",    "a set",
                                    "a dict",  "a class", "an object", "an object", "an array"};
  if (pickle::is_array(pickle, id)) return "an array";
  return kNames[static_cast<size_t>(pickle.at(id).kind)];
}

bool is_wanted(const std::map<uint32_t, DType>& wanted, DType dtype) {
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const auto& each) { return each.second == dtype; });
}

// Encoders say on the way what types they want: a table with texts has an input for each column,
// and is written once more with them.
Graph graph_of(const Estimator& root, size_t told, uint64_t constant_bytes,
               std::vector<std::string>& path) {
  const Columns columns = columns_of_model(root, told);
  // A model of many columns holds numbers for them; what only claims them would cost memory.
  if (told == 0 && columns.count > constant_bytes / kColumnBytes)
    refuse("the model says that it takes " + std::to_string(columns.count) +
               " columns, and the file is too small for them",
           "if it is so, say it with --shape X=" + std::to_string(columns.count));
  std::map<uint32_t, DType> types;
  bool typed = columns.apart;
  for (int round = 0;; ++round) {
    Graph graph;
    const auto wanted = write_entries(graph, root, columns, types, typed, constant_bytes, path);
    const bool texts = is_wanted(wanted, DType::Str);
    if ((!texts && !typed) || wanted == types) return graph;
    if (round > 3) refuse_damaged("the types of the columns can't be found out");
    types = wanted;
    typed = true;
  }
}

std::optional<Graph> read_model(const pickle::Pickle& pickle, const SourceFile& source, size_t told,
                                uint64_t constant_bytes, Problems& problems) {
  const Estimator root(pickle, pickle.root);
  std::vector<std::string> path;
  try {
    if (root.name().empty() || !root.class_path().starts_with("sklearn."))
      refuse(
          "the pickle holds " + what_is_there(pickle, pickle.root) +
              (root.name().empty() ? ""
                                   : " of class '" + pickle::printable(root.class_path()) + "'") +
              ", not a fitted estimator of scikit-learn",
          "save the estimator itself: pickle.dump(model, file)");
    Graph graph = graph_of(root, told, constant_bytes, path);
    graph.origin = {"sklearn", source.path.substr(source.path.rfind('/') + 1), "scikit-learn",
                    root.text_or("_sklearn_version", "")};
    return graph;
  } catch (const Refusal& refusal) {
    std::vector<UnreadPart> parts;
    if (root.class_path().starts_with("sklearn.")) parts = unread_parts(root);
    // Is the first problem met one of them?
    const bool is_part = std::any_of(parts.begin(), parts.end(), [&](const UnreadPart& part) {
      return std::string_view(part.status.message()) == refusal.status.message();
    });
    if (!is_part) problems.add(refusal.status, place_text(path));
    for (const UnreadPart& part : parts) problems.add(part.status, place_text(part.path));
  }
  return std::nullopt;
}

}  // namespace

bool can_read(const SourceFile& source) {
  return begins_like_pickle(source.bytes) || detect_compression(source.bytes) != Compression::None;
}

std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems) {
  const Compression compression = detect_compression(source.bytes);
  std::vector<std::byte> unpacked;
  std::span<const std::byte> bytes = source.bytes;
  if (compression != Compression::None) {
    auto content = decompress(source.bytes, compression);
    if (!content) {
      problems.add(content.error(), "");
      return std::nullopt;
    }
    unpacked = *std::move(content);
    bytes = unpacked;
    if (!begins_like_pickle(bytes)) {
      problems.add(Code::Unsupported, C201_UnknownFormat, "",
                   std::string("the file's ") + name_of(compression) + " data holds no pickle",
                   "joblib.dump(model, path, compress=3) makes files that are read");
      return std::nullopt;
    }
  }
  pickle::Rules rules;
  rules.knows = is_known_name;
  rules.joblib_arrays = true;
  Problems unknown_names;
  const auto pickle = pickle::unpickle(bytes, rules, unknown_names);
  if (!pickle) {
    problems.add(pickle.error(), "");
    return std::nullopt;
  }
  Problems reasons;
  const auto told = options.shapes.find("X");
  auto graph = read_model(*pickle, source, told == options.shapes.end() ? 0 : told->second,
                          kConstantBase + kConstantPerByte * bytes.size(), reasons);
  if (unknown_names.empty()) {
    for (const Problem& each : reasons.kept())
      problems.add(each.code, each.rule, each.where, each.what, each.hint);
    return graph;
  }
  // An estimator that is not read says more than the names it is made of.
  const bool known = std::ranges::any_of(
      reasons.kept(), [](const Problem& each) { return each.what.ends_with("is not supported"); });
  for (const Problem& each : (known ? reasons : unknown_names).kept())
    problems.add(each.code, each.rule, each.where, each.what, each.hint);
  return std::nullopt;
}

}  // namespace mle::compiler::sklearn
