// SHA-256 (FIPS 180-4): the identity of a source file, as sha256sum prints it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace mle::compiler {

std::array<std::byte, 32> sha256(std::span<const std::byte> bytes);

}  // namespace mle::compiler
