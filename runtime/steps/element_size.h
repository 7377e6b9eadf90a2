// Code for elements that are moved, never looked at: one instance per size an element can have.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>

namespace mle::steps {

// One element of N bytes; a load and a store. 0: `bytes` of them.
template <size_t N>
void move_element(std::byte* to, const std::byte* from, [[maybe_unused]] size_t bytes) noexcept {
  std::memcpy(to, from, N == 0 ? bytes : N);
}

// visit.template operator()<N>() for elements of `bytes`, with N = 0 where no dtype has that size.
template <class Visit>
auto with_element_size(size_t bytes, Visit visit) noexcept {
  switch (bytes) {
    case 1: return visit.template operator()<1>();
    case 2: return visit.template operator()<2>();
    case 4: return visit.template operator()<4>();
    case 8: return visit.template operator()<8>();
    case 16: return visit.template operator()<16>();
    default: return visit.template operator()<0>();
  }
}

}  // namespace mle::steps
