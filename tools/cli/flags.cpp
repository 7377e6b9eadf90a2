// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/flags.h"

#include <mle/version.h>

#include "tools/cli/arguments.h"
#include "tools/cli/suggest.h"
#include "tools/cli/text.h"

#include <algorithm>
#include <cstdio>
#include <span>
#include <utility>

namespace mle::tools {

using Takes = FlagLine::Takes;

namespace {

std::string range_text(const std::string& text, const std::string& kind, const std::string& least,
                       const std::string& most) {
  return "'" + text + "' is not " + kind + " from " + least + " to " + most;
}

std::string number_text(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

}  // namespace

Flags::Flags(std::string usage, std::string summary)
    : usage_(std::move(usage)), summary_(std::move(summary)) {}

Flags& Flags::add(Spec spec) {
  specs_.push_back(std::move(spec));
  return *this;
}

Flags& Flags::positional(const char* value, std::string* to, const char* help, bool required) {
  return add(
      {value, value, help, true, required, false, Takes::File, {}, [to](const std::string& text) {
         *to = text;
         return std::string(text.empty() ? "must not be empty" : "");
       }});
}

Flags& Flags::text(const char* names, const char* value, std::string* to, const char* help) {
  return add(
      {names, value, help, false, false, false, Takes::File, {}, [to](const std::string& text) {
         *to = text;
         return std::string(text.empty() ? "must not be empty" : "");
       }});
}

Flags& Flags::texts(const char* names, const char* value, std::vector<std::string>* to,
                    const char* help) {
  return add(
      {names, value, help, false, false, true, Takes::File, {}, [to](const std::string& text) {
         to->push_back(text);
         return std::string(text.empty() ? "must not be empty" : "");
       }});
}

Flags& Flags::whole(const char* names, const char* value, uint64_t* to, uint64_t least,
                    uint64_t most, const char* help) {
  return add({names,
              value,
              help,
              false,
              false,
              false,
              Takes::Number,
              {},
              [=](const std::string& text) -> std::string {
                const auto number = to_u64(text);
                if (!number || *number < least || *number > most)
                  return range_text(text, "a whole number", std::to_string(least),
                                    std::to_string(most));
                *to = *number;
                return {};
              }});
}

Flags& Flags::wholes(const char* names, const char* value, std::vector<uint64_t>* to,
                     uint64_t least, uint64_t most, const char* help) {
  return add({names,
              value,
              help,
              false,
              false,
              false,
              Takes::Number,
              {},
              [=](const std::string& text) -> std::string {
                std::vector<uint64_t> numbers;
                for (const std::string& part : split_list(text)) {
                  const auto number = to_u64(part);
                  if (!number || *number < least || *number > most)
                    return range_text(part, "a whole number", std::to_string(least),
                                      std::to_string(most));
                  numbers.push_back(*number);
                }
                if (numbers.empty()) return "must not be empty";
                *to = std::move(numbers);
                return {};
              }});
}

Flags& Flags::real(const char* names, const char* value, double* to, double least, double most,
                   const char* help) {
  return add({names,
              value,
              help,
              false,
              false,
              false,
              Takes::Number,
              {},
              [=](const std::string& text) -> std::string {
                const auto number = to_double(text);
                if (!number || !(*number >= least && *number <= most))
                  return range_text(text, "a number", number_text(least), number_text(most));
                *to = *number;
                return {};
              }});
}

Flags& Flags::choice(const char* names, std::string* to, std::initializer_list<const char*> choices,
                     const char* help) {
  std::string value;
  for (const char* c : choices) value += (value.empty() ? "" : "|") + std::string(c);
  const std::vector<std::string> known(choices.begin(), choices.end());
  return add({names, value, help, false, false, false, Takes::Choice, known,
              [to, known, value](const std::string& text) -> std::string {
                if (std::find(known.begin(), known.end(), text) == known.end())
                  return "'" + text + "' is none of " + value;
                *to = text;
                return {};
              }});
}

Flags& Flags::flag(const char* names, bool* to, const char* help) {
  return add({names, "", help, false, false, false, Takes::Nothing, {}, [to](const std::string&) {
                *to = true;
                return std::string();
              }});
}

Flags& Flags::examples(std::string text) {
  examples_ = std::move(text);
  return *this;
}

Flags& Flags::mode(std::string name, const Flags& flags) {
  modes_.emplace_back(std::move(name), flags);
  return *this;
}

void Flags::add_common(std::string* colour, bool* version, bool* help) {
  choice("--color", colour, {"auto", "always", "never"}, "colours in messages");
  flag("-v,--version", version, "print the version and exit");
  flag("-h,--help", help, "print this and exit");
}

FlagPage Flags::page(const char* tool) const {
  FlagPage page{tool, usage_, summary_, examples_, MLE_VERSION_STRING, {}, {}};
  for (const Spec& spec : specs_)
    page.lines.push_back({spec.positional ? std::vector<std::string>() : split_list(spec.names),
                          spec.value, spec.help, spec.takes, spec.repeated, spec.choices});
  for (const auto& [name, flags] : modes_) page.modes.push_back({name, flags.page(tool)});
  return page;
}

std::vector<std::string> Flags::long_names() const {
  std::vector<std::string> names;
  for (const Spec& spec : specs_)
    for (const std::string& name : split_list(spec.names))
      if (name.rfind("--", 0) == 0) names.push_back(name);
  return names;
}

std::string Flags::help_text() const {
  std::vector<std::pair<std::string, const Spec*>> lines;
  size_t width = 0;
  for (const Spec& spec : specs_) {
    std::string left;
    for (const std::string& name : split_list(spec.names))
      left += (left.empty() ? "" : ", ") + name;
    if (!spec.positional && !spec.value.empty()) left += " " + spec.value;
    width = std::max(width, std::min<size_t>(left.size(), 30));
    lines.emplace_back(std::move(left), &spec);
  }
  std::string out = "Usage: " + usage_ + "\n" + summary_ + "\n\n";
  for (const auto& [left, spec] : lines) {
    out += "  " + left;
    if (left.size() > width)
      out += "\n" + std::string(width + 4, ' ');
    else
      out += std::string(width + 2 - left.size(), ' ');
    out += spec->help + "\n";
  }
  if (!examples_.empty()) out += "\nExamples:\n" + examples_;
  return out;
}

std::optional<int> Flags::parse(int argc, const char* const* argv, Console& console) {
  bool help = false, version = false;
  std::string colour = "auto";
  add_common(&colour, &version, &help);
  if (argc == 3 && std::string_view(argv[1]) == "--generate") {
    if (const auto text = generated_page(argv[2], page(console.tool()))) {
      std::fputs(text->c_str(), stdout);
      return kDone;
    }
  }

  std::vector<ArgumentKind> kinds;
  for (const Spec& spec : specs_) {
    kinds.push_back({spec.positional ? std::vector<std::string>() : split_list(spec.names),
                     !spec.value.empty()});
  }
  const std::span<const char* const> words(argv, static_cast<size_t>(argc));
  const auto [given, unknown, flag, problem] =
      split_arguments(words.subspan(argc > 0 ? 1 : 0), kinds);
  const std::string hint = std::string("run ") + console.tool() + " --help";
  if (!problem.empty()) {
    console.error(flag, problem, hint);
    return kMisuse;
  }

  int wrong = 0;
  for (const std::string& text : unknown) {
    const std::string name = text.substr(0, text.find('='));
    const std::string near = text[0] == '-' ? nearest_name(name, long_names()) : std::string();
    console.error("", (text[0] == '-' ? "unknown flag '" : "unexpected argument '") + name + "'",
                  near.empty() ? hint : "did you mean " + near + "?");
    ++wrong;
  }
  for (size_t i = 0; i < specs_.size(); ++i) {
    if (given[i].size() > 1 && !specs_[i].repeated && !specs_[i].value.empty()) {
      console.error(split_list(specs_[i].names).back(), "given more than once", hint);
      ++wrong;
    }
    for (const std::string& text : given[i]) {
      const std::string wrong_value = specs_[i].take(text);
      if (wrong_value.empty()) continue;
      console.error(split_list(specs_[i].names).back(), wrong_value, hint);
      ++wrong;
    }
  }
  if (colour == "always") console.set_colour(Console::Colour::Always);
  if (colour == "never") console.set_colour(Console::Colour::Never);
  if (wrong > 0) return kMisuse;
  if (help) {
    std::fputs(help_text().c_str(), stdout);
    return kDone;
  }
  if (version) {
    std::printf("%s %s (file format %d.%d)\n", console.tool(), MLE_VERSION_STRING, kFormatMajor,
                kFormatMinor);
    return kDone;
  }
  for (size_t i = 0; i < specs_.size(); ++i) {
    if (!specs_[i].required || !given[i].empty()) continue;
    console.error("", specs_[i].value + " is missing", "usage: " + usage_);
    return kMisuse;
  }
  return {};
}

}  // namespace mle::tools
