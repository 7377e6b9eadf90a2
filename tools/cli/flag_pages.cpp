// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/flag_pages.h"

#include "tools/cli/text.h"

#include <algorithm>

namespace mle::tools {
namespace {

using Takes = FlagLine::Takes;

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

// Text as roff prints it: no character of ours is a command.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begin = true;
  for (const char c : text) {
    if (line_begin && (c == '.' || c == '\'')) out += "\\&";
    line_begin = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

void append_lines(std::string& out, const FlagPage& page) {
  for (const FlagLine& line : page.lines) {
    const std::string names = line.names.empty() ? line.value : joined(line.names, ", ");
    out += ".TP\n\\fB" + roff(names) + "\\fR";
    if (!line.names.empty() && !line.value.empty()) out += " \\fI" + roff(line.value) + "\\fR";
    out += "\n" + roff(line.help) + "\n";
  }
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

// In single quotes of a shell.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

std::string function_name(std::string tool) {
  std::replace(tool.begin(), tool.end(), '-', '_');
  return "_" + tool;
}

std::vector<std::string> flag_names(const FlagPage& page) {
  std::vector<std::string> names;
  for (const FlagLine& line : page.lines)
    names.insert(names.end(), line.names.begin(), line.names.end());
  return names;
}

// One flag's answer to "what may follow": the pattern of its names, and what to offer.
void append_bash_values(std::string& out, const FlagPage& page, const std::string& indent) {
  for (const FlagLine& line : page.lines) {
    if (line.names.empty() || line.takes == Takes::Nothing) continue;
    out += indent + joined(line.names, "|") + ") ";
    if (line.takes == Takes::Choice)
      out += "offer=" + shell_quoted(joined(line.choices, " ")) + " ;;\n";
    else
      out += line.takes == Takes::File ? "files=1 ;;\n" : "return ;;\n";
  }
}

// Text inside [...] or :...: of _arguments.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_arguments(const FlagPage& page, const std::string& indent) {
  std::string out = indent + "_arguments -s";
  size_t place = 1;
  for (const FlagLine& line : page.lines) {
    const std::string action = line.takes == Takes::Choice ? "(" + joined(line.choices, " ") + ")"
                               : line.takes == Takes::File ? "_files"
                                                           : " ";
    if (line.names.empty()) {
      out += " \\\n" + indent + "  " +
             shell_quoted(std::to_string(place++) + ":" + zsh_text(line.value) + ":" + action);
      continue;
    }
    for (const std::string& name : line.names) {
      std::string spec = line.repeated           ? "*"
                         : line.names.size() > 1 ? "(" + joined(line.names, " ") + ")"
                                                 : "";
      spec += name;
      if (line.takes != Takes::Nothing && name.starts_with("--")) spec += "=";
      spec += "[" + zsh_text(line.help) + "]";
      if (line.takes != Takes::Nothing) spec += ":" + zsh_text(line.value) + ":" + action;
      out += " \\\n" + indent + "  " + shell_quoted(spec);
    }
  }
  return out + "\n";
}

}  // namespace

std::string man_page(const FlagPage& page) {
  std::string out =
      ".TH " + roff(upper(page.tool)) + " 1 \"\" \"mle " + roff(page.version) + "\" \"mle\"\n";
  out += ".SH NAME\n" + roff(page.tool) + " \\- " + roff(page.summary) + "\n";
  out += ".SH SYNOPSIS\n" + roff(page.usage) + "\n.SH OPTIONS\n";
  append_lines(out, page);
  for (const auto& [name, mode] : page.modes) {
    out += ".SH " + roff(upper(page.tool + " " + name)) + "\n" + roff(mode.summary) + "\n";
    append_lines(out, mode);
  }
  if (!page.examples.empty()) out += ".SH EXAMPLES\n.nf\n" + roff(page.examples) + ".fi\n";
  out +=
      ".SH EXIT STATUS\n0: done. 1: the work failed. 2: the command line is none it understands.\n";
  return out;
}

std::string bash_completion(const FlagPage& page) {
  std::string out = "# bash completion for " + page.tool + "; made by: " + page.tool +
                    " --generate bash\n" + function_name(page.tool) + "() {\n";
  out +=
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} offer= files=\n"
      "  [[ $cur == = ]] && cur=\n"
      "  [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
      "  COMPREPLY=()\n";
  std::vector<std::string> modes;
  for (const auto& [name, mode] : page.modes) modes.push_back(name);
  if (!modes.empty()) {
    out += "  case ${COMP_WORDS[1]} in\n";
    for (const auto& [name, mode] : page.modes) {
      out += "    " + name +
             ")\n      [[ $cur == -* ]] && offer=" + shell_quoted(joined(flag_names(mode), " ")) +
             " || files=1\n      case $prev in\n";
      append_bash_values(out, mode, "        ");
      out += "      esac ;;\n";
    }
    out +=
        "    *) offer=" + shell_quoted(joined(modes, " ") + " " + joined(flag_names(page), " ")) +
        " ;;\n  esac\n";
  } else {
    out += "  [[ $cur == -* ]] && offer=" + shell_quoted(joined(flag_names(page), " ")) +
           " || files=1\n";
  }
  out += "  case $prev in\n";
  append_bash_values(out, page, "    ");
  out +=
      "  esac\n"
      "  if [[ -n $offer ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$offer\" -- \"$cur\")\n"
      "  elif [[ -n $files ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
      "  fi\n"
      "}\n";
  return out + "complete -o filenames -F " + function_name(page.tool) + " " + page.tool + "\n";
}

std::string zsh_completion(const FlagPage& page) {
  std::string out = "#compdef " + page.tool + "\n# made by: " + page.tool + " --generate zsh\n";
  if (page.modes.empty()) return out + zsh_arguments(page, "");
  out += "local mode=$words[2]\ncase $mode in\n";
  std::vector<std::string> modes;
  for (const auto& [name, mode] : page.modes) {
    modes.push_back(name);
    out += name + ")\n  shift words\n  (( CURRENT-- ))\n" + zsh_arguments(mode, "  ") + "  ;;\n";
  }
  FlagPage plain = page;
  for (FlagLine& line : plain.lines)
    if (line.names.empty()) line.takes = Takes::Choice, line.choices = modes;
  return out + "*)\n" + zsh_arguments(plain, "  ") + "  ;;\nesac\n";
}

std::optional<std::string> generated_page(std::string_view what, const FlagPage& page) {
  if (what == "man") return man_page(page);
  if (what == "bash") return bash_completion(page);
  if (what == "zsh") return zsh_completion(page);
  return {};
}

}  // namespace mle::tools
