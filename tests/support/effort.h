// How much a test tries. With MLE_TEST_BRIEF in the environment tests take small shapes and few
// rounds, for processors that are emulated; everybody else has all of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>

namespace mle::testing {

template <class T>
T effort(T full, T brief) {
  static const bool is_brief = std::getenv("MLE_TEST_BRIEF") != nullptr;
  return is_brief ? brief : full;
}

}  // namespace mle::testing
