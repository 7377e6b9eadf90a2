// Object headers: the messages that say what an object is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/hdf5/view.h"

#include <cstdint>
#include <vector>

namespace mle::compiler::hdf5 {

enum class MessageType : uint16_t {
  Dataspace = 1,
  LinkInfo = 2,
  Datatype = 3,
  Link = 6,
  Layout = 8,
  Filters = 11,
  Attribute = 12,
  Continuation = 16,
  SymbolTable = 17,
  AttributeInfo = 21,
};

struct Message {
  MessageType type = MessageType::Dataspace;
  uint8_t flags = 0;
  Bytes data;
  bool is_shared() const { return (flags & 2) != 0; }
};

// All messages of the object at that address, those of continuations included.
Result<std::vector<Message>> read_header(Bytes file, uint64_t address);

}  // namespace mle::compiler::hdf5
