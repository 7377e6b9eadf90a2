// Everything a program says, by the names of the schema.
// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/json.h"
#include "tools/cli/text.h"
#include "tools/mle-inspect/constants.h"
#include "tools/mle-inspect/export.h"

#include <cmath>

namespace mle::tools {
namespace {

using format::FileView;
using Indices = flatbuffers::Vector<uint32_t>;

class Writer {
 public:
  explicit Writer(const FileView& view) : view_(view), model_(view.model()) {}

  std::string run() {
    json_.begin_object().field("schema", "mle-program/1");
    text("name", model_.name()).field("version", model_.version());
    text("license", model_.license());
    text("author", model_.author());
    text("doc", model_.doc());
    json_.field("arena_bytes", model_.arena_bytes()).field("arena_align", model_.arena_align());
    json_.key("tensors").begin_array();
    for (const fb::Tensor* tensor : *model_.tensors()) write(*tensor);
    json_.end_array().key("ops").begin_array();
    for (const fb::Op* op : *model_.ops()) write(*op);
    json_.end_array().key("entries").begin_array();
    for (const fb::Entry* entry : *model_.entries()) write(*entry);
    json_.end_array().key("quants").begin_array();
    if (model_.quants() != nullptr)
      for (const fb::Quant* quant : *model_.quants()) write(*quant);
    json_.end_array().key("goldens").begin_array();
    if (model_.goldens() != nullptr)
      for (const fb::Golden* golden : *model_.goldens()) write(*golden);
    json_.end_array();
    source();
    json_.key("meta").begin_object();
    if (model_.meta() != nullptr)
      for (const fb::KV* pair : *model_.meta())
        json_.field(view_.string(pair->key()), view_.string(pair->value()));
    return json_.end_object().end_object().str();
  }

 private:
  JsonWriter& text(const char* key, uint32_t index) {
    return json_.field(key, view_.string(index));
  }

  template <class Vector>
  void wholes(const char* key, const Vector* values) {
    json_.key(key).begin_line();
    if (values != nullptr)
      for (const auto value : *values) json_.whole(value);
    json_.end_array();
  }

  void texts(const char* key, const Indices* indices) {
    json_.key(key).begin_line();
    if (indices != nullptr)
      for (const uint32_t index : *indices) json_.text(view_.string(index));
    json_.end_array();
  }

  // JSON has no infinity, but numbers too large to be anything else.
  void real(double value) {
    if (std::isinf(value))
      json_.literal(value < 0 ? "-1e999" : "1e999");
    else
      json_.number(value);
  }
  void real(const char* key, const fb::Bits64* bits) {
    json_.key(key);
    if (bits == nullptr)
      json_.null();
    else
      real(double_of(*bits));
  }
  void reals(const char* key, const flatbuffers::Vector<const fb::Bits64*>* values) {
    json_.key(key).begin_line();
    if (values != nullptr)
      for (const fb::Bits64* bits : *values) real(double_of(*bits));
    json_.end_array();
  }

  void write(const fb::Tensor& tensor) {
    json_.begin_object();
    text("name", tensor.name()).field("dtype", name_of(dtype_of(tensor)));
    json_.field("layout", fb::EnumNameLayout(tensor.layout()));
    json_.field("place", fb::EnumNamePlace(tensor.place()));
    json_.field("rows", fb::EnumNameRows(tensor.rows())).field("flags", uint64_t{tensor.flags()});
    wholes("dims", tensor.dims());
    json_.field("segment", uint64_t{tensor.segment()}).field("offset", tensor.offset());
    json_.field("bytes", tensor.bytes());
    if (tensor.quant() != ~uint32_t{0}) json_.field("quant", uint64_t{tensor.quant()});
    json_.end_object();
  }

  void write(const fb::Op& op) {
    json_.begin_object();
    text("name", op.name()).field("kind", fb::EnumNameOpKind(op.kind()));
    json_.field("version", uint64_t{op.version()}).field("act", fb::EnumNameAct(op.act()));
    json_.field("flags", uint64_t{op.flags()});
    wholes("inputs", op.inputs());
    wholes("outputs", op.outputs());
    wholes("iattr", op.iattr());
    reals("fattr", op.fattr());
    wholes("indices", op.indices());
    json_.end_object();
  }

  void write(const fb::Port& port) {
    json_.begin_object();
    text("name", port.name()).field("tensor", uint64_t{port.tensor()});
    texts("features", port.features());
    texts("labels", port.labels());
    text("doc", port.doc());
    text("unit", port.unit());
    reals("fmin", port.fmin());
    reals("fmax", port.fmax());
    json_.field("source_rows", uint64_t{port.source_rows()});
    json_.field("axes", uint64_t{static_cast<uint8_t>(port.axes())});
    texts("classes", port.classes());
    wholes("class_counts", port.class_counts());
    json_.end_object();
  }

  void write(const fb::Entry& entry) {
    json_.begin_object();
    text("name", entry.name()).field("task", fb::EnumNameTask(entry.task()));
    json_.key("inputs").begin_array();
    for (const fb::Port* port : *entry.inputs()) write(*port);
    json_.end_array().key("outputs").begin_array();
    for (const fb::Port* port : *entry.outputs()) write(*port);
    json_.end_array();
    if (entry.golden() != ~uint32_t{0}) json_.field("golden", uint64_t{entry.golden()});
    json_.end_object();
  }

  void write(const fb::Quant& quant) {
    json_.begin_object().field("scheme", uint64_t{quant.scheme()});
    json_.field("axis", uint64_t{quant.axis()}).field("group", uint64_t{quant.group()});
    json_.field("scale", uint64_t{quant.scale()}).field("zero", uint64_t{quant.zero()});
    json_.end_object();
  }

  template <class Ports>
  void golden_ports(const char* key, const Ports* ports) {
    json_.key(key).begin_array();
    if (ports != nullptr)
      for (const fb::GoldenPort* port : *ports) {
        json_.begin_object().field("tensor", uint64_t{port->tensor()});
        json_.field("offset", port->offset()).field("bytes", port->bytes()).end_object();
      }
    json_.end_array();
  }

  void write(const fb::Golden& golden) {
    json_.begin_object();
    text("name", golden.name()).field("rows", uint64_t{golden.rows()});
    text("reference", golden.reference());
    real("atol", golden.atol());
    real("rtol", golden.rtol());
    golden_ports("inputs", golden.inputs());
    golden_ports("outputs", golden.outputs());
    json_.end_object();
  }

  void source() {
    json_.key("source").begin_object();
    if (const fb::Source* source = model_.source()) {
      text("kind", source->kind());
      text("file_name", source->file_name());
      text("converter", source->converter());
      text("converter_version", source->converter_version());
      text("framework", source->framework());
      text("framework_version", source->framework_version());
      wholes("sha256", source->sha256());
      if (source->created() != nullptr)
        json_.field("created", uint64_t{source->created()->hi()} << 32 | source->created()->lo());
    }
    json_.end_object();
  }

  const FileView& view_;
  const fb::Model& model_;
  JsonWriter json_;
};

}  // namespace

std::string program_json(const FileView& view) { return Writer(view).run(); }

}  // namespace mle::tools
