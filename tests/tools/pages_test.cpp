// What the programs print about themselves: manual pages, completions, the page of errors.
// SPDX-License-Identifier: Apache-2.0
#include "tests/tools/support.h"
#include "tools/cli/text.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <set>

using namespace mle::tools;
using namespace mle::tools::testing;

namespace {

using Names = std::set<std::string>;

const std::vector<std::string> kTools{"mle-run", "mle-convert", "mle-inspect", "mle-bench"};

bool is_flag(const std::string& word) {
  return word.size() > 1 && word[0] == '-' &&
         word.find_first_not_of("-abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos;
}

// The flags at the beginning of the lines of --help.
Names flags_of(const std::string& tool) {
  Names names;
  std::vector<std::vector<std::string>> calls{{"--help"}};
  if (tool == "mle-bench")
    calls = {{"--help"},
             {"run", "--help"},
             {"load", "--help"},
             {"start", "--help"},
             {"serve", "--help"}};
  for (const auto& words : calls)
    for (const std::string& line : split_list(run(tool, words).out, '\n')) {
      if (line.empty() || line[0] != '-') continue;
      for (std::string word : split_list(line, ' ')) {
        const bool more = word.ends_with(',');
        if (more) word.pop_back();
        if (is_flag(word)) names.insert(word);
        if (!more) break;
      }
    }
  return names;
}

// Every word of a text that looks like a flag, whatever stands around it.
Names flag_words(const std::string& text) {
  Names names;
  std::string word;
  for (const char c : text + " ") {
    if (c == '-' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      word += c;
    } else {
      if (is_flag(word)) names.insert(word);
      word.clear();
    }
  }
  return names;
}

// A manual page without the marks of roff.
std::string plain(std::string text) {
  for (const std::string mark : {"\\-", "\\fB", "\\fI", "\\fR"})
    for (size_t at; (at = text.find(mark)) != std::string::npos;)
      text.replace(at, mark.size(), mark == "\\-" ? "-" : " ");
  return text;
}

std::string shell(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string out;
  for (int c; (c = std::fgetc(pipe)) != EOF;) out += static_cast<char>(c);
  CHECK(pclose(pipe) == 0);
  return out;
}

}  // namespace

TEST_CASE("pages: manual and completions have the flags of --help, every one and no other") {
  for (const std::string& tool : kTools) {
    CAPTURE(tool);
    const Names wanted = flags_of(tool);
    CHECK(wanted.count("--help") == 1);
    CHECK(wanted.size() > 4);
    for (const std::string kind : {"man", "bash", "zsh"}) {
      CAPTURE(kind);
      const Finished page = run(tool, {"--generate", kind});
      REQUIRE(page.status == 0);
      const Names there = flag_words(plain(page.out));
      for (const std::string& name : wanted) CHECK_MESSAGE(there.count(name) == 1, name);
      if (kind == "man")
        for (const std::string& name : there) {
          const bool known = wanted.count(name) == 1 || name == "-";
          CHECK_MESSAGE(known, name);
        }
    }
    CHECK(run(tool, {"--generate", "pdf"}).status == 2);
  }
}

TEST_CASE("pages: bash completes flags, choices and modes") {
  const TempFolder folder;
  const auto complete = [&](const std::string& tool, const std::string& words, int at) {
    const std::string script = folder.file(tool, run(tool, {"--generate", "bash"}).out);
    std::string function = "_" + tool;
    function[4] = '_';
    return shell("bash -c '. " + script + "; COMP_WORDS=(" + tool + " " + words + "); COMP_CWORD=" +
                 std::to_string(at) + "; " + function + "; echo ${COMPREPLY[@]}'");
  };
  CHECK(complete("mle-run", "m.mle --rows", 2) == "--rows-per-batch\n");
  CHECK(complete("mle-run", "--color a", 2) == "auto always\n");
  CHECK(complete("mle-bench", "l", 1) == "load\n");
  CHECK(complete("mle-bench", "run --prof", 2) == "--profile\n");
  CHECK(complete("mle-bench", "start --prof", 2) == "\n");
  CHECK(complete("mle-bench", "run --format = m", 4) == "md\n");
  CHECK(complete("mle-run", "--input " + folder.path("mle-b"), 2) ==
        folder.path("mle-bench") + "\n");
}

TEST_CASE("pages: docs/errors.md is the table of rules") {
  const Finished page = run("mle-inspect", {"--explain", "all"});
  REQUIRE(page.status == 0);
  const bool same = page.out == read_file(MLE_DOCS "/errors.md");
  CHECK_MESSAGE(same, "stale: cmake --build BUILD --target errors_page makes it again");
  CHECK(page.out.find("| V31 |") != std::string::npos);
}

TEST_CASE("pages: docs/supported.md is the list of estimators") {
  const Finished page = run("mle-convert", {"--supported"});
  REQUIRE(page.status == 0);
  const bool same = page.out == read_file(MLE_DOCS "/supported.md");
  CHECK_MESSAGE(same, "stale: cmake --build BUILD --target supported_page makes it again");
  CHECK(page.out.find("| Ridge |") != std::string::npos);
}
