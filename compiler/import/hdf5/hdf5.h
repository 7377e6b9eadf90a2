// Reads HDF5 files as Keras writes them: groups, contiguous numeric datasets and attributes of
// strings. Nothing else is understood: no links to other files, no filters, no user-defined types.
// Promise: every address and length is checked against the file before it is followed, whatever is
// visited is counted, and no path is ever opened.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/import/network/weights.h"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mle::compiler::hdf5 {

bool is_hdf5(std::span<const std::byte> bytes);

// A group or a dataset.
struct Node {
  std::map<std::string, Node, std::less<>> children;
  std::map<std::string, std::vector<std::string>, std::less<>> attributes;  // of strings
  std::optional<network::WeightTensor> dataset;  // its bytes lie in the file
  std::string unread;                            // why a dataset is not there although there is one

  // The child, or its child and so on: "dense/vars/0". Null where there is none.
  const Node* find(std::string_view path) const;
  // The one string of an attribute; nothing where there is none, or a list.
  std::optional<std::string> text(std::string_view attribute) const;
};

// The whole tree below the root. The owner keeps the bytes.
Result<Node> read_tree(std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

}  // namespace mle::compiler::hdf5
