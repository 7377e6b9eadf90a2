// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-run/trace.h"

#include "format/rules.h"
#include "tools/cli/element.h"
#include "tools/cli/json.h"
#include "tools/cli/row_buffers.h"
#include "tools/cli/row_collector.h"
#include "tools/cli/table.h"
#include "tools/cli/text.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mle::tools {
namespace {

constexpr uint64_t kBatch = 1024;
constexpr size_t kShown = 6;  // values of a line in the table

std::string dims_text(std::span<const uint32_t> dims) {
  std::string text = "[";
  for (const uint32_t dim : dims) text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
  return text + "]";
}

TraceLine line_of(const TensorSpec& tensor, const void* data) {
  TraceLine line;
  line.tensor = tensor.name;
  line.dtype = name_of(tensor.dtype);
  line.dims.assign(tensor.dims.begin(), tensor.dims.end());
  line.text = tensor.dtype == DType::Str;
  double sum = 0;
  for (size_t i = 0; i < tensor.width(); ++i) {
    std::string& value = line.values.emplace_back();
    if (line.text) {
      const auto text = element<std::string_view>(data, i);
      if (text.data() != nullptr) value = "'" + std::string(text) + "'";
      continue;
    }
    append_element(value, tensor.dtype, data, i);
    const double number = element_value(tensor.dtype, data, i);
    if (std::isnan(number)) {
      ++line.nans;
      continue;
    }
    line.least = line.numbers == 0 ? number : std::min(line.least, number);
    line.most = line.numbers == 0 ? number : std::max(line.most, number);
    sum += number;
    ++line.numbers;
  }
  if (line.numbers > 0) line.mean = sum / static_cast<double>(line.numbers);
  return line;
}

// What the observer writes down: every step's output for one row of the call.
struct Notes {
  uint64_t row = 0;
  std::vector<std::pair<size_t, TraceLine>> lines;  // by step
};

void note(void* context, const StepOutput& output) noexcept {
  auto& notes = *static_cast<Notes*>(context);
  const bool of_rows = output.tensor.per_row;
  const uint64_t row = of_rows ? notes.row - output.first_row : 0;
  if (row >= output.rows) return;
  TraceLine line =
      line_of(output.tensor, static_cast<const std::byte*>(output.data) + row * output.row_bytes);
  line.kind = output.kind;
  line.name = output.name;
  notes.lines.emplace_back(output.step, std::move(line));
}

Status no_such_row(uint64_t row, uint64_t rows) {
  return Status::make(
      Code::InvalidArgument, format::rule::T302_ReadRows, Status::kNoOffset,
      "there is no row " + std::to_string(row) + ": the rows end after " + std::to_string(rows),
      "rows count from 0");
}

// The one row, in the memory of the source's last batch.
Result<std::vector<In>> find_row(const Session& session, RowSource& rows, uint64_t row) {
  std::vector<In> batch;
  uint64_t before = 0;
  for (;;) {
    MLE_TRY_ASSIGN(const uint64_t count, rows.next(kBatch, batch));
    if (count == 0) return no_such_row(row, before);
    if (row < before + count) break;
    before += count;
  }
  std::vector<In> one;
  for (size_t i = 0; i < batch.size(); ++i) {
    const TensorSpec& input = session.inputs()[i];
    const size_t bytes = input.width() * size_of(batch[i].dtype());
    const uint64_t skip = input.per_row ? row - before : 0;
    one.emplace_back(batch[i].dtype(),
                     static_cast<const std::byte*>(batch[i].data()) + skip * bytes, input.width());
  }
  return one;
}

// The few figures that a person compares.
std::string figure(double value) {
  std::string text;
  append_number(text, static_cast<float>(value));
  return text;
}

}  // namespace

