// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/scan.h"

#include "format/rules.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <system_error>

namespace mle::serve {
namespace {

namespace fs = std::filesystem;

std::optional<uint64_t> to_number(std::string_view text) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, number);
  if (text.empty() || failed != std::errc() || stopped != end) return std::nullopt;
  return number;
}

bool hidden(const fs::path& path) { return path.filename().native().starts_with('.'); }

bool is_model(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.path().extension() == ".mle" && !hidden(entry.path()) &&
         entry.is_regular_file(ignored);
}

std::vector<fs::directory_entry> sorted_entries(const fs::path& folder, std::error_code& failed) {
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    entries.push_back(*at);
  std::sort(entries.begin(), entries.end());
  return entries;
}

using Versions = std::map<uint64_t, std::string>;  // number -> path

// The one model file of a folder: model.mle, or the only one. "" where there is none.
std::string only_model(const fs::path& folder, std::vector<std::string>& problems) {
  std::error_code failed;
  std::vector<std::string> found;
  for (const auto& entry : sorted_entries(folder, failed)) {
    if (!is_model(entry)) continue;
    if (entry.path().filename() == "model.mle") return entry.path().native();
    found.push_back(entry.path().native());
  }
  if (failed) problems.push_back(folder.native() + ": " + failed.message());
  if (found.size() > 1)
    problems.push_back(folder.native() + ": holds several models and none is called model.mle");
  return found.size() == 1 ? found[0] : "";
}

Versions versions_of(const fs::path& folder, std::vector<std::string>& problems) {
  Versions versions;
  std::error_code failed;
  for (const auto& entry : sorted_entries(folder, failed)) {
    std::error_code ignored;
    const auto number = to_number(entry.path().filename().native());
    if (!number || !entry.is_directory(ignored)) continue;
    std::string path = only_model(entry.path(), problems);
    if (!path.empty()) versions[*number] = std::move(path);
  }
  if (failed) problems.push_back(folder.native() + ": " + failed.message());
  if (versions.empty())
    if (std::string path = only_model(folder, problems); !path.empty()) versions[1] = path;
  return versions;
}

// Those that the policy chooses.
void append_wishes(const std::string& model, const Versions& versions, const VersionPolicy& policy,
                   std::vector<LoadWish>& wishes) {
  std::vector<uint64_t> present;
  for (const auto& [number, path] : versions) present.push_back(number);
  for (const uint64_t number : policy.choose(std::move(present)))
    wishes.push_back({model, number, versions.at(number)});
}

}  // namespace

std::optional<VersionPolicy> VersionPolicy::parse(std::string_view text) {
  VersionPolicy policy;
  if (text == "latest") return policy;
  if (text == "all") {
    policy.kind = Kind::All;
    return policy;
  }
  if (text.starts_with("latest:")) {
    const auto count = to_number(text.substr(7));
    if (!count || *count == 0) return std::nullopt;
    policy.count = *count;
    return policy;
  }
  policy.kind = Kind::Specific;
  for (;;) {
    const size_t comma = text.find(',');
    const auto number = to_number(text.substr(0, comma));
    if (!number) return std::nullopt;
    policy.versions.push_back(*number);
    if (comma == std::string_view::npos) return policy;
    text.remove_prefix(comma + 1);
  }
}

std::vector<uint64_t> VersionPolicy::choose(std::vector<uint64_t> present) const {
  std::sort(present.begin(), present.end());
  if (kind == Kind::Latest && present.size() > count)
    present.erase(present.begin(), present.end() - static_cast<ptrdiff_t>(count));
  if (kind == Kind::Specific)
    std::erase_if(present, [&](uint64_t number) {
      return std::find(versions.begin(), versions.end(), number) == versions.end();
    });
  return present;
}

std::vector<LoadWish> scan_model(const std::string& model, const std::string& path,
                                 const VersionPolicy& policy, std::vector<std::string>& problems) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return {{model, 1, path}};
  std::vector<LoadWish> wishes;
  append_wishes(model, versions_of(path, problems), policy, wishes);
  return wishes;
}

Result<std::vector<LoadWish>> scan_folder(const std::string& folder, const VersionPolicy& policy,
                                          std::vector<std::string>& problems) {
  std::error_code failed;
  std::map<std::string, Versions> models;
  for (const auto& entry : sorted_entries(folder, failed)) {
    std::error_code ignored;
    if (hidden(entry.path())) continue;
    if (is_model(entry)) {
      models[entry.path().stem().native()].try_emplace(1, entry.path().native());
    } else if (entry.is_directory(ignored)) {
      for (auto& [number, path] : versions_of(entry.path(), problems))
        models[entry.path().filename().native()][number] = path;
    }
  }
  if (failed)
    return error(Code::Io, format::rule::S411_Repository, Status::kNoOffset,
                 "check the path and its permissions", "%s: %s", folder.c_str(),
                 failed.message().c_str());
  std::vector<LoadWish> wishes;
  for (const auto& [name, versions] : models) append_wishes(name, versions, policy, wishes);
  return wishes;
}

}  // namespace mle::serve
