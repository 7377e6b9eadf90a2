// SPDX-License-Identifier: Apache-2.0
#include "serve/engine/admit.h"

#include "format/rules.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

namespace mle::serve {
namespace {

constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

Status refuse(int rule, const Request& request, const char* hint, const std::string& what) {
  return Status::make(
      rule == format::rule::S401_UnknownModel ? Code::NotFound : Code::InvalidArgument, rule,
      Status::kNoOffset, "model '" + std::string(request.model.substr(0, 200)) + "': " + what,
      hint);
}

std::string quoted(std::string_view name) { return "'" + std::string(name.substr(0, 200)) + "'"; }

uint32_t find_spec(std::span<const TensorSpec> specs, std::string_view name) {
  for (size_t i = 0; i < specs.size(); ++i)
    if (specs[i].name == name) return static_cast<uint32_t>(i);
  return kNone;
}

std::string shape_text(std::span<const int64_t> shape) {
  std::string text = "[";
  for (const int64_t dim : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
  return text + "]";
}

std::string shape_text(const TensorSpec& spec) {
  std::string text = !spec.per_row ? "[" : spec.axes == Axes::Leading ? "[rows..." : "[rows";
  for (const uint32_t dim : spec.dims) text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
  return text + "]";
}

Status find_model(Request& request, const Catalog& catalog) {
  const CatalogModel* const model = catalog.find(request.model);
  if (model == nullptr)
    return refuse(format::rule::S401_UnknownModel, request, "the repository index lists the models",
                  "is not served here");
  request.served = Catalog::find(*model, request.version);
  if (request.served == nullptr)
    return refuse(format::rule::S401_UnknownModel, request, "leave the version out for the newest",
                  "has no version " + quoted(request.version));
  return {};
}

bool has_all(const Plan& plan, std::span<const std::string_view> wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](std::string_view name) { return find_spec(plan.outputs, name) != kNone; });
}

// The first plan that answers everything wanted: an entry's where one does, else the one for all.
Status choose_plan(Request& request) {
  const Version& version = *request.served;
  const auto& wanted = request.wanted;
  request.chosen.clear();
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (find_spec(version.whole().outputs, wanted[i]) == kNone)
      return refuse(format::rule::S407_RequestOutput, request, "the metadata lists the outputs",
                    "has no output " + quoted(wanted[i]));
    if (std::find(wanted.begin(), wanted.begin() + static_cast<ptrdiff_t>(i), wanted[i]) !=
        wanted.begin() + static_cast<ptrdiff_t>(i))
      return refuse(format::rule::S407_RequestOutput, request, "ask for each output once",
                    "output " + quoted(wanted[i]) + " is asked for twice");
  }
  // The last one has every output.
  request.plan = &*std::find_if(version.plans.begin(), version.plans.end() - 1,
                                [&](const Plan& plan) { return has_all(plan, wanted); });
  for (const std::string_view name : wanted)
    request.chosen.push_back(find_spec(request.plan->outputs, name));
  if (wanted.empty())
    for (uint32_t i = 0; i < request.plan->outputs.size(); ++i) request.chosen.push_back(i);
  return {};
}

Status bind_inputs(Request& request) {
  request.bound.assign(request.plan->inputs.size(), kNone);
  for (uint32_t i = 0; i < request.inputs.size(); ++i) {
    const InputTensor& input = request.inputs[i];
    const uint32_t at = find_spec(request.plan->inputs, input.name);
    // An input of another entry is not needed here, and welcome.
    if (at == kNone && find_spec(request.served->whole().inputs, input.name) != kNone) continue;
    if (at == kNone)
      return refuse(format::rule::S406_RequestInput, request, "the metadata lists the inputs",
                    "has no input " + quoted(input.name));
    if (request.bound[at] != kNone)
      return refuse(format::rule::S406_RequestInput, request, "give each input once",
                    "input " + quoted(input.name) + " is given twice");
    request.bound[at] = i;
  }
  for (size_t i = 0; i < request.bound.size(); ++i)
    if (request.bound[i] == kNone)
      return refuse(format::rule::S406_RequestInput, request, "the metadata lists the inputs",
                    "input " + quoted(request.plan->inputs[i].name) + " is missing");
  return {};
}

