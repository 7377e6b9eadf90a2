// One function per family of opcodes; the stack and the memo hold numbers of objects.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/pickle/machine.h"

#include "compiler/import/pickle/cursor.h"
#include "compiler/import/pickle/joblib_array.h"
#include "compiler/import/pickle/limits.h"
#include "compiler/import/pickle/opcodes.h"
#include "compiler/import/pickle/text_forms.h"
#include "format/rules.h"

#include <bit>
#include <set>

namespace mle::compiler::pickle {
namespace {

using enum format::rule::Rule;

class Machine {
 public:
  Machine(Pickle& pickle, Cursor& cursor, const Rules& rules, Problems& problems, int nesting)
      : pickle_(pickle), cursor_(cursor), rules_(rules), problems_(problems), nesting_(nesting) {}

  // Up to STOP; the object it leaves.
  Result<Id> run() {
    for (;;) {
      at_ = cursor_.at();
      const auto byte = cursor_.number(1);
      if (!byte) return damaged("it ends before its STOP");
      const auto opcode = static_cast<Opcode>(*byte);
      if (opcode == Opcode::Stop) {
        if (stack_.size() != 1 || !marks_.empty())
          return damaged("STOP leaves more than one object");
        return stack_.back();
      }
      MLE_TRY(step(opcode));
      if (pickle_.size() > kMaxObjects || references_ > kMaxReferences)
        return error(Code::Unsupported, C216_LimitReached, at_, "save the fitted model alone",
                     "the pickle holds more than %zu objects", kMaxObjects);
    }
  }

 private:
  Status damaged(const char* what) const {
    return error(Code::Corrupt, C204_Damaged, at_, "save or copy it again",
                 "the pickle is damaged at byte %zu: %s", at_, what);
  }
  Status refused(const char* opcode) const {
    return error(Code::Unsupported, C205_UnsupportedOp, at_,
                 "save the fitted model with pickle, protocol 2 to 5, or with joblib",
                 "the pickle uses %s, which no saved model needs", opcode);
  }

  Status push(Object object) {
    stack_.push_back(pickle_.add(object));
    return {};
  }
  Status push(Kind kind, std::vector<Id> items = {}) {
    references_ += items.size();
    stack_.push_back(pickle_.add(kind, std::move(items)));
    return {};
  }
  Status push_integer(int64_t value, Kind kind = Kind::Integer) {
    Object object;
    object.kind = kind;
    object.integer = value;
    return push(object);
  }
  Status push_real(double value) {
    Object object;
    object.kind = Kind::Real;
    object.real = value;
    return push(object);
  }
  Status push_text(Kind kind, std::string_view text) {
    Object object;
    object.kind = kind;
    object.text = text;
    return push(object);
  }

