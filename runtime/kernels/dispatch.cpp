// Asks the machine once which tables it can run.
// SPDX-License-Identifier: Apache-2.0
#include "runtime/kernels/tables.h"

#include <cstring>
#ifdef __x86_64__
#include <cpuid.h>
#endif

namespace mle::kernels {
namespace {

#ifdef MLE_HAS_AVX2
// Every processor with AVX2 has had it so far; not every compiler's builtin knows the name.
bool has_f16c() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#endif

#ifdef MLE_HAS_AVX512
bool has_avx512() noexcept {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("fma");
}
// Intel's processors multiply bf16 at half the speed of f32, AMD's at twice that.
bool has_fast_bf16_products() noexcept {
  return __builtin_cpu_supports("avx512bf16") && !__builtin_cpu_is("intel");
}
#endif

struct Available {
  const Table* tables[3];
  size_t count = 0;
  const Table* best;  // for whoever names none
#ifdef MLE_HAS_AVX512
  Table with_vnni = kAvx512, with_bf16;
#endif

  // The builtins look at what the operating system saves, too, not only at the processor. NEON is
  // on every AArch64 machine and nobody need ask.
  Available() noexcept {
#ifdef __x86_64__
    __builtin_cpu_init();
#endif
#ifdef MLE_HAS_AVX512
    if (has_avx512()) {
      with_vnni.dense_rows_i8 = dense_rows_i8_vnni;
      tables[count++] = __builtin_cpu_supports("avx512vnni") ? &with_vnni : &kAvx512;
    }
#endif
#ifdef MLE_HAS_AVX2
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c()) {
      tables[count++] = &kAvx2;
    }
#endif
#ifdef MLE_HAS_SSE2
    tables[count++] = &kSse2;
#endif
#ifdef MLE_HAS_NEON
    tables[count++] = &kNeon;
#endif
    best = tables[0];
#ifdef MLE_HAS_AVX512
    if (has_avx512() && has_fast_bf16_products()) {
      with_bf16 = *best;
      with_bf16.dense_rows_bf16 = dense_rows_bf16_products;
      best = &with_bf16;
    }
#endif
  }
};

const Available& available() noexcept {
  static const Available once;
  return once;
}

}  // namespace

Tables available_tables() noexcept { return {available().tables, available().count}; }

const Table* find_table(const char* name, size_t size) noexcept {
  if (size == 0) return available().best;
  const Tables tables = available_tables();
  for (size_t i = 0; i < tables.count; ++i) {
    const char* isa = tables.begin[i]->isa;
    if (std::strlen(isa) == size && std::memcmp(isa, name, size) == 0) return tables.begin[i];
  }
  return nullptr;
}

}  // namespace mle::kernels
