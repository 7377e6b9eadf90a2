// For whom an archive is read: how a refusal is worded depends on it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/status.h>

#include "format/rules.h"

#include <string>
#include <string_view>

namespace mle::archive {

struct Voice {
  int rule;
  const char* zip;  // what the archive should have been
  const char* zip_hint;
  const char* npy_hint;
};

// Rows that a tool reads.
inline constexpr Voice kRows = {format::rule::T302_ReadRows, ".npz archive",
                                "write it again with numpy.savez or numpy.savez_compressed",
                                "write it again with numpy.save"};
// A source model.
inline constexpr Voice kModel = {format::rule::C204_Damaged, "archive", "save or copy it again",
                                 "save or copy it again"};

// A name from the file, cut short, with bytes that would steer a terminal replaced.
std::string shown(std::string_view name);

}  // namespace mle::archive
