// SPDX-License-Identifier: Apache-2.0
#include "tests/tools/support.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

extern char** environ;

namespace mle::tools::testing {

std::string fortran(std::string file) {
  const std::string from = "'fortran_order': False", to = "'fortran_order': True ";
  return file.replace(file.find(from), from.size(), to);
}

TempFolder::TempFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "mle-tools-test.XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string TempFolder::file(const std::string& name, std::string_view contents) const {
  std::ofstream(path(name), std::ios::binary) << contents;
  return path(name);
}

bool TempFolder::has(const std::string& name) const { return std::filesystem::exists(path(name)); }

size_t TempFolder::count() const {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_),
                                           std::filesystem::directory_iterator()));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Finished run(const std::string& tool, const std::vector<std::string>& arguments,
             const std::vector<std::string>& environment, const std::string& output) {
  const TempFolder folder;
  const std::string out = folder.path("out"), err = folder.path("err");
  const std::string program = std::string(MLE_BIN) + "/" + tool;
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  for (const std::string& variable : environment)
    variables.insert(variables.begin(), const_cast<char*>(variable.c_str()));
  variables.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, (output.empty() ? out : output).c_str(),
                                   O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT, 0600);
  pid_t child = -1;
  const int error =
      posix_spawn(&child, program.c_str(), &actions, nullptr, words.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("can't start " + program);
  int status = 0;
  rusage used{};
  wait4(child, &status, 0, &used);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(out),
          read_file(err), static_cast<uint64_t>(used.ru_maxrss) * 1024};
}

}  // namespace mle::tools::testing
