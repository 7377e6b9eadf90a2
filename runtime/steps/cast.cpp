// Cast: every element to another type, as numpy does it, but with an answer for every input.
// Promise: float to integer drops the fraction, saturates, and gives 0 for NaN; integer to smaller
// integer wraps; to bool is "is not zero"; what becomes f16 or bf16 is rounded to f32 first.
// SPDX-License-Identifier: Apache-2.0
#include "format/mle_generated.h"
#include "runtime/kernels/round_bf16.h"
#include "runtime/steps/binder.h"
#include "runtime/steps/element_types.h"
#include "runtime/steps/half.h"

#include <limits>
#include <type_traits>

namespace mle::steps {
namespace {

struct CastPlan {
  void (*kernel)(const std::byte* x, std::byte* y, size_t n) noexcept;
  size_t n;
};

// f16 and bf16 are computed with as f32.
template <class T>
inline constexpr bool kIsHalf = std::is_same_v<T, F16> || std::is_same_v<T, BF16>;

template <class To, class From>
To convert(From x) noexcept {
  if constexpr (std::is_same_v<From, To>) {
    return x;
  } else if constexpr (kIsHalf<From>) {
    return convert<To>(to_f32(x));
  } else if constexpr (kIsHalf<To>) {
    const float rounded = convert<float>(x);
    if constexpr (std::is_same_v<To, F16>) return to_f16(rounded);
    if constexpr (std::is_same_v<To, BF16>) return to_bf16(rounded);
  } else if constexpr (std::is_same_v<From, Truth>) {
    return convert<To>(static_cast<uint8_t>(x.byte != 0));
  } else if constexpr (std::is_same_v<To, Truth>) {
    return Truth{static_cast<uint8_t>(x != From{0})};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    constexpr To kLowest = std::numeric_limits<To>::lowest();
    constexpr To kHighest = std::numeric_limits<To>::max();
    // 2^digits is the first value too large; unlike kHighest itself it is exact in any float type.
    // NOLINTNEXTLINE(bugprone-integer-division): meant, it is a power of two.
    constexpr From kTooLarge = static_cast<From>(kHighest / 2 + 1) * 2;
    if (x >= kTooLarge) return kHighest;
    if (x > static_cast<From>(kLowest) - From{1} || x >= static_cast<From>(kLowest)) {
      return static_cast<To>(x);
    }
    return x < From{0} ? kLowest : To{0};  // too small, or NaN
  } else {
    return static_cast<To>(x);
  }
}

template <class From, class To>
void convert_all(const std::byte* x, std::byte* y, size_t n) noexcept {
  const From* from = reinterpret_cast<const From*>(x);
  To* to = reinterpret_cast<To*>(y);
  for (size_t i = 0; i < n; ++i) to[i] = convert<To>(from[i]);
}

// What layers of bf16 rows read: wide, and often.
template <>
void convert_all<float, BF16>(const std::byte* x, std::byte* y, size_t n) noexcept {
  kernels::round_to_bf16(reinterpret_cast<const float*>(x), reinterpret_cast<uint16_t*>(y), n);
}

using Kernel = void (*)(const std::byte*, std::byte*, size_t) noexcept;

// Calls f with a value of the C++ type of `dtype`; FileView lets no other dtype reach a cast.
template <class F>
Kernel with_type(DType dtype, F&& f) noexcept {
  switch (dtype) {
    case DType::F32: return f(float{});
    case DType::F64: return f(double{});
    case DType::I8: return f(int8_t{});
    case DType::U8: return f(uint8_t{});
    case DType::I16: return f(int16_t{});
    case DType::U16: return f(uint16_t{});
    case DType::I32: return f(int32_t{});
    case DType::U32: return f(uint32_t{});
    case DType::I64: return f(int64_t{});
    case DType::U64: return f(uint64_t{});
    case DType::Bool: return f(Truth{});
    case DType::F16: return f(F16{});
    case DType::BF16: return f(BF16{});
    case DType::Str: break;
  }
  return nullptr;
}

Kernel find_kernel(DType from, DType to) noexcept {
  return with_type(from, [to](auto x) noexcept {
    return with_type(
        to, [](auto y) noexcept -> Kernel { return &convert_all<decltype(x), decltype(y)>; });
  });
}

void run_cast(const Step& step, const Slot* slots, size_t rows, Fault&) noexcept {
  const CastPlan& plan = *static_cast<const CastPlan*>(step.plan);
  const Slot& x = slots[step.inputs[0]];
  const Slot& y = slots[step.output];
  for (size_t r = 0; r < rows; ++r) {
    plan.kernel(x.row<const std::byte>(r), y.row<std::byte>(r), plan.n);
  }
}

}  // namespace

bool bind_cast(Binder& binder, const fb::Op& op, Step& step) noexcept {
  CastPlan* plan = binder.make<CastPlan>();
  if (plan == nullptr) return false;
  const Operand x = binder.input(op, 0);
  const Operand y = binder.output(op);
  plan->kernel = find_kernel(x.dtype, y.dtype);
  plan->n = y.width;
  step.run = run_cast;
  step.plan = plan;
  step.work_per_row = y.width;
  // In the mode of the layers around it, which changes nothing here and costs to be changed.
  step.flush = x.dtype == DType::F32 && y.dtype == DType::BF16;
  return true;
}

}  // namespace mle::steps
