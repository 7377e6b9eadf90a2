// What a pickle says, as objects that name each other by number. Nothing is called, so a callee is
// a name and a call is a note that somebody wanted one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mle::compiler::pickle {

using Id = uint32_t;
inline constexpr Id kNoObject = ~Id{0};

enum class Kind : uint8_t {
  None,
  Bool,     // integer: 0 or 1
  Integer,  // of 64 bits
  Huge,     // an integer beyond that; text has its bytes, little-endian, two's complement, or, of
            // protocols 0 and 1, its digits
  Real,
  Text,   // UTF-8
  Bytes,  // text has them
  Tuple,
  List,
  Set,
  Dict,    // items: key, value, key, value …
  Global,  // text: "module\nname"
  Call,  // items: callee, arguments (a Tuple), then what was appended: elements, or keys and values
  Persistent,  // items: what the persistent load was asked for
  Array,       // joblib's: integer is its number in the Pickle
};

// Kept small: a file of n bytes makes up to n of them.
struct Object {
  Kind kind = Kind::None;
  uint32_t list = ~uint32_t{0};  // its items, where it has any
  Id state = kNoObject;          // of a Call: what BUILD gave it
  int64_t integer = 0;
  double real = 0;
  std::string_view text;
};

// Raw elements that lie in the stream behind the object that describes them.
struct RawArray {
  Id dtype = kNoObject;
  std::vector<uint64_t> shape;
  bool fortran = false;
  std::span<const std::byte> bytes;
  Id objects = kNoObject;  // a List, where the elements are objects
};

// All objects of one pickle. Objects may share others and form circles: whoever follows references
// bounds the way himself. Texts point into the file or into this.
class Pickle {
 public:
  Id root = kNoObject;

  size_t size() const { return objects_.size(); }
  const Object& at(Id id) const { return objects_[id]; }
  Object& at(Id id) { return objects_[id]; }
  std::span<const Id> items(Id id) const;

  Id add(Object object);
  Id add(Kind kind, std::vector<Id> items);
  std::vector<Id>& list(Id id) { return lists_[objects_[id].list]; }
  std::string_view keep(std::string text);
  // The object becomes that array, for all who name it.
  void become_array(Id id, RawArray array);
  const RawArray& array(Id id) const { return arrays_[static_cast<size_t>(objects_[id].integer)]; }
  size_t array_count() const { return arrays_.size(); }

  // "numpy.float64" of a Global, and of the callee of a Call; "" for everything else.
  std::string name_of(Id id) const;
  // A Global with that module and name?
  bool is_global(Id id, std::string_view module, std::string_view name) const;
  // Arguments of a Call.
  std::span<const Id> arguments(Id id) const;
  // Keys and values of a Dict, or of a Call that was given items (an OrderedDict).
  std::span<const Id> pairs(Id id) const;
  // The value of a text key in pairs(), the last where it is there twice.
  std::optional<Id> find(Id id, std::string_view key) const;
  // In the state of a Call: where it is a dict, or a pair of a dict or None and a dict.
  std::optional<Id> attribute(Id id, std::string_view name) const;
  bool is_none(Id id) const { return at(id).kind == Kind::None; }
  std::string_view text(Id id) const { return at(id).text; }

 private:
  std::vector<Object> objects_;
  std::deque<std::vector<Id>> lists_;
  std::deque<std::string> texts_;
  std::deque<RawArray> arrays_;
};

}  // namespace mle::compiler::pickle
