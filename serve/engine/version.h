// Version: one loaded file that serves, with everything requests need of it. Immutable but for its
// counters and session pools. Catalog: all of them at one moment.
// Promise: a request that holds a Version may use it however often it is replaced meanwhile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/model.h>
#include <mle/session_pool.h>

#include "serve/engine/counters.h"
#include "serve/engine/lanes.h"
#include "serve/engine/model_file.h"
#include "serve/engine/ranges.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mle::serve {

// Sessions for one set of outputs, and what they take and give.
struct Plan {
  std::vector<TensorSpec> inputs, outputs;
  std::vector<Ranges> ranges;      // of the inputs; empty where the file has none at all
  bool row_wise = true;            // any number of rows; else one tensor per call
  bool rows_mix = false;           // an answer depends on all rows of its call: no company
  double call_ns = 0, row_ns = 0;  // measured: the first row of a call, each further one
  mutable SessionPool sessions;

  double estimate_ns(uint64_t rows) const noexcept {
    return call_ns + row_ns * static_cast<double>(rows > 0 ? rows - 1 : 0);
  }
};

struct Version {
  std::string model;
  uint64_t number = 1;
  FileMark mark;   // the file it was loaded from
  ModelFile file;  // its bytes, which `loaded` borrows
  Model loaded;
  bool unproven = false;    // the file carries no golden rows
  std::vector<Plan> plans;  // one per entry, the default first; with several entries one for all
  std::shared_ptr<Counters> counters;

  // Everything that can be asked for.
  const Plan& whole() const noexcept { return plans.back(); }
};

struct CatalogModel {
  std::vector<std::shared_ptr<const Version>> versions;  // ascending, never empty
  std::shared_ptr<Lane> lane;                            // its queue, kept over reloads
};

struct Catalog {
  std::map<std::string, CatalogModel, std::less<>> models;

  // Null where there is none. `version` "" means the newest.
  const CatalogModel* find(std::string_view model) const noexcept;
  static std::shared_ptr<const Version> find(const CatalogModel& model,
                                             std::string_view version) noexcept;
};

}  // namespace mle::serve