// Nothing where an axis is negative or the product is more than an axis may be.
std::optional<uint64_t> product(std::span<const int64_t> axes) {
  constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  uint64_t all = 1;
  for (const int64_t axis : axes) {
    if (axis < 0) return std::nullopt;
    if (axis > 0 && all > kMost / static_cast<uint64_t>(axis)) return std::nullopt;
    all *= static_cast<uint64_t>(axis);
  }
  return all;
}

bool same_dims(std::span<const int64_t> given, std::span<const uint32_t> dims) {
  return std::equal(given.begin(), given.end(), dims.begin(), dims.end(),
                    [](int64_t a, uint32_t b) { return a == int64_t{b}; });
}

// How many of the axes given count rows; nothing where the shape is not one that the input takes.
std::optional<size_t> row_axes_of(const InputTensor& input, const TensorSpec& spec) {
  const auto shape = input.shape;
  const size_t rank = spec.dims.size();
  if (!spec.per_row) return same_dims(shape, spec.dims) ? std::optional<size_t>(0) : std::nullopt;
  if (shape.size() <= rank) return std::nullopt;
  const size_t before = shape.size() - rank;
  const bool leading = before == 1 || spec.axes == Axes::Leading;
  if (leading && same_dims(shape.subspan(before), spec.dims) && product(shape.first(before)))
    return before;
  if (spec.axes == Axes::Flattened && product(shape.first(1)) &&
      product(shape.subspan(1)) == spec.width())
    return 1;
  return std::nullopt;
}

Status check_inputs(Request& request) {
  std::optional<uint64_t> rows;
  request.row_axes.clear();
  for (size_t i = 0; i < request.bound.size(); ++i) {
    const TensorSpec& spec = request.plan->inputs[i];
    const InputTensor& input = request.inputs[request.bound[i]];
    if (input.dtype != spec.dtype)
      return refuse(format::rule::S406_RequestInput, request, "give the data type of the metadata",
                    "input " + quoted(spec.name) + " is " + name_of(spec.dtype) + ", given as " +
                        name_of(input.dtype));
    const auto row_axes = row_axes_of(input, spec);
    if (!row_axes)
      return refuse(format::rule::S408_RequestShape, request, "the metadata has the shapes",
                    "input " + quoted(spec.name) + " has shape " + shape_text(spec) + ", given " +
                        shape_text(input.shape));
    const auto axes = input.shape.first(*row_axes);
    const uint64_t count = *product(axes);
    // Dividing, so that no product overflows. A width is never 0.
    if (input.count % spec.width() != 0 || input.count / spec.width() != count)
      return refuse(format::rule::S409_RequestBytes, request, "give as many as the shape says",
                    "input " + quoted(spec.name) + " of shape " + shape_text(input.shape) +
                        " came with " + std::to_string(input.count) + " elements");
    if (!spec.per_row) continue;
    if (rows && *rows != count)
      return refuse(format::rule::S408_RequestShape, request, "give the same rows in all inputs",
                    "input " + quoted(spec.name) + " has " + std::to_string(count) +
                        " rows, others have " + std::to_string(*rows));
    rows = count;
    if (axes.size() > request.row_axes.size()) request.row_axes.assign(axes.begin(), axes.end());
  }
  request.rows = rows.value_or(1);
  if (request.row_axes.empty()) request.row_axes.push_back(static_cast<int64_t>(request.rows));
  return {};
}

}  // namespace

Status admit(Request& request, const Catalog& catalog) {
  MLE_TRY(find_model(request, catalog));
  MLE_TRY(choose_plan(request));
  MLE_TRY(bind_inputs(request));
  return check_inputs(request);
}

Status still_wanted(const Request& request, Clock::time_point now) noexcept {
  if (request.cancelled.load(std::memory_order_relaxed))
    return Status::make(Code::InvalidArgument, format::rule::S405_Cancelled, Status::kNoOffset,
                        "the caller gave up");
  if (request.deadline <= now)
    return Status::make(Code::InvalidArgument, format::rule::S404_DeadlinePassed, Status::kNoOffset,
                        "the deadline passed before the request was computed", "allow more time");
  return {};
}

}  // namespace mle::serve
