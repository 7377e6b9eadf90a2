// Files whose program is no program, or is built to be expensive.
// SPDX-License-Identifier: Apache-2.0
#include "format/rules.h"
#include "tests/format/refusals.h"

#include <cstring>

namespace mle::testing {
namespace {

using namespace format::rule;
using fb::ProgramT;
using flatbuffers::Offset;

Refusal edited(int rule, const char* what, std::function<void(ProgramT&)> edit) {
  return {rule, what, [edit] { return make_file(tiny_mlp(), edit); }};
}

// The program of a model with its bytes changed.
Refusal bytes_changed(int rule, const char* what, void (*change)(std::span<uint8_t>)) {
  return {
      rule, what, [change] {
        flatbuffers::FlatBufferBuilder builder;
        const ProgramT program = finished_program(tiny_whole());
        builder.Finish(fb::Program::Pack(builder, &program), fb::ProgramIdentifier());
        change({builder.GetBufferPointer(), builder.GetSize()});
        return make_file(std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize())));
      }};
}

// The verifier allows one table per eight bytes; within that, tables may be shared.
// A program whose tables are referred to many times: small to store, large to walk.
struct Aliases {
  uint32_t tensors = 1;   // times each tensor
  uint32_t entries = 1;   // times the entry
  uint32_t features = 0;  // of the entry's input
  uint32_t filler = 0;    // bytes of a string: a larger program may have more tables
};

AlignedBytes aliased(const Aliases& times) {
  ProgramT program = finished_program(tiny_whole());
  program.strings.resize(program.strings.size() + times.filler, 'x');
  program.strings_at.push_back(static_cast<uint32_t>(program.strings.size()));
  fb::ModelT& model = *program.models[0];
  model.entries[0]->inputs[0]->features.assign(times.features, 0);
  model.tensors[0]->dims = {1, times.features == 0 ? 1 : times.features};
  model.tensors[1]->dims = model.tensors[0]->dims;

  flatbuffers::FlatBufferBuilder builder;
  std::vector<Offset<fb::Tensor>> tensors;
  for (const auto& tensor : model.tensors) tensors.push_back(CreateTensor(builder, tensor.get()));
  tensors.resize(tensors.size() + times.tensors - 1, tensors[0]);
  std::vector<Offset<fb::Op>> ops = {CreateOp(builder, model.ops[0].get())};
  const std::vector<Offset<fb::Entry>> entries(times.entries,
                                               CreateEntry(builder, model.entries[0].get()));
  const auto made = fb::CreateModelDirect(builder, 0, 0, 0, 0, 0, 0, 64, &tensors, &ops, &entries);
  const std::vector<Offset<fb::Model>> models = {made};
  builder.Finish(
      fb::CreateProgramDirect(builder, 0, &program.strings_at, &program.strings, &models),
      fb::ProgramIdentifier());
  return make_file(std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize())));
}

void add_string(ProgramT& program, std::string_view text) {
  program.strings.insert(program.strings.end(), text.begin(), text.end());
  program.strings_at.push_back(static_cast<uint32_t>(program.strings.size()));
}

uint32_t last_string(const ProgramT& program) {
  return static_cast<uint32_t>(program.strings_at.size() - 2);
}

constexpr uint32_t kNoString = 1000000;

fb::SourceT& source_of(ProgramT& program) {
  program.models[0]->source = std::make_unique<fb::SourceT>();
  return *program.models[0]->source;
}

