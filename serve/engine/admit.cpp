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
  std::string text = spec.per_row ? "[rows" : "[";
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

bool fits(const InputTensor& input, const TensorSpec& spec) {
  const size_t before = spec.per_row ? 1 : 0;
  if (input.shape.size() != spec.dims.size() + before) return false;
  if (spec.per_row && input.shape[0] < 0) return false;
  for (size_t i = 0; i < spec.dims.size(); ++i)
    if (input.shape[i + before] != int64_t{spec.dims[i]}) return false;
  return true;
}

Status check_inputs(Request& request) {
  std::optional<uint64_t> rows;
  for (size_t i = 0; i < request.bound.size(); ++i) {
    const TensorSpec& spec = request.plan->inputs[i];
    const InputTensor& input = request.inputs[request.bound[i]];
    if (input.dtype != spec.dtype)
      return refuse(format::rule::S406_RequestInput, request, "give the data type of the metadata",
                    "input " + quoted(spec.name) + " is " + name_of(spec.dtype) + ", given as " +
                        name_of(input.dtype));
    if (!fits(input, spec))
      return refuse(format::rule::S408_RequestShape, request, "the metadata has the shapes",
                    "input " + quoted(spec.name) + " has shape " + shape_text(spec) + ", given " +
                        shape_text(input.shape));
    const uint64_t count = spec.per_row ? static_cast<uint64_t>(input.shape[0]) : 1;
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
  }
  request.rows = rows.value_or(1);
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
