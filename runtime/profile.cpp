// Runners count; here the counts are added up and given names.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/profile.h"

#include "format/mle_generated.h"
#include "format/op_kinds.h"

namespace mle::detail {
namespace {

constexpr std::string_view kKindNames[format::kOpKindCount] = {
    "none",      "dense",       "unary",           "binary",   "compare", "select",     "scale",
    "clip",      "softmax",     "log-softmax",     "concat",   "slice",   "reshape",    "argmax",
    "cast",      "matmul",      "reduce",          "cumsum",   "topk",    "layer-norm", "transpose",
    "expand",    "gather",      "gather-elements", "map-keys", "labels",  "is-missing", "products",
    "piecewise", "reduce-rows", "couple"};

}  // namespace

void set_profiling(SessionState& session, bool on) noexcept {
  session.profiling = on;
  for (Runner& runner : session.runners) runner.clear_ticks(session.steps.size());
}

std::span<const StepProfile> collect_profile(SessionState& session) noexcept {
  if (!session.profiling) return {};
  for (size_t s = 0; s < session.steps.size(); ++s) {
    const steps::Step& step = *session.steps[s];
    uint64_t rows = 0;
    StepProfile& line = session.profile[s];
    line = StepProfile();
    line.name = step.name;
    line.kind = kKindNames[static_cast<size_t>(step.kind)];
    for (const Runner& runner : session.runners) {
      const Ticks& ticks = runner.ticks(s);
      line.calls += ticks.calls;
      line.nanoseconds += ticks.nanoseconds;
      rows += ticks.rows;
    }
    line.flops = step.flops_per_row * rows;
    line.bytes = step.bytes_per_row * rows + step.bytes_per_call * line.calls;
  }
  return session.profile;
}

void observe(const SessionState& session, size_t s, const steps::Slot& output, size_t first,
             size_t rows) noexcept {
  const steps::Step& step = *session.steps[s];
  const fb::Tensor& tensor = *session.loaded.view.model().tensors()->Get(step.output);
  StepOutput given;
  given.step = s;
  given.name = step.name;
  given.kind = kKindNames[static_cast<size_t>(step.kind)];
  given.tensor.name = session.loaded.view.string(tensor.name());
  given.tensor.dtype = static_cast<DType>(tensor.dtype());
  given.tensor.per_row = tensor.rows() == fb::Rows::PerRow;
  if (tensor.dims() != nullptr) given.tensor.dims = {tensor.dims()->data(), tensor.dims()->size()};
  given.data = output.data;
  given.rows = given.tensor.per_row ? rows : 1;
  given.row_bytes = output.stride;
  given.first_row = given.tensor.per_row ? first : 0;
  session.observer(session.observer_context, given);
}

}  // namespace mle::detail
