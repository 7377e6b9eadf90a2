// NumPy's .npy format, versions 1 to 3: a header in a fixed grammar, then raw elements.
// Promise: hostile bytes give an error; a parsed array's bytes are exactly those its shape needs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>
#include <mle/tensor.h>

#include "compiler/import/archive/voice.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mle::archive {

enum class NpyKind : uint8_t { Float, Int, UInt, Bool, Unicode };

// A view into the bytes it was parsed from.
struct NpyArray {
  NpyKind kind = NpyKind::Float;
  uint32_t item_bytes = 0;  // Unicode: four per character
  bool big_endian = false;
  bool fortran_order = false;
  std::vector<uint64_t> shape;
  uint64_t count = 0;                // elements
  std::span<const std::byte> bytes;  // count * item_bytes
};

inline constexpr uint64_t kMaxNpyHeader = 65536;
inline constexpr size_t kMaxNpyRank = 32;

// True where the bytes begin as an .npy file does.
bool is_npy(std::span<const std::byte> bytes);

// Kinds b1, i1…i8, u1…u8, f2, f4, f8 and U of either byte order. Python objects are never read.
Result<NpyArray> parse_npy(std::span<const std::byte> bytes, const Voice& voice = kRows);

// The same in two steps, for arrays that are not in memory as a whole. How long the header is, from
// the first kNpyHeadBytes bytes of the file; then the array from exactly the header and the number
// of bytes that follow it, with `bytes` left empty.
inline constexpr size_t kNpyHeadBytes = 12;
Result<size_t> npy_header_bytes(std::span<const std::byte> head, const Voice& voice = kRows);
Result<NpyArray> parse_npy_header(std::span<const std::byte> header, uint64_t element_bytes,
                                  const Voice& voice = kRows);

// "<f4" and the like; what the file called it.
std::string type_text(const NpyArray& array);
// "(64, 24)".
std::string shape_text(std::span<const uint64_t> shape);

// The header of a C-ordered array, a multiple of 64 bytes long. `descr` as type_text() has it.
std::string npy_header(const std::string& descr, std::span<const uint64_t> shape);
// The descr of a numeric dtype; bf16, which NumPy does not know, is written as its bits, "<u2".
const char* npy_descr(DType dtype);

}  // namespace mle::archive