  // Objects above the last mark, or above the bottom of this pickle's stack.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  bool has(size_t count) const { return stack_.size() >= floor() + count; }
  Id pop() {
    const Id id = stack_.back();
    stack_.pop_back();
    return id;
  }
  // Everything above the last mark, which goes too.
  Status pop_mark(std::vector<Id>& items) {
    if (marks_.empty()) return damaged("there is no mark");
    items.assign(stack_.begin() + static_cast<ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return {};
  }

  Status step(Opcode opcode);
  Status step_number(Opcode opcode);
  Status step_text(Opcode opcode);
  Status step_container(Opcode opcode);
  Status step_memo(Opcode opcode);
  Status step_object(Opcode opcode);

  Status counted_text(size_t width, Kind kind);
  Status old_text(size_t width);
  Status big_integer(uint64_t bytes);
  Status append(bool pairs, std::span<const Id> items);
  Status tuple_of(size_t count);
  Status name(std::string_view module, std::string_view name);
  Status persistent(Id asked);
  Status call(Id callee, Id arguments);
  Status build();
  Status remember(uint64_t index);
  Status recall(uint64_t index);

  Pickle& pickle_;
  Cursor& cursor_;
  const Rules& rules_;
  Problems& problems_;
  int nesting_;
  size_t at_ = 0;
  size_t references_ = 0;
  std::vector<Id> stack_, memo_;
  std::vector<size_t> marks_;
  std::set<std::string> refused_names_;
};

Status Machine::step(Opcode opcode) {
  switch (opcode) {
    case Opcode::Proto: {
      const auto protocol = cursor_.number(1);
      if (!protocol || *protocol > kNewestProtocol) return damaged("it names no known protocol");
      return {};
    }
    case Opcode::Frame:  // only a hint for readers of streams; joblib's arrays lie across it
      return cursor_.number(8) ? Status() : damaged("it ends within a FRAME");
    case Opcode::None: return push(Object());
    case Opcode::NewTrue: return push_integer(1, Kind::Bool);
    case Opcode::NewFalse: return push_integer(0, Kind::Bool);
    case Opcode::Mark: marks_.push_back(stack_.size()); return {};
    case Opcode::Pop:
      if (!has(1)) {  // as in CPython: a POP with nothing above the mark takes the mark
        std::vector<Id> none;
        return pop_mark(none);
      }
      pop();
      return {};
    case Opcode::PopMark: {
      std::vector<Id> dropped;
      return pop_mark(dropped);
    }
    case Opcode::Dup:
      if (!has(1)) return damaged("DUP of nothing");
      stack_.push_back(stack_.back());
      return {};
    case Opcode::Inst: return refused("INST");
    case Opcode::Obj: return refused("OBJ");
    case Opcode::Ext1:
    case Opcode::Ext2:
    case Opcode::Ext4: return refused("an EXT code");
    case Opcode::NextBuffer:
    case Opcode::ReadOnlyBuffer: return refused("a buffer outside the file");
    default: return step_number(opcode);
  }
}

Status Machine::step_number(Opcode opcode) {
  switch (opcode) {
    case Opcode::Int: {
      const auto line = cursor_.line(kMaxLine);
      if (line == "00" || line == "01") return push_integer(*line == "01", Kind::Bool);
      const auto value = line ? parse_integer(*line) : std::nullopt;
      return value ? push_integer(*value) : damaged("INT without an integer");
    }
    case Opcode::Long: {
      const auto line = cursor_.line(kMaxLine);
      if (const auto value = line ? parse_integer(*line) : std::nullopt)
        return push_integer(*value);
      if (line && is_integer(*line)) return push_text(Kind::Huge, *line);
      return damaged("LONG without an integer");
    }
    case Opcode::Float: {
      const auto line = cursor_.line(kMaxLine);
      const auto value = line ? parse_real(*line) : std::nullopt;
      return value ? push_real(*value) : damaged("FLOAT without a number");
    }
    case Opcode::BinInt: {
      const auto value = cursor_.number(4);
      return value ? push_integer(static_cast<int32_t>(*value))
                   : damaged("it ends within a number");
    }
    case Opcode::BinInt1:
    case Opcode::BinInt2: {
      const auto value = cursor_.number(opcode == Opcode::BinInt1 ? 1 : 2);
      return value ? push_integer(static_cast<int64_t>(*value))
                   : damaged("it ends within a number");
    }
    case Opcode::BinFloat: {
      const auto value = cursor_.number(8);  // big-endian
      if (!value) return damaged("it ends within a number");
      return push_real(std::bit_cast<double>(__builtin_bswap64(*value)));
    }
    case Opcode::Long1:
    case Opcode::Long4: {
      const auto bytes = cursor_.number(opcode == Opcode::Long1 ? 1 : 4);
      return bytes ? big_integer(*bytes) : damaged("it ends within a number");
    }
    default: return step_text(opcode);
  }
}

Status Machine::big_integer(uint64_t count) {
  const auto bytes = cursor_.take(count);
  if (!bytes) return damaged("an integer longer than the file");
  if (count > sizeof(int64_t))
    return push_text(Kind::Huge, {reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  const bool negative = count > 0 && std::to_integer<int>(bytes->back()) >= 0x80;
  uint64_t value = negative ? ~uint64_t{0} : 0;
  if (count > 0) std::memcpy(&value, bytes->data(), bytes->size());
  return push_integer(static_cast<int64_t>(value));
}

Status Machine::counted_text(size_t width, Kind kind) {
  const auto count = cursor_.number(width);
  const auto bytes = count ? cursor_.take(*count) : std::nullopt;
  if (!bytes) return damaged("a text longer than the file");
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (kind == Kind::Text && !is_utf8(text)) return damaged("a text that is not UTF-8");
  return push_text(kind, text);
}

// Python 2's strings: text where they are ASCII, and whoever wants bytes takes either.
Status Machine::old_text(size_t width) {
  MLE_TRY(counted_text(width, Kind::Bytes));
  Object& made = pickle_.at(stack_.back());
  if (is_ascii(made.text)) made.kind = Kind::Text;
  return {};
}

Status Machine::step_text(Opcode opcode) {
  switch (opcode) {
    case Opcode::ShortBinUnicode: return counted_text(1, Kind::Text);
    case Opcode::BinUnicode: return counted_text(4, Kind::Text);
    case Opcode::BinUnicode8: return counted_text(8, Kind::Text);
    case Opcode::ShortBinBytes: return counted_text(1, Kind::Bytes);
    case Opcode::BinBytes: return counted_text(4, Kind::Bytes);
    case Opcode::BinBytes8:
    case Opcode::ByteArray8: return counted_text(8, Kind::Bytes);
    case Opcode::ShortBinString: return old_text(1);
    case Opcode::BinString: return old_text(4);
    case Opcode::String: {
      const auto line = cursor_.line(kMaxLine);
      auto text = line ? parse_quoted(*line) : std::nullopt;
      if (!text) return damaged("STRING without a quoted text");
      const Kind kind = is_ascii(*text) ? Kind::Text : Kind::Bytes;
      return push_text(kind, pickle_.keep(*std::move(text)));
    }
    case Opcode::Unicode: {
      const auto line = cursor_.line(cursor_.left());
      auto text = line ? parse_unicode(*line) : std::nullopt;
      if (!text) return damaged("UNICODE without a text");
      return push_text(Kind::Text, pickle_.keep(*std::move(text)));
    }
    default: return step_container(opcode);
  }
}

Status Machine::tuple_of(size_t count) {
  if (!has(count)) return damaged("a tuple of more than there is");
  std::vector<Id> items(stack_.end() - static_cast<ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  return push(Kind::Tuple, std::move(items));
}

// Items go to the container, or to the call that will have made one, on top of the stack.
Status Machine::append(bool pairs, std::span<const Id> items) {
  if (!has(1)) return damaged("items for no container");
  const Kind kind = pickle_.at(stack_.back()).kind;
  const bool fits =
      kind == Kind::Call || (pairs ? kind == Kind::Dict : kind == Kind::List || kind == Kind::Set);
  if (!fits || (pairs && items.size() % 2 != 0))
    return damaged("items for something that takes none");
  std::vector<Id>& list = pickle_.list(stack_.back());
  list.insert(list.end(), items.begin(), items.end());
  references_ += items.size();
  return {};
}

Status Machine::step_container(Opcode opcode) {
  std::vector<Id> items;
  switch (opcode) {
    case Opcode::EmptyTuple: return push(Kind::Tuple);
    case Opcode::Tuple1: return tuple_of(1);
    case Opcode::Tuple2: return tuple_of(2);
    case Opcode::Tuple3: return tuple_of(3);
    case Opcode::Tuple: MLE_TRY(pop_mark(items)); return push(Kind::Tuple, std::move(items));
    case Opcode::EmptyList: return push(Kind::List);
    case Opcode::List: MLE_TRY(pop_mark(items)); return push(Kind::List, std::move(items));
    case Opcode::EmptySet: return push(Kind::Set);
    case Opcode::FrozenSet: MLE_TRY(pop_mark(items)); return push(Kind::Set, std::move(items));
    case Opcode::EmptyDict: return push(Kind::Dict);
    case Opcode::Dict:
      MLE_TRY(pop_mark(items));
      if (items.size() % 2 != 0) return damaged("a dict with a key without a value");
      return push(Kind::Dict, std::move(items));
    case Opcode::Append:
    case Opcode::SetItem: {
      const size_t count = opcode == Opcode::Append ? 1 : 2;
      if (!has(count + 1)) return damaged("items for no container");
      items.assign(stack_.end() - static_cast<ptrdiff_t>(count), stack_.end());
      stack_.resize(stack_.size() - count);
      return append(opcode == Opcode::SetItem, items);
    }
    case Opcode::Appends:
    case Opcode::AddItems:
    case Opcode::SetItems:
      MLE_TRY(pop_mark(items));
      return append(opcode == Opcode::SetItems, items);
    default: return step_memo(opcode);
  }
}

// Writers number their memo in order; tools that drop what is never asked for leave gaps.
Status Machine::remember(uint64_t index) {
  if (!has(1)) return damaged("PUT of nothing");
  if (index > memo_.size() + kMaxMemoGap) return damaged("PUT beyond the memo");
  if (index >= memo_.size()) memo_.resize(static_cast<size_t>(index) + 1, kNoObject);
  memo_[static_cast<size_t>(index)] = stack_.back();
  return {};
}

Status Machine::recall(uint64_t index) {
  if (index >= memo_.size() || memo_[static_cast<size_t>(index)] == kNoObject)
    return damaged("GET of what was never PUT");
  stack_.push_back(memo_[static_cast<size_t>(index)]);
  return {};
}

Status Machine::step_memo(Opcode opcode) {
  const auto width = [&]() -> size_t {
    return opcode == Opcode::BinPut || opcode == Opcode::BinGet ? 1 : 4;
  };
  switch (opcode) {
    case Opcode::Memoize: return remember(memo_.size());
    case Opcode::BinPut:
    case Opcode::LongBinPut: {
      const auto index = cursor_.number(width());
      return index ? remember(*index) : damaged("it ends within PUT");
    }
    case Opcode::BinGet:
    case Opcode::LongBinGet: {
      const auto index = cursor_.number(width());
      return index ? recall(*index) : damaged("it ends within GET");
    }
    case Opcode::Put:
    case Opcode::Get: {
      const auto line = cursor_.line(kMaxLine);
      const auto index = line ? parse_integer(*line) : std::nullopt;
      if (!index || *index < 0) return damaged("PUT or GET without a number");
      const auto place = static_cast<uint64_t>(*index);
      return opcode == Opcode::Put ? remember(place) : recall(place);
    }
    default: return step_object(opcode);
  }
}

Status Machine::name(std::string_view module, std::string_view name) {
  std::string both(module);
  both += '\n';
  both += name;
  if (!rules_.knows(module, name) && refused_names_.insert(both).second)
    problems_.add(
        Code::Unsupported, C205_UnsupportedOp, "",
        "the pickle speaks of '" + printable(module) + "." + printable(name) +
            "', which is not among the things models are made of; nothing was executed",
        "if it is a class of your own, convert the parts it is made of; a pickle you did not "
        "expect this in may be an attack");
  return push_text(Kind::Global, pickle_.keep(std::move(both)));
}

// Before version 1.6 PyTorch told the class of a module with its source text, as a persistent id:
// the class alone is meant.
Status Machine::persistent(Id asked) {
  const auto items = pickle_.items(asked);
  const bool is_class = items.size() >= 2 && pickle_.at(items[0]).kind == Kind::Text &&
                        pickle_.text(items[0]) == "module" &&
                        pickle_.at(items[1]).kind == Kind::Global;
  if (!is_class) return push(Kind::Persistent, {asked});
  stack_.push_back(items[1]);
  return {};
}

Status Machine::call(Id callee, Id arguments) {
  if (pickle_.at(callee).kind != Kind::Global) return refused("a call of something without a name");
  if (pickle_.at(arguments).kind != Kind::Tuple) return damaged("a call without arguments");
  const std::span<const Id> given = pickle_.items(arguments);
  const bool remakes = pickle_.is_global(callee, "copyreg", "_reconstructor") ||
                       pickle_.is_global(callee, "copy_reg", "_reconstructor");
  if (remakes && !given.empty() && pickle_.at(given[0]).kind == Kind::Global) {
    // How protocols 0 and 1 make an object of a class; others name the class.
    std::vector<Id> made = {given[0], kNoObject};
    // The content of a subclass of dict or list.
    if (given.size() == 3 &&
        (pickle_.at(given[2]).kind == Kind::Dict || pickle_.at(given[2]).kind == Kind::List)) {
      const std::span<const Id> content = pickle_.items(given[2]);
      made.insert(made.end(), content.begin(), content.end());
    }
    if (given.size() == 3 && pickle_.at(given[2]).kind == Kind::Tuple) {
      made[1] = given[2];  // the content of one of tuple, which others are made with
    } else {
      MLE_TRY(push(Kind::Tuple));
      made[1] = pop();
    }
    return push(Kind::Call, std::move(made));
  }
  return push(Kind::Call, {callee, arguments});
}

Status Machine::build() {
  if (!has(2)) return damaged("BUILD of nothing");
  const Id state = pop();
  const Id target = stack_.back();
  if (pickle_.at(target).kind != Kind::Call) return damaged("BUILD of something that was not made");
  pickle_.at(target).state = state;
  if (!rules_.joblib_arrays || !is_joblib_array(pickle_, target)) return {};
  MLE_TRY_ASSIGN(RawArray array, read_joblib_array(pickle_, target, cursor_));
  if (has_objects(pickle_, array)) {
    if (nesting_ >= kMaxNesting) return damaged("pickles within pickles");
    Machine inner(pickle_, cursor_, rules_, problems_, nesting_ + 1);
    MLE_TRY_ASSIGN(array.objects, inner.run());
  }
  if (pickle_.array_count() >= kMaxArrays) return damaged("too many arrays");
  pickle_.become_array(target, std::move(array));
  return {};
}

Status Machine::step_object(Opcode opcode) {
  switch (opcode) {
    case Opcode::Global: {
      const auto module = cursor_.line(kMaxLine);
      const auto member = module ? cursor_.line(kMaxLine) : std::nullopt;
      return member ? name(*module, *member) : damaged("GLOBAL without two names");
    }
    case Opcode::StackGlobal: {
      if (!has(2)) return damaged("STACK_GLOBAL without two names");
      const Object& member = pickle_.at(pop());
      const Object& module = pickle_.at(pop());
      if (member.kind != Kind::Text || module.kind != Kind::Text)
        return damaged("STACK_GLOBAL without two names");
      return name(module.text, member.text);
    }
    case Opcode::Reduce:
    case Opcode::NewObj: {
      if (!has(2)) return damaged("a call without a callee");
      const Id arguments = pop();
      return call(pop(), arguments);
    }
    case Opcode::NewObjEx: {
      if (!has(3)) return damaged("a call without a callee");
      if (!pickle_.items(pop()).empty()) return refused("named arguments of a constructor");
      const Id arguments = pop();
      return call(pop(), arguments);
    }
    case Opcode::Build: return build();
    case Opcode::PersId: {
      const auto line = cursor_.line(kMaxLine);
      if (!rules_.persistent || !line) return refused("a persistent id");
      MLE_TRY(push_text(Kind::Text, *line));
      return push(Kind::Persistent, {pop()});
    }
    case Opcode::BinPersId:
      if (!rules_.persistent) return refused("a persistent id");
      if (!has(1)) return damaged("a persistent id of nothing");
      return persistent(pop());
    default: break;
  }
  return damaged("there is no such opcode");
}

}  // namespace

std::string printable(std::string_view name) {
  constexpr size_t kMost = 80;
  std::string text;
  for (const char c : name.substr(0, kMost)) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return name.size() > kMost ? text + "…" : text;
}

Result<Pickle> unpickle(std::span<const std::byte> bytes, const Rules& rules, Problems& problems,
                        size_t* used) {
  Pickle pickle;
  Cursor cursor(bytes);
  Machine machine(pickle, cursor, rules, problems, 0);
  MLE_TRY_ASSIGN(pickle.root, machine.run());
  if (used != nullptr) *used = cursor.at();
  return pickle;
}

}  // namespace mle::compiler::pickle
