// Entries, their ports and their names (V60 … V63, V65 … V67).
// SPDX-License-Identifier: Apache-2.0
#include "format/sort_indices.h"
#include "format/tensor_facts.h"
#include "format/validation.h"

#include <algorithm>
#include <bit>

namespace mle::format {
namespace {

// Walking back over an op that may lie anywhere in the program takes a few nanoseconds, where a
// step is meant to take one or two.
constexpr uint64_t kStepsPerOp = 4;

using Ports = flatbuffers::Vector<flatbuffers::Offset<fb::Port>>;
using Marks = Scratch<uint8_t>;  // per tensor

// Whose ports are checked.
struct Owner {
  const Validation& v;
  size_t index;
  const fb::Entry& entry;

  PartName name() const noexcept { return v.name_of("entry", index, entry.name()); }
};

// Names of things of one kind, compared as text. `string_of(i)` is a string index.
template <class StringOf>
Status check_distinct(Validation& v, const void* where, const char* kind, uint32_t count,
                      StringOf&& string_of) noexcept {
  Scratch<uint32_t> names;
  MLE_TRY(names.make(v, count));
  const auto rounds = static_cast<uint64_t>(std::bit_width(count));
  for (uint32_t i = 0; i < count; ++i) {
    names[i] = string_of(i);
    const size_t length = v.view.string(names[i]).size();
    if (length == 0) {
      return refuse(Code::Corrupt, rule::V63_PortNames, v.at(where), "%s %u of %u has no name",
                    kind, i, count);
    }
    MLE_TRY(v.spend((1 + length / 8) * rounds));
  }
  sort_indices({names.begin(), names.size()}, [&](uint32_t a, uint32_t b) {
    return a != b && v.view.string(a) < v.view.string(b);
  });
  for (uint32_t i = 1; i < count; ++i) {
    const auto name = v.view.string(names[i]);
    if (name != v.view.string(names[i - 1])) continue;
    return refuse(Code::Corrupt, rule::V63_PortNames, v.at(where),
                  "more than one %s is called '%.*s'", kind,
                  static_cast<int>(std::min<size_t>(name.size(), 200)), name.data());
  }
  return {};
}

Status check_columns(Validation& v, const fb::Port& port) noexcept {
  const uint64_t columns = column_count(v.tensors[port.tensor()]);
  const struct {
    const char* what;
    uint32_t count;
  } lists[] = {{"features", count_of(port.features())},
               {"labels", count_of(port.labels())},
               {"smallest values", count_of(port.fmin())},
               {"largest values", count_of(port.fmax())}};
  for (const auto& list : lists) {
    if (list.count == 0 || list.count == columns) continue;
    return refuse(Code::Corrupt, rule::V63_PortNames, v.at(&port), "%s: has %u %s for %llu columns",
                  v.tensor_name(port.tensor()).text, list.count, list.what, print(columns));
  }
  MLE_TRY(v.check_strings(port.features(), &port, "the features of a port"));
  MLE_TRY(v.check_strings(port.labels(), &port, "the labels of a port"));
  MLE_TRY(v.check_string(port.doc(), &port, "the doc of a port"));
  return v.check_string(port.unit(), &port, "the unit of a port");
}

// V65: where the source has several rows for one, they are the first axis of that one.
Status check_source_rows(Validation& v, const fb::Port& port, const TensorFacts& tensor) noexcept {
  const uint32_t rows = port.source_rows();
  if (rows == 1) return {};
  const bool fits = !tensor.dims.empty() && tensor.dims[0] == rows;
  if (fits && tensor.per_row && tensor.place == fb::Place::Output) return {};
  return refuse(Code::Corrupt, rule::V65_SourceRows, v.at(&port),
                "%s: a row of it cannot be %u rows of the source",
                v.tensor_name(port.tensor()).text, rows);
}

// V66: only rows of an input can be told in more ways than one.
Status check_axes(Validation& v, const fb::Port& port, const TensorFacts& tensor) noexcept {
  const fb::Axes axes = port.axes();
  if (axes == fb::Axes::AsDims) return {};
  const bool fits =
      (axes == fb::Axes::Flattened && tensor.dims.size() == 1) || axes == fb::Axes::Leading;
  if (fits && tensor.per_row && tensor.place == fb::Place::Input) return {};
  return refuse(Code::Corrupt, rule::V66_Axes, v.at(&port), "%s: cannot take axes of kind %u",
                v.tensor_name(port.tensor()).text, static_cast<unsigned>(axes));
}

// V67: what the values of an output are among.
Status check_classes(Validation& v, const fb::Port& port, const TensorFacts& tensor) noexcept {
  const uint32_t classes = count_of(port.classes()), counts = count_of(port.class_counts());
  MLE_TRY(v.check_strings(port.classes(), &port, "the classes of a port"));
  uint64_t sum = 0;
  MLE_TRY(v.spend(counts));
  for (uint32_t i = 0; i < counts; ++i) sum += port.class_counts()->Get(i);
  const bool counted = counts == 0 || (counts == column_count(tensor) && sum == classes);
  if (counted && (classes == 0 || tensor.place == fb::Place::Output)) return {};
  return refuse(Code::Corrupt, rule::V67_Classes, v.at(&port),
                "%s: has %u classes and says of %u columns how many are theirs",
                v.tensor_name(port.tensor()).text, classes, counts);
}

// V60, V62, V63, V65 … V67 for one port; `seen` has the tensors named so far.
Status check_port(Validation& v, const fb::Port& port, fb::Place place, const Writers& writers,
                  Marks& seen, const Owner& owner) noexcept {
  MLE_TRY(v.check_name(port.name(), &port, "a port"));
  const char* kind = place == fb::Place::Input ? "input" : "output";
  if (port.tensor() >= v.tensors.size()) {
    return refuse(Code::Corrupt, rule::V60_EntryIndex, v.at(&port),
                  "%s: an %s names tensor %u, the model has %zu", owner.name().text, kind,
                  unsigned{port.tensor()}, v.tensors.size());
  }
  const TensorFacts& tensor = v.tensors[port.tensor()];
  if (tensor.place != place) {
    return refuse(Code::Corrupt, rule::V62_PortPlace, v.at(&port), "%s: its %s is %s, an %s",
                  owner.name().text, kind, v.tensor_name(port.tensor()).text,
                  fb::EnumNamePlace(tensor.place));
  }
  if (place == fb::Place::Output && writers[port.tensor()] == kNoOp) {
    return refuse(Code::Corrupt, rule::V62_PortPlace, v.at(&port), "%s: no op writes its output %s",
                  owner.name().text, v.tensor_name(port.tensor()).text);
  }
  if (seen[port.tensor()] != 0) {
    return refuse(Code::Corrupt, rule::V62_PortPlace, v.at(&port), "%s: names %s twice",
                  owner.name().text, v.tensor_name(port.tensor()).text);
  }
  seen[port.tensor()] = 1;
  MLE_TRY(check_source_rows(v, port, tensor));
  MLE_TRY(check_axes(v, port, tensor));
  MLE_TRY(check_classes(v, port, tensor));
  return check_columns(v, port);
}

Status check_ports(Validation& v, const fb::Entry& entry, const Ports& ports, fb::Place place,
                   const Writers& writers, Marks& seen, const Owner& owner) noexcept {
  MLE_TRY(v.spend(uint64_t{ports.size()} * 2));
  for (uint32_t i = 0; i < ports.size(); ++i) {
    MLE_TRY(check_port(v, *ports.Get(i), place, writers, seen, owner));
  }
  return check_distinct(v, &entry, place == fb::Place::Input ? "input" : "output", ports.size(),
                        [&](uint32_t i) { return ports.Get(i)->name(); });
}

// V62: walks back from the entry's outputs; `marks` has its inputs and outputs set. Without this an
// op could read an input that the entry's caller never gave.
Status check_reach(Validation& v, const fb::Entry& entry, Marks& marks,
                   const Owner& owner) noexcept {
  const auto& ops = *v.model.ops();
  MLE_TRY(v.spend(kStepsPerOp * ops.size()));
  for (uint32_t i = ops.size(); i-- > 0;) {
    const fb::Op& op = *ops.Get(i);
    if (marks[op.outputs()->Get(0)] == 0) continue;
    MLE_TRY(v.spend(count_of(op.inputs())));
    for (const uint16_t t : span_of(op.inputs())) {
      if (v.tensors[t].place == fb::Place::Input && marks[t] == 0) {
        return refuse(Code::Corrupt, rule::V62_PortPlace, v.at(&entry),
                      "%s: its outputs depend on %s, which is none of its inputs",
                      owner.name().text, v.tensor_name(t).text);
      }
      marks[t] = 1;
    }
  }
  return {};
}

Status check_entry(Validation& v, size_t index, const fb::Entry& entry, const Writers& writers,
                   Marks& marks) noexcept {
  MLE_TRY(v.check_name(entry.name(), &entry, "an entry"));
  const Owner owner{v, index, entry};
  if (entry.task() > fb::Task::MAX) {
    return refuse(Code::Corrupt, rule::V32_Enum, v.at(&entry), "%s: %u is no task",
                  owner.name().text, static_cast<unsigned>(entry.task()));
  }
  if (entry.golden() != kNoGolden && entry.golden() >= count_of(v.model.goldens())) {
    return refuse(Code::Corrupt, rule::V60_EntryIndex, v.at(&entry),
                  "%s: names golden rows %u, the model has %u", owner.name().text, entry.golden(),
                  count_of(v.model.goldens()));
  }
  if (count_of(entry.inputs()) == 0 || count_of(entry.outputs()) == 0) {
    return refuse(Code::Corrupt, rule::V61_NoPorts, v.at(&entry), "%s: %u inputs and %u outputs",
                  owner.name().text, count_of(entry.inputs()), count_of(entry.outputs()));
  }
  MLE_TRY(v.spend(1 + marks.size() / 8));
  std::fill(marks.begin(), marks.end(), uint8_t{0});
  MLE_TRY(check_ports(v, entry, *entry.inputs(), fb::Place::Input, writers, marks, owner));
  MLE_TRY(check_ports(v, entry, *entry.outputs(), fb::Place::Output, writers, marks, owner));
  return check_reach(v, entry, marks, owner);
}

}  // namespace

Status check_entries(Validation& v, const Writers& writers) noexcept {
  const auto& entries = *v.model.entries();
  if (entries.size() == 0) {
    return refuse(Code::Corrupt, rule::V61_NoPorts, v.at(&v.model), "the model: has no entry");
  }
  Marks marks;
  MLE_TRY(marks.make(v, v.tensors.size()));
  MLE_TRY(v.spend(entries.size()));
  for (uint32_t i = 0; i < entries.size(); ++i) {
    MLE_TRY(check_entry(v, i, *entries.Get(i), writers, marks));
  }
  return check_distinct(v, &v.model, "entry", entries.size(),
                        [&](uint32_t i) { return entries.Get(i)->name(); });
}

}  // namespace mle::format