Result<std::vector<TraceLine>> trace_row(Session& session, RowSource& rows, uint64_t row) {
  std::vector<In> inputs;
  Notes notes;
  uint64_t count = 1;
  RowCollector together(rows);
  if (session.rows_mix()) {  // the row is what it is among the others
    MLE_TRY_ASSIGN(count, together.next(~uint64_t{0}, inputs));
    if (row >= count) return no_such_row(row, count);
    notes.row = row;
  } else {
    MLE_TRY_ASSIGN(inputs, find_row(session, rows, row));
  }
  std::vector<TraceLine> lines;
  for (size_t i = 0; i < inputs.size(); ++i) {
    TensorSpec seen = session.inputs()[i];
    seen.dtype = inputs[i].dtype();
    const size_t skip = notes.row * seen.width() * size_of(seen.dtype);
    lines.push_back(line_of(seen, static_cast<const std::byte*>(inputs[i].data()) + skip));
    lines.back().kind = "input";
    lines.back().name = session.inputs()[i].name;
  }
  std::vector<RowBuffer> buffers;
  std::vector<Out> outputs;
  for (const TensorSpec& output : session.outputs()) {
    std::byte* data = buffers.emplace_back(output).reserve(count);
    outputs.emplace_back(output.dtype, data, count * output.width());
  }
  session.set_observer(note, &notes);
  Status status = session.run(inputs, outputs);
  session.set_observer(nullptr, nullptr);
  if (!status.ok()) return status;
  std::ranges::stable_sort(notes.lines, {}, [](const auto& noted) { return noted.first; });
  for (auto& [step, line] : notes.lines) lines.push_back(std::move(line));
  return lines;
}

std::string trace_text(const std::vector<TraceLine>& lines) {
  Table table{{"step", "gives", "min", "max", "mean", "NaN", "values"}, {}};
  size_t step = 0;
  for (const TraceLine& line : lines) {
    const bool input = line.kind == "input";
    std::string label = (input ? std::string("-") : std::to_string(++step)) + "  " + line.kind;
    if (!line.name.empty()) label += "  " + printable(line.name);
    std::string values;
    for (size_t i = 0; i < line.values.size() && i < kShown; ++i)
      values += (i == 0 ? "" : " ") +
                (line.text && line.values[i].empty() ? "missing" : printable(line.values[i]));
    if (line.values.size() > kShown) values += " …";
    const bool any = line.numbers > 0;
    table.rows.push_back({label, dims_text(line.dims) + " " + line.dtype,
                          any ? figure(line.least) : "", any ? figure(line.most) : "",
                          any ? figure(line.mean) : "", line.nans == 0 ? "" : grouped(line.nans),
                          values});
  }
  return table.aligned();
}

std::string trace_json(std::string_view model, uint64_t row, const std::vector<TraceLine>& lines) {
  JsonWriter json;
  json.begin_object().field("schema", "mle-trace/1").field("model", model).field("row", row);
  json.key("lines").begin_array();
  for (const TraceLine& line : lines) {
    json.begin_object().field("kind", line.kind).field("name", line.name);
    json.field("tensor", line.tensor).field("dtype", line.dtype);
    json.key("dims").begin_line();
    for (const uint32_t dim : line.dims) json.whole(dim);
    json.end_array().field("nan", line.nans);
    for (const auto& [key, value] : {std::pair<const char*, double>{"min", line.least},
                                     {"max", line.most},
                                     {"mean", line.mean}})
      if (line.numbers > 0)
        json.key(key).number(value);
      else
        json.key(key).null();
    json.key("values").begin_line();
    for (const std::string& value : line.values) {
      if (!line.text)
        json.literal(value == "nan"    ? "null"
                     : value == "inf"  ? "1e999"
                     : value == "-inf" ? "-1e999"
                                       : value);
      else if (value.empty())
        json.null();
      else
        json.text(std::string_view(value).substr(1, value.size() - 2));
    }
    json.end_array().end_object();
  }
  return json.end_array().end_object().str();
}

}  // namespace mle::tools