// Every place of the program that names a string.
std::vector<Refusal> wrong_string_indices() {
  using Edit = void (*)(ProgramT&);
  const std::pair<const char*, Edit> places[] = {
      {"name of a tensor", [](ProgramT& p) { p.models[0]->tensors[3]->name = kNoString; }},
      {"name of an op", [](ProgramT& p) { p.models[0]->ops[1]->name = kNoString; }},
      {"name of the model", [](ProgramT& p) { p.models[0]->name = kNoString; }},
      {"version of the model", [](ProgramT& p) { p.models[0]->version = kNoString; }},
      {"license", [](ProgramT& p) { p.models[0]->license = kNoString; }},
      {"author", [](ProgramT& p) { p.models[0]->author = kNoString; }},
      {"doc of the model", [](ProgramT& p) { p.models[0]->doc = kNoString; }},
      {"name of an entry", [](ProgramT& p) { p.models[0]->entries[0]->name = kNoString; }},
      {"name of a port", [](ProgramT& p) { p.models[0]->entries[0]->inputs[0]->name = kNoString; }},
      {"feature", [](ProgramT& p) { p.models[0]->entries[0]->inputs[0]->features[1] = kNoString; }},
      {"label", [](ProgramT& p) { p.models[0]->entries[0]->outputs[0]->labels[1] = kNoString; }},
      {"doc of a port", [](ProgramT& p) { p.models[0]->entries[0]->inputs[0]->doc = kNoString; }},
      {"unit of a port",
       [](ProgramT& p) { p.models[0]->entries[0]->outputs[0]->unit = kNoString; }},
      {"name of golden rows", [](ProgramT& p) { p.models[0]->goldens[0]->name = kNoString; }},
      {"reference of golden rows",
       [](ProgramT& p) { p.models[0]->goldens[0]->reference = kNoString; }},
      {"kind of the source", [](ProgramT& p) { source_of(p).kind = kNoString; }},
      {"file name of the source", [](ProgramT& p) { source_of(p).file_name = kNoString; }},
      {"converter", [](ProgramT& p) { source_of(p).converter = kNoString; }},
      {"converter version", [](ProgramT& p) { source_of(p).converter_version = kNoString; }},
      {"framework", [](ProgramT& p) { source_of(p).framework = kNoString; }},
      {"framework version", [](ProgramT& p) { source_of(p).framework_version = kNoString; }},
      {"key of a note",
       [](ProgramT& p) {
         p.models[0]->meta.push_back(std::make_unique<fb::KVT>());
         p.models[0]->meta[0]->key = kNoString;
       }},
      {"value of a note",
       [](ProgramT& p) {
         p.models[0]->meta.push_back(std::make_unique<fb::KVT>());
         p.models[0]->meta[0]->value = kNoString;
       }},
  };
  std::vector<Refusal> out;
  for (const auto& [what, edit] : places) out.push_back(edited(V25_StringIndex, what, edit));
  return out;
}

}  // namespace

std::vector<Refusal> program_refusals() {
  std::vector<Refusal> out = {
      {V22_Identifier, "a program of zeros", [] { return make_file(AlignedBytes(64).span()); }},
      bytes_changed(V22_Identifier, "another identifier",
                    [](std::span<uint8_t> program) { program[4] = 'm'; }),
      bytes_changed(V23_Structure, "a root outside the program",
                    [](std::span<uint8_t> program) { program[3] = 0x7F; }),
      {V23_Structure, "more tables than bytes could hold",
       [] { return aliased({.entries = 1000}); }},
      bytes_changed(V23_Structure, "a root at an odd place",
                    [](std::span<uint8_t> program) { ++program[0]; }),
      edited(V23_Structure, "no model", [](ProgramT& p) { p.models.clear(); }),
      edited(V23_Structure, "two models",
             [](ProgramT& p) { p.models.push_back(std::make_unique<fb::ModelT>(*p.models[0])); }),
      edited(V23_Structure, "a digest of 31 bytes",
             [](ProgramT& p) { source_of(p).sha256.assign(31, 7); }),
      edited(V24_Strings, "no string",
             [](ProgramT& p) {
               p.strings_at = {0};
               p.strings.clear();
             }),
      edited(V24_Strings, "no start at all",
             [](ProgramT& p) {
               p.strings_at.clear();
               p.strings.clear();
             }),
      edited(V24_Strings, "string 0 not empty", [](ProgramT& p) { p.strings_at[1] = 1; }),
      edited(V24_Strings, "the first string not at 0", [](ProgramT& p) { p.strings_at[0] = 1; }),
      edited(V24_Strings, "a pool longer than its strings",
             [](ProgramT& p) { p.strings.push_back('x'); }),
      edited(V24_Strings, "a string that ends before it begins",
             [](ProgramT& p) { p.strings_at[2] = 1000000; }),
      edited(V24_Strings, "a string that is not UTF-8",
             [](ProgramT& p) { add_string(p, "caf\xE9"); }),
      edited(V24_Strings, "a character cut in two by its strings",
             [](ProgramT& p) {
               add_string(p, "\xC3");
               add_string(p, "\xA9");
             }),
      edited(V24_Strings, "a zero byte",
             [](ProgramT& p) {
               add_string(p, {"a\0b", 3});
             }),
      edited(V24_Strings, "a control character in a name",
             [](ProgramT& p) {
               add_string(p, "fc1\x1B[2J");
               p.models[0]->ops[0]->name = last_string(p);
             }),
      edited(V24_Strings, "a name of 64 KiB",
             [](ProgramT& p) {
               add_string(p, std::string(65536, 'n'));
               p.models[0]->tensors[0]->name = last_string(p);
             }),
      {V42_TensorIndex, "more tensors than an index reaches",
       [] { return aliased({.tensors = 70000, .filler = 800000}); }},
      {V70_Work, "one entry named a thousand times, with ten thousand features",
       [] { return aliased({.entries = 1000, .features = 10000}); }},
  };
  for (Refusal& refusal : wrong_string_indices()) out.push_back(std::move(refusal));
  return out;
}

}  // namespace mle::testing
