// MapKeys, Labels, IsMissing: keys to places, places to strings.
// Promise: a string is found by its hash, a number by halving a sorted list; what the list of
// numbers holds decides the answer only, never an address.
// SPDX-License-Identifier: Apache-2.0
#include "format/key_table.h"
#include "format/mle_generated.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/element_types.h"

#include <new>

namespace mle::steps {
namespace {

using format::KeyTable;

// Strings of the file's pool, by their place in an op's list.
struct Strings {
  const format::FileView* view;
  std::span<const uint32_t> indices;

  std::string_view operator()(size_t place) const noexcept { return view->string(indices[place]); }
};

struct MapPlan {
  size_t n;         // elements of a row
  int64_t unknown;  // answers, where there is one
  int64_t missing;
  bool unknown_faults;
  bool missing_faults;
  Strings strings;
  KeyTable table;
  const std::byte* keys;  // sorted numbers
  size_t key_count;
};

int64_t unknown_key(const MapPlan& plan, const Step& step, size_t row, Fault& fault,
                    int64_t met) noexcept {
  if (plan.unknown_faults) fault.report(step, row, "an unknown key", met);
  return plan.unknown;
}

int64_t unknown_text(const MapPlan& plan, const Step& step, size_t row, Fault& fault,
                     std::string_view met) noexcept {
  if (plan.unknown_faults) fault.report_text(step, row, "an unknown key", met);
  return plan.unknown;
}

int64_t missing_key(const MapPlan& plan, const Step& step, size_t row, Fault& fault) noexcept {
  if (plan.missing_faults) fault.report(step, row, "a missing key");
  return plan.missing;
}

void run_map_texts(const Step& step, const Slot* slots, size_t rows, Fault& fault) noexcept {
  const MapPlan& plan = *static_cast<const MapPlan*>(step.plan);
  for (size_t r = 0; r < rows; ++r) {
    const Text* x = slots[step.inputs[0]].row<const Text>(r);
    int64_t* y = slots[step.output].row<int64_t>(r);
    for (size_t i = 0; i < plan.n; ++i) {
      if (x[i].missing()) {
        y[i] = missing_key(plan, step, r, fault);
        continue;
      }
      const size_t place = plan.table.find(x[i].view, plan.strings);
      y[i] = place != KeyTable::kNowhere ? static_cast<int64_t>(place)
                                         : unknown_text(plan, step, r, fault, x[i].view);
    }
  }
}

// The number of keys below x, without a branch that has to be guessed.
template <class T>
size_t keys_below(const T* keys, size_t count, T x) noexcept {
  const T* first = keys;
  while (count > 1) {
    const size_t half = count / 2;
    first += first[half - 1] < x ? half : 0;
    count -= half;
  }
  return static_cast<size_t>(first - keys) + (*first < x ? 1 : 0);
}

template <class T>
int64_t named(T x) noexcept {
  if constexpr (std::is_same_v<T, Truth>) {
    return x.byte != 0;
  } else if constexpr (std::is_floating_point_v<T>) {
    return x > T(-9e18) && x < T(9e18) ? static_cast<int64_t>(x) : Fault::kNoValue;
  } else {
    return static_cast<int64_t>(x);
  }
}

template <class T>
bool is_nan(const T& x) noexcept {
  if constexpr (std::is_floating_point_v<T>) return x != x;
  return false;
}

template <class T>
void run_map_numbers(const Step& step, const Slot* slots, size_t rows, Fault& fault) noexcept {
  const MapPlan& plan = *static_cast<const MapPlan*>(step.plan);
  const T* keys = reinterpret_cast<const T*>(plan.keys);
  for (size_t r = 0; r < rows; ++r) {
    const T* x = slots[step.inputs[0]].row<const T>(r);
    int64_t* y = slots[step.output].row<int64_t>(r);
    for (size_t i = 0; i < plan.n; ++i) {
      if (is_nan(x[i])) {
        y[i] = missing_key(plan, step, r, fault);
        continue;
      }
      const size_t place = keys_below(keys, plan.key_count, x[i]);
      y[i] = place < plan.key_count && keys[place] == x[i]
                 ? static_cast<int64_t>(place)
                 : unknown_key(plan, step, r, fault, named(x[i]));
    }
  }
}

using Run = void (*)(const Step&, const Slot*, size_t, Fault&) noexcept;

Run map_numbers(DType dtype) noexcept {
  if (dtype == DType::F32) return run_map_numbers<float>;
  if (dtype == DType::F64) return run_map_numbers<double>;
  if (dtype == DType::Bool) return run_map_numbers<Truth>;
  Run run = nullptr;
  with_integer(dtype, [&](auto x) { run = run_map_numbers<decltype(x)>; });
  return run;
}

struct LabelsPlan {
  size_t n;
  Strings strings;
};

void run_labels(const Step& step, const Slot* slots, size_t rows, Fault& fault) noexcept {
  const LabelsPlan& plan = *static_cast<const LabelsPlan*>(step.plan);
  for (size_t r = 0; r < rows; ++r) {
    const int64_t* x = slots[step.inputs[0]].row<const int64_t>(r);
    Text* y = slots[step.output].row<Text>(r);
    for (size_t i = 0; i < plan.n; ++i) {
      const auto place = static_cast<uint64_t>(x[i]);
      const bool inside = place < plan.strings.indices.size();
      if (!inside) fault.report(step, r, "a place outside its list", x[i]);
      y[i] = Text{inside ? plan.strings(place) : std::string_view()};
    }
  }
}

template <class T>
void run_is_missing(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const size_t n = *static_cast<const size_t*>(step.plan);
  for (size_t r = 0; r < rows; ++r) {
    const T* x = slots[step.inputs[0]].row<const T>(r);
    uint8_t* y = slots[step.output].row<uint8_t>(r);
    for (size_t i = 0; i < n; ++i) {
      if constexpr (std::is_same_v<T, Text>) {
        y[i] = x[i].missing();
      } else {
        y[i] = is_nan(x[i]);
      }
    }
  }
}

}  // namespace

bool bind_map_keys(Binder& binder, const fb::Op& op, Step& step) noexcept {
  MapPlan* plan = binder.make<MapPlan>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0);
  const uint32_t unknown = binder.iattr(op, 0), missing = binder.iattr(op, 1);
  plan->n = x.width;
  plan->unknown_faults = unknown == format::kNoAnswer;
  plan->missing_faults = missing == format::kNoAnswer;
  plan->unknown = plan->unknown_faults ? 0 : unknown;
  plan->missing = plan->missing_faults ? 0 : missing;
  step.plan = plan;
  if (x.dtype == DType::Str) {
    plan->strings = {&binder.view(), binder.indices(op)};
    const size_t keys = plan->strings.indices.size();
    const size_t capacity = KeyTable::capacity(keys);
    KeyTable::Entry* entries = binder.make<KeyTable::Entry>(capacity);
    if (entries == nullptr) return false;
    size_t twin = 0;  // FileView has built the same table
    step.run = run_map_texts;
    return plan->table.build({entries, capacity}, keys, plan->strings, &twin) ==
           KeyTable::Built::Yes;
  }
  const Operand keys = binder.input(op, 1);
  plan->keys = binder.input(op, 1).constant;
  plan->key_count = keys.width;
  step.run = map_numbers(x.dtype);
  return true;
}

bool bind_labels(Binder& binder, const fb::Op& op, Step& step) noexcept {
  LabelsPlan* plan = binder.make<LabelsPlan>();
  if (plan == nullptr) return false;
  plan->n = binder.output(op).width;
  plan->strings = {&binder.view(), binder.indices(op)};
  step.run = run_labels;
  step.plan = plan;
  return true;
}

bool bind_is_missing(Binder& binder, const fb::Op& op, Step& step) noexcept {
  size_t* n = binder.make<size_t>();
  if (n == nullptr) return false;
  const Operand x = binder.input(op, 0);
  *n = x.width;
  step.run = x.dtype == DType::Str   ? run_is_missing<Text>
             : x.dtype == DType::F64 ? run_is_missing<double>
                                     : run_is_missing<float>;
  step.plan = n;
  return true;
}

}  // namespace mle::steps
