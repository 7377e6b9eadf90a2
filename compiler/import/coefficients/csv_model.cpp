// # link=identity
// feature,y0,y1
// (intercept),1.5,2
// age,0.25,-1
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/coefficients/coefficients.h"
#include "format/rules.h"

#include <charconv>
#include <string_view>

namespace mle::compiler::coefficients {
namespace {

using enum format::rule::Rule;

constexpr size_t kMaxBytes = size_t{64} << 20;

Status bad_line(size_t line, const std::string& what) {
  return Status::make(Code::Corrupt, C204_Damaged, Status::kNoOffset,
                      "line " + std::to_string(line) + ": " + what,
                      "a head 'feature,y0', then '(intercept),number' and 'name,number' by line");
}

// The fields of a line; quotes as spreadsheets write them.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

std::string_view text_of(const SourceFile& source) {
  return {reinterpret_cast<const char*>(source.bytes.data()), source.bytes.size()};
}

std::optional<double> number_of(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Lines one by one, without their ends.
class Lines {
 public:
  explicit Lines(std::string_view text) : left_(text) {}
  std::optional<std::string_view> next() {
    if (left_.empty()) return std::nullopt;
    const size_t end = left_.find('\n');
    std::string_view line = left_.substr(0, end);
    left_.remove_prefix(end == std::string_view::npos ? left_.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number_;
    return line;
  }
  size_t number() const { return number_; }

 private:
  std::string_view left_;
  size_t number_ = 0;
};

}  // namespace

bool can_read_csv(const SourceFile& source) {
  const std::string_view text = text_of(source);
  return text.starts_with("# link=") || text.starts_with("feature,");
}

Result<LinearModel> read_csv_model(const SourceFile& source) {
  if (source.bytes.size() > kMaxBytes)
    return Status::make(Code::Unsupported, C203_SourceTooLarge, Status::kNoOffset,
                        "a table of coefficients of more than 64 MiB", "");
  LinearModel model;
  model.flat = true;
  std::vector<std::vector<double>> rows;
  Lines lines(text_of(source));
  size_t targets = 0;
  while (const auto line = lines.next()) {
    if (line->empty()) continue;
    constexpr std::string_view kLink = "# link=";
    if (line->starts_with(kLink)) {
      MLE_TRY_ASSIGN(model.link, link_of(std::string(line->substr(kLink.size()))));
    }
    if (line->starts_with('#')) continue;
    std::vector<std::string> fields = fields_of(*line);
    if (targets == 0) {
      if (fields[0] != "feature" || fields.size() < 2)
        return bad_line(lines.number(), "no head of a table of coefficients");
      targets = fields.size() - 1;
      model.targets.assign(fields.begin() + 1, fields.end());
      model.intercepts.assign(targets, 0);
      continue;
    }
    if (fields.size() != targets + 1)
      return bad_line(lines.number(), std::to_string(fields.size()) + " fields, not " +
                                          std::to_string(targets + 1));
    std::vector<double> numbers;
    for (size_t i = 1; i < fields.size(); ++i) {
      const auto number = number_of(fields[i]);
      if (!number)
        return bad_line(lines.number(), "'" + fields[i].substr(0, 40) + "' is no number");
      numbers.push_back(*number);
    }
    if (fields[0] == "(intercept)") {
      model.intercepts = std::move(numbers);
    } else {
      model.features.push_back(std::move(fields[0]));
      rows.push_back(std::move(numbers));
    }
  }
  if (rows.empty()) return bad_line(lines.number(), "the table ends without coefficients");
  model.weights = sklearn::Matrix::zeros(targets, rows.size());
  for (size_t f = 0; f < rows.size(); ++f)
    for (size_t t = 0; t < targets; ++t) model.weights.at(t, f) = rows[f][t];
  return model;
}

}  // namespace mle::compiler::coefficients
