// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/arguments.h"

#include <algorithm>
#include <string_view>

namespace mle::tools {
namespace {

class Splitter {
 public:
  Splitter(std::span<const char* const> words, std::span<const ArgumentKind> kinds)
      : words_(words), kinds_(kinds) {
    result_.given.resize(kinds.size());
  }

  Arguments split() {
    bool flags_end = false;
    while (at_ < words_.size() && result_.problem.empty()) {
      const std::string_view word = words_[at_++];
      if (flags_end || word.size() < 2 || word[0] != '-') {
        place(word);
      } else if (word == "--") {
        flags_end = true;
      } else if (word[1] == '-') {
        long_flag(word);
      } else {
        short_flags(word);
      }
    }
    return std::move(result_);
  }

 private:
  size_t find(std::string_view name) const {
    const auto has_name = [&](const ArgumentKind& kind) {
      return std::find(kind.names.begin(), kind.names.end(), name) != kind.names.end();
    };
    return static_cast<size_t>(std::find_if(kinds_.begin(), kinds_.end(), has_name) -
                               kinds_.begin());
  }

  void place(std::string_view word) {
    for (size_t i = 0; i < kinds_.size(); ++i) {
      if (!kinds_[i].names.empty() || !result_.given[i].empty()) continue;
      result_.given[i].emplace_back(word);
      return;
    }
    result_.unknown.emplace_back(word);
  }

  void fail(std::string_view flag, const char* problem) {
    result_.flag = flag;
    result_.problem = problem;
  }

  // `rest` is what stands behind the name in the same word; null data: nothing.
  void take(size_t kind, std::string_view name, std::string_view rest) {
    if (rest.data() == nullptr) {
      if (at_ == words_.size()) return fail(name, "needs a value");
      rest = words_[at_++];
    }
    result_.given[kind].emplace_back(rest);
  }

  void long_flag(std::string_view word) {
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const bool has_value = equals != std::string_view::npos;
    const size_t kind = find(name);
    if (kind == kinds_.size()) {
      result_.unknown.emplace_back(word);
    } else if (kinds_[kind].takes_value) {
      take(kind, name, has_value ? word.substr(equals + 1) : std::string_view());
    } else if (has_value) {
      fail(name, "takes no value");
    } else {
      result_.given[kind].emplace_back();
    }
  }

  void short_flags(std::string_view word) {
    for (size_t i = 1; i < word.size(); ++i) {
      const std::string name = {'-', word[i]};
      const size_t kind = find(name);
      if (kind == kinds_.size()) {
        result_.unknown.push_back(i == 1 ? std::string(word) : name);
        return;
      }
      if (kinds_[kind].takes_value) {
        return take(kind, name, i + 1 < word.size() ? word.substr(i + 1) : std::string_view());
      }
      result_.given[kind].emplace_back();
    }
  }

  std::span<const char* const> words_;
  std::span<const ArgumentKind> kinds_;
  size_t at_ = 0;
  Arguments result_;
};

}  // namespace

Arguments split_arguments(std::span<const char* const> words, std::span<const ArgumentKind> kinds) {
  return Splitter(words, kinds).split();
}

}  // namespace mle::tools
