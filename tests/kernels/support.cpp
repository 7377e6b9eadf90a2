// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace mle::kernels::test {

template <class T>
T Numbers::odd() {
  using limits = std::numeric_limits<T>;
  switch (below(12)) {
    case 0: return limits::quiet_NaN();
    case 1: return limits::infinity();
    case 2: return -limits::infinity();
    case 3: return -T{0};
    case 4: return T{0};
    case 5: return limits::denorm_min() * static_cast<T>(1 + below(1000));
    case 6: return -limits::min() / 3;
    case 7: return limits::max();
    default: return ordinary<T>();
  }
}

template <class T>
std::vector<T> Numbers::many(size_t count, bool with_odd) {
  std::vector<T> numbers(count);
  for (T& x : numbers) x = with_odd && below(8) == 0 ? odd<T>() : ordinary<T>();
  return numbers;
}

template <class T>
Aligned<T>::Aligned(size_t count) : memory_(count + 64 / sizeof(T)) {
  const auto address = reinterpret_cast<uintptr_t>(memory_.data());
  data_ = memory_.data() + (64 - address % 64) % 64 / sizeof(T);
}

Guarded::Guarded(size_t bytes, bool at_start) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t inner = format::round_up(bytes + 1, page);
  size_ = inner + 2 * page;
  void* pages = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) std::abort();
  pages_ = static_cast<char*>(pages);
  if (mprotect(pages_, page, PROT_NONE) != 0) std::abort();
  if (mprotect(pages_ + page + inner, page, PROT_NONE) != 0) std::abort();
  data_ = at_start ? pages_ + page : pages_ + page + inner - bytes;
}
Guarded::~Guarded() { munmap(pages_, size_); }

namespace {

template <class T>
constexpr DType kDType = sizeof(T) == sizeof(float) ? DType::F32 : DType::F64;

template <class T>
Aligned<T> packed_weights(const std::vector<T>& plain, size_t k, size_t n, format::Layout layout) {
  Aligned<T> packed(format::packed_elements(layout, k, n));
  for (size_t i = 0; i < k; ++i) {
    for (size_t j = 0; j < n; ++j) {
      const size_t at = layout == format::Layout::Lanes16 ? (i / 16 * n + j) * 16 + i % 16
                                                          : (j / 16 * k + i) * 16 + j % 16;
      packed[at] = plain[i * n + j];
    }
  }
  return packed;
}

template <class T>
Aligned<T> packed_bias_of(const std::vector<T>& bias) {
  Aligned<T> packed(format::round_up(bias.size(), 16));
  for (size_t i = 0; i < bias.size(); ++i) packed[i] = bias[i];
  return packed;
}

template <class T>
void add_pairwise(std::vector<T>& sums) {
  for (size_t half = sums.size() / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) sums[i] += sums[i + half];
  }
}

}  // namespace

template <class T>
Layer<T>::Layer(Numbers& numbers, size_t k_, size_t n_, bool odd)
    : k(k_),
      n(n_),
      plain(numbers.many<T>(k * n, odd)),
      bias(numbers.many<T>(n, odd)),
      packed(packed_weights(plain, k, n, format::dense_order(k, n, kDType<T>).layout)),
      packed_bias(packed_bias_of(bias)),
      has_bias(numbers.below(4) != 0),
      order(format::dense_order(k, n, kDType<T>)) {
  if (!has_bias) bias.assign(n, T{0});
}

template <class T>
DenseLayer<T> Layer<T>::with(Act act) const {
  return {.w = packed.data(),
          .b = has_bias ? packed_bias.data() : nullptr,
          .k = k,
          .n = n,
          .order = order,
          .act = act,
          .alpha = T{0.1f},
          .beta = T{0.5f}};
}

template <class T>
T Layer<T>::canonical(const T* x, size_t column) const {
  const size_t chains = order.chains;
  if (order.layout == format::Layout::Panel16) {
    std::vector<T> sums(chains, T{0});
    sums[0] = bias[column];
    for (size_t i = 0; i < k; ++i) {
      sums[i % chains] = std::fma(x[i], plain[i * n + column], sums[i % chains]);
    }
    add_pairwise(sums);
    return sums[0];
  }
  std::vector<T> sums(chains * 16, T{0});
  sums[0] = bias[column];
  for (size_t i = 0; i < format::round_up(k, 16); ++i) {
    T& sum = sums[i / 16 % chains * 16 + i % 16];
    sum = i < k ? std::fma(x[i], plain[i * n + column], sum) : std::fma(T{0}, T{0}, sum);
  }
  add_pairwise(sums);  // the first halvings join chains, the last four the lanes of chain 0
  return sums[0];
}

template <class T>
double Layer<T>::unfused_bound(const T* x, size_t column) const {
  double sum = std::fabs(static_cast<double>(bias[column]));
  for (size_t i = 0; i < k; ++i) {
    sum += std::fabs(static_cast<double>(x[i]) * static_cast<double>(plain[i * n + column]));
  }
  const double unit = std::ldexp(1.0, sizeof(T) == 4 ? -24 : -53);
  const double underflow = static_cast<double>(k) * std::ldexp(1.0, sizeof(T) == 4 ? -149 : -1074);
  return 2.0 * (static_cast<double>(k) + 4) * unit * sum + underflow;
}

template float Numbers::odd<float>();
template double Numbers::odd<double>();
template std::vector<float> Numbers::many<float>(size_t, bool);
template std::vector<double> Numbers::many<double>(size_t, bool);
template class Aligned<float>;
template class Aligned<double>;
template class Aligned<uint8_t>;
template class Aligned<uint16_t>;
template class Aligned<int32_t>;
template struct Layer<float>;
template struct Layer<double>;

bool same(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
}

bool same(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

double ulps(double got, long double want) {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got) ? 0 : 1e30;
  if (std::isinf(got) && got == static_cast<double>(want)) return 0;
  // One step beyond the largest number is what infinity is worth here.
  const auto finite = [](long double v) {
    return std::isinf(static_cast<double>(v)) ? std::copysign(std::ldexp(1.0L, 1024), v) : v;
  };
  int exponent = 0;
  std::frexp(finite(want), &exponent);
  const long double unit = std::ldexp(1.0L, std::clamp(exponent - 53, -1074, 971));
  return static_cast<double>(std::fabs(finite(got) - finite(want)) / unit);
}

double ulps(float got, double want, double absolute) {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got) ? 0 : 1e30;
  const auto rounded = static_cast<float>(want);
  if (std::isinf(got) || std::isinf(rounded)) {
    // One step beyond the largest number is what infinity is worth here.
    if (got == rounded) return 0;
    const auto finite = [](double v) {
      return std::isinf(v) ? std::copysign(std::ldexp(1.0, 128), v) : v;
    };
    return std::fabs(finite(got) - finite(want)) / std::ldexp(1.0, 104);
  }
  // The unit of the truth's binade, put together from its exponent: this runs over all floats.
  constexpr uint64_t kExponent = uint64_t{0x7FF} << 52;
  const double binade = std::bit_cast<double>(std::bit_cast<uint64_t>(want) & kExponent);
  const double unit = std::max(binade, std::ldexp(1.0, -126)) * std::ldexp(1.0, -23);
  const double error = std::fabs(static_cast<double>(got) - want) - absolute;
  return std::max(error, 0.0) / unit;
}

}  // namespace mle::kernels::test
