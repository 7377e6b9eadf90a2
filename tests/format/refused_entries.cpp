// Files with wrong entries, ports or golden rows. The MLP's entry has the input x (tensor 0) with
// three features and the output (tensor 3) with two labels.
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "tests/format/refusals.h"

namespace mle::testing {
namespace {

using namespace format::rule;
using fb::EntryT;
using fb::GoldenT;
using fb::PortT;

constexpr uint16_t kInput = 0, kHidden = 1, kOutput = 3;

template <class Change>
Refusal entry(int rule, const char* what, Change change) {
  return changed(rule, what, tiny_mlp, [change](TinyModel& m) { change(m.entry()); });
}

template <class Change>
Refusal golden(const char* what, Change change) {
  return changed(V64_Golden, what, tiny_mlp,
                 [change](TinyModel& m) { change(*m.model().goldens[0]); });
}

void copy_port(std::vector<std::unique_ptr<PortT>>& ports) {
  ports.push_back(std::make_unique<PortT>(*ports[0]));
}

// y = a + b, with entries "predict" {a, b → y} and "half" {a → z}, z = |a|.
TinyModel two_inputs() {
  TinyModel m;
  const uint16_t a = m.add_input("a", {2});
  const uint16_t b = m.add_input("b", {2});
  const uint16_t y = m.add_output("y", {2});
  const uint16_t z = m.add_output("z", {2});
  m.add_op(fb::OpKind::Binary, {a, b}, y).iattr = {0};
  m.add_op(fb::OpKind::Unary, {a}, z).act = fb::Act::Abs;
  m.add_entry("predict", {a, b}, {y});
  m.add_entry("half", {a}, {z});
  return m;
}

}  // namespace

std::vector<Refusal> entry_refusals() {
  return {
      entry(V32_Enum, "task 9", [](EntryT& e) { e.task = fb::Task(9); }),
      entry(V60_EntryIndex, "golden rows that are not there", [](EntryT& e) { e.golden = 1; }),
      entry(V60_EntryIndex, "an input that is no tensor",
            [](EntryT& e) { e.inputs[0]->tensor = 8; }),
      entry(V60_EntryIndex, "an output that is no tensor",
            [](EntryT& e) { e.outputs[0]->tensor = 65535; }),
      changed(V61_NoPorts, "no entry", tiny_mlp, [](TinyModel& m) { m.model().entries.clear(); }),
      entry(V61_NoPorts, "no input", [](EntryT& e) { e.inputs.clear(); }),
      entry(V61_NoPorts, "no output", [](EntryT& e) { e.outputs.clear(); }),
      entry(V62_PortPlace, "an output as input", [](EntryT& e) { e.inputs[0]->tensor = kOutput; }),
      entry(V62_PortPlace, "an input as output", [](EntryT& e) { e.outputs[0]->tensor = kInput; }),
      entry(V62_PortPlace, "an arena tensor as output",
            [](EntryT& e) { e.outputs[0]->tensor = kHidden; }),
      changed(V62_PortPlace, "an output nobody writes", tiny_mlp,
              [](TinyModel& m) { m.entry().outputs[0]->tensor = m.add_output("loose", {2}); }),
      entry(V62_PortPlace, "an input twice", [](EntryT& e) { copy_port(e.inputs); }),
      entry(V62_PortPlace, "an output twice", [](EntryT& e) { copy_port(e.outputs); }),
      changed(V62_PortPlace, "an output that needs an input of another entry", two_inputs,
              [](TinyModel& m) {
                m.op(1).kind = fb::OpKind::Binary;
                m.op(1).act = fb::Act::None;
                m.op(1).iattr = {0};
                m.op(1).inputs = {0, 1};
              }),
      changed(V62_PortPlace, "an output that needs it through another output", two_inputs,
              [](TinyModel& m) { m.op(1).inputs = {2}; }),
      changed(V63_PortNames, "two inputs of one name", two_inputs,
              [](TinyModel& m) { m.entry().inputs[1]->name = m.entry().inputs[0]->name; }),
      changed(V63_PortNames, "two outputs of one name", two_inputs,
              [](TinyModel& m) {
                copy_port(m.entry(0).outputs);
                m.entry(0).outputs[1]->tensor = 3;
              }),
      changed(V63_PortNames, "two entries of one name", two_inputs,
              [](TinyModel& m) { m.entry(1).name = m.entry(0).name; }),
      {V63_PortNames, "two entries of one name that lies in the pool twice",
       [] {
         return make_file(two_inputs(), [](fb::ProgramT& p) {
           const std::string_view name = "predict";
           p.strings.insert(p.strings.end(), name.begin(), name.end());
           p.strings_at.push_back(static_cast<uint32_t>(p.strings.size()));
           p.models[0]->entries[1]->name = static_cast<uint32_t>(p.strings_at.size() - 2);
         });
       }},
      entry(V63_PortNames, "an entry without a name", [](EntryT& e) { e.name = 0; }),
      entry(V63_PortNames, "an input without a name", [](EntryT& e) { e.inputs[0]->name = 0; }),
      entry(V63_PortNames, "an output without a name", [](EntryT& e) { e.outputs[0]->name = 0; }),
      entry(V63_PortNames, "two features for three columns",
            [](EntryT& e) { e.inputs[0]->features.pop_back(); }),
      entry(V63_PortNames, "three labels for two columns",
            [](EntryT& e) { e.outputs[0]->labels.push_back(0); }),
      entry(V63_PortNames, "smallest values for two of three columns",
            [](EntryT& e) { e.inputs[0]->fmin.assign(2, fb::Bits64(0, 0)); }),
      entry(V63_PortNames, "largest values for four of three columns",
            [](EntryT& e) { e.inputs[0]->fmax.assign(4, fb::Bits64(0, 0)); }),
      entry(V65_SourceRows, "a row of an output that is three rows of two columns",
            [](EntryT& e) { e.outputs[0]->source_rows = 3; }),
      entry(V66_Axes, "an output with axes before its own",
            [](EntryT& e) { e.outputs[0]->axes = fb::Axes::Leading; }),
      entry(V66_Axes, "a kind of axes that there is none of",
            [](EntryT& e) { e.inputs[0]->axes = static_cast<fb::Axes>(3); }),
      changed(V66_Axes, "axes before those of a whole model", tiny_whole,
              [](TinyModel& m) { m.entry().inputs[0]->axes = fb::Axes::Leading; }),
      entry(V67_Classes, "classes of an input",
            [](EntryT& e) { e.inputs[0]->classes.assign(2, 0); }),
      entry(V67_Classes, "classes of one of two columns",
            [](EntryT& e) {
              e.outputs[0]->classes.assign(2, 0);
              e.outputs[0]->class_counts.assign(1, 2);
            }),
      entry(V67_Classes, "more classes than its columns have",
            [](EntryT& e) {
              e.outputs[0]->classes.assign(4, 0);
              e.outputs[0]->class_counts = {2, 1};
            }),
      entry(V67_Classes, "counts of classes that are not there",
            [](EntryT& e) {
              e.outputs[0]->class_counts = {1, 1};
            }),
      entry(V67_Classes, "counts of classes that overflow",
            [](EntryT& e) {
              e.outputs[0]->class_counts = {~uint32_t{0}, 1};
            }),
      entry(V65_SourceRows, "a row that is no row of the source",
            [](EntryT& e) { e.outputs[0]->source_rows = 0; }),
      entry(V65_SourceRows, "a row of an input that is three rows of the source",
            [](EntryT& e) { e.inputs[0]->source_rows = 3; }),
      changed(V65_SourceRows, "rows of the source in a whole model", tiny_whole,
              [](TinyModel& m) {
                EntryT& e = m.entry();
                const auto& dims = m.model().tensors[e.outputs[0]->tensor]->dims;
                e.outputs[0]->source_rows = dims[0];
              }),
      golden("no rows", [](GoldenT& g) { g.rows = 0; }),
      golden("more rows than bytes", [](GoldenT& g) { g.rows = 2; }),
      golden("rows that overflow", [](GoldenT& g) { g.rows = ~uint32_t{0}; }),
      golden("a byte too few", [](GoldenT& g) { --g.inputs[0]->bytes; }),
      golden("an odd place", [](GoldenT& g) { g.inputs[0]->offset += 4; }),
      golden("behind the segment", [](GoldenT& g) { g.outputs[0]->offset += 1 << 20; }),
      golden("an end that overflows", [](GoldenT& g) { g.outputs[0]->offset = ~uint64_t{0} - 63; }),
      golden("a tensor that is not there", [](GoldenT& g) { g.inputs[0]->tensor = 99; }),
      golden("an answer to another tensor", [](GoldenT& g) { g.outputs[0]->tensor = 2; }),
      golden("no answer", [](GoldenT& g) { g.outputs.clear(); }),
      golden(
          "one port too many",
          [](GoldenT& g) { g.inputs.push_back(std::make_unique<fb::GoldenPortT>(*g.inputs[0])); }),
      golden("an infinite tolerance",
             [](GoldenT& g) { g.atol = std::make_unique<fb::Bits64>(0u, 0x7FF00000u); }),
      golden("a tolerance that is NaN",
             [](GoldenT& g) { g.rtol = std::make_unique<fb::Bits64>(1u, 0x7FF00000u); }),
      golden("a negative tolerance",
             [](GoldenT& g) { g.rtol = std::make_unique<fb::Bits64>(0u, 0xBFF00000u); }),
      changed(V64_Golden, "golden rows without their segment", tiny_mlp,
              [](TinyModel& m) { m.golden.clear(); }),
      changed(
          V64_Golden, "two rows of a whole model", tiny_whole,
          [](TinyModel& m) { m.add_golden(2, std::vector<float>(24), std::vector<float>(24)); }),
  };
}

}  // namespace mle::testing
