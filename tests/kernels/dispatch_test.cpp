// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/support.h"

#include <doctest/doctest.h>

#include <cstring>

namespace mle::kernels::test {
namespace {

template <class T>
bool is_complete(const FloatTable<T>& table) {
  bool complete = table.dense && table.select && table.scale && table.clip && table.softmax &&
                  table.log_softmax && table.argmax && table.canonical_nan;
  for (const auto unary : table.unary) complete = complete && unary;
  for (const auto binary : table.binary) complete = complete && binary;
  for (const auto compare : table.compare) complete = complete && compare;
  return complete;
}

TEST_CASE("kernels: every table is found by its name and has every kernel") {
  for (const Table* table : tables()) {
    CHECK(find_table(table->isa, std::strlen(table->isa)) == table);
    const bool complete = is_complete(table->f32) && is_complete(table->f64) && table->dense_f16 &&
                          table->dense_bf16 && table->dense_i8 && table->dense_rows_i8 &&
                          table->dense_rows_bf16;
    CHECK(complete);
  }
}

TEST_CASE("kernels: the best table comes first and stands for no name, the plain one last") {
  CHECK(std::strcmp(find_table("", 0)->isa, tables().front()->isa) == 0);
#ifdef __x86_64__
  CHECK(std::strcmp(tables().back()->isa, "sse2") == 0);
  CHECK(!tables().back()->fused);
#else
  CHECK(std::strcmp(tables().back()->isa, "neon") == 0);
  CHECK(tables().back()->fused);
#endif
}

TEST_CASE("kernels: an unknown name finds no table") {
  CHECK(find_table("avx", 3) == nullptr);
  CHECK(find_table("avx2x", 5) == nullptr);
  CHECK(find_table("AVX2", 4) == nullptr);
}

}  // namespace
}  // namespace mle::kernels::test
