// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit/program.h"

#include <mle/version.h>

#include "compiler/emit/names.h"
#include "format/layout.h"
#include "format/limits.h"
#include "format/rules.h"
#include "format/stored_weights.h"

#include <bit>
#include <cstring>

namespace mle::compiler {
namespace {

using format::Layout;

template <class To, class From>
void append_as(std::vector<To>& to, const From& from) {
  to.push_back(static_cast<To>(from));
}

}  // namespace

fb::Bits64 to_bits(uint64_t number) {
  return {static_cast<uint32_t>(number), static_cast<uint32_t>(number >> 32)};
}
fb::Bits64 to_bits(double number) { return to_bits(std::bit_cast<uint64_t>(number)); }

ProgramBuilder::ProgramBuilder(const Graph& graph, const std::vector<bool>& outside,
                               bool narrow_weights)
    : graph_(graph),
      narrow_weights_(narrow_weights),
      outside_(outside),
      plan_(plan_memory(graph, outside)),
      tensor_of_(graph.value_count(), SIZE_MAX) {
  program_.models.push_back(std::make_unique<fb::ModelT>());
}

uint32_t ProgramBuilder::add_name(std::string_view name) { return strings_.add(clean_name(name)); }

size_t ProgramBuilder::add_tensor(ValueId id, fb::Place place) {
  const Value& value = graph_.value(id);
  auto tensor = std::make_unique<fb::TensorT>();
  tensor->name = add_name(value.name);
  tensor->dtype = static_cast<fb::DType>(value.fact.dtype);
  tensor->place = place;
  tensor->rows = value.fact.rows == Rows::PerRow ? fb::Rows::PerRow : fb::Rows::Whole;
  tensor->dims = value.fact.dims;
  if (place == fb::Place::Arena) {
    tensor->offset = plan_.offsets[id];
    tensor->bytes = arena_bytes(value.fact);
  }
  model().tensors.push_back(std::move(tensor));
  return model().tensors.size() - 1;
}

DType ProgramBuilder::weights_dtype(const Value& weights) const {
  const DType stored = weights.constant.stored.value_or(weights.fact.dtype);
  const bool narrow = narrow_weights_ && weights.fact.dtype == DType::F32 &&
                      format::is_stored_dtype(stored) &&
                      format::may_be_stored(weights.fact.dims[0], weights.fact.dims[1]);
  return narrow ? stored : weights.fact.dtype;
}

size_t ProgramBuilder::constant_tensor(ValueId id, Layout layout) {
  const DType in_file =
      layout == Layout::Plain ? graph_.value(id).fact.dtype : weights_dtype(graph_.value(id));
  const ConstantPool::Placed placed = constants_.add(graph_.value(id), layout, in_file);
  if (!placed.is_new) return twin_tensor_[placed.twin];
  const size_t index = add_tensor(id, fb::Place::Constant);
  fb::TensorT& tensor = *model().tensors[index];
  tensor.layout = static_cast<fb::Layout>(layout);
  tensor.dtype = static_cast<fb::DType>(in_file);
  tensor.offset = placed.offset;
  tensor.bytes = placed.bytes;
  twin_tensor_.push_back(index);
  required_features_ |= format::feature_of(layout, in_file);
  return index;
}

size_t ProgramBuilder::operand(const Node& node, size_t input) {
  const Value& value = graph_.value(node.inputs[input]);
  if (!value.is_constant) return tensor_of_[node.inputs[input]];
  Layout layout = Layout::Plain;
  if (node.kind == OpKind::Dense && input == 1)
    layout = format::weights_layout(value.fact.dims[0], value.fact.dims[1], weights_dtype(value));
  return constant_tensor(node.inputs[input], layout);
}

void ProgramBuilder::add_inputs() {
  for (ValueId v = 0; v < graph_.value_count(); ++v)
    if (graph_.value(v).is_input) tensor_of_[v] = add_tensor(v, fb::Place::Input);
}

void ProgramBuilder::add_ops() {
  for (const Node& node : graph_.nodes()) {
    auto op = std::make_unique<fb::OpT>();
    op->kind = static_cast<fb::OpKind>(node.kind);
    op->act = static_cast<fb::Act>(node.act);
    for (size_t i = 0; i < node.inputs.size(); ++i) append_as(op->inputs, operand(node, i));
    const ValueId out = node.outputs[0];
    tensor_of_[out] = add_tensor(out, outside_[out] ? fb::Place::Output : fb::Place::Arena);
    append_as(op->outputs, tensor_of_[out]);
    op->iattr = node.iattr;
    for (double attribute : node.fattr) op->fattr.push_back(to_bits(attribute));
    op->indices = node.indices;
    for (const std::string& string : node.strings) op->indices.push_back(strings_.add(string));
    op->name = add_name(node.name);
    if (node.kind == OpKind::ReduceRows) required_features_ |= format::kFeatureRowsMix;
    if (node.kind == OpKind::Dense && graph_.value(node.inputs[0]).fact.dtype == DType::BF16)
      required_features_ |= format::kFeatureBf16Rows;
    model().ops.push_back(std::move(op));
  }
}

std::unique_ptr<fb::PortT> ProgramBuilder::make_port(const GraphPort& port) {
  auto made = std::make_unique<fb::PortT>();
  made->tensor = static_cast<uint16_t>(tensor_of_[port.value]);
  made->name = add_name(port.name);
  made->source_rows = port.source_rows;
  made->axes = static_cast<fb::Axes>(port.axes);
  for (const std::string& feature : port.features) made->features.push_back(add_name(feature));
  for (const std::string& label : port.labels) made->labels.push_back(add_name(label));
  for (const std::string& name : port.classes) made->classes.push_back(add_name(name));
  made->class_counts = port.class_counts;
  return made;
}

void ProgramBuilder::add_entries() {
  for (const GraphEntry& entry : graph_.entries) {
    auto made = std::make_unique<fb::EntryT>();
    made->name = add_name(entry.name);
    for (const GraphPort& port : entry.inputs) made->inputs.push_back(make_port(port));
    for (const GraphPort& port : entry.outputs) made->outputs.push_back(make_port(port));
    model().entries.push_back(std::move(made));
  }
}

Constant ProgramBuilder::string_indices(const Elements& elements) {
  std::vector<uint32_t> indices;
  for (const std::optional<std::string>& text : elements.texts)
    indices.push_back(text ? strings_.add(*text) : format::kMissingString);
  const auto bytes = std::as_bytes(std::span(indices));
  return Constant::from_bytes({bytes.begin(), bytes.end()});
}

void ProgramBuilder::add_golden(size_t index, const GoldenRows& rows) {
  auto golden = std::make_unique<fb::GoldenT>();
  golden->rows = static_cast<uint32_t>(rows.rows);
  golden->atol = std::make_unique<fb::Bits64>(to_bits(rows.atol));
  golden->rtol = std::make_unique<fb::Bits64>(to_bits(rows.rtol));
  golden->reference = add_name(rows.reference);
  const auto add_port = [&](const GraphPort& port, const Elements& elements) {
    const DType dtype = graph_.value(port.value).fact.dtype;
    const Constant bytes =
        dtype == DType::Str ? string_indices(elements) : make_constant(elements, dtype);
    auto made = std::make_unique<fb::GoldenPortT>();
    made->tensor = static_cast<uint16_t>(tensor_of_[port.value]);
    made->bytes = bytes.bytes.size();
    made->offset = golden_.add({made->bytes, [bytes](std::span<std::byte> out) {
                                  std::memcpy(out.data(), bytes.bytes.data(), out.size());
                                }});
    return made;
  };
  const GraphEntry& entry = graph_.entries[index];
  for (size_t i = 0; i < entry.inputs.size(); ++i)
    golden->inputs.push_back(add_port(entry.inputs[i], rows.inputs[i]));
  for (size_t i = 0; i < entry.outputs.size(); ++i)
    golden->outputs.push_back(add_port(entry.outputs[i], rows.outputs[i]));
  model().entries[index]->golden = static_cast<uint32_t>(model().goldens.size());
  model().goldens.push_back(std::move(golden));
}

void ProgramBuilder::add_source(const EmitOptions& options) {
  auto source = std::make_unique<fb::SourceT>();
  source->kind = add_name(graph_.origin.format);
  source->file_name = add_name(options.source_file);
  for (std::byte byte : options.source_sha256) append_as(source->sha256, byte);
  source->converter = add_name("mle");
  source->converter_version = add_name(MLE_VERSION_STRING);
  source->framework = add_name(graph_.origin.framework);
  source->framework_version = add_name(graph_.origin.framework_version);
  if (options.timestamp)
    source->created = std::make_unique<fb::Bits64>(to_bits(*options.timestamp));
  model().source = std::move(source);
}

Status ProgramBuilder::finish(const EmitOptions& options) {
  if (model().tensors.size() > format::kMaxTensors)
    return error(Code::Unsupported, format::rule::C216_LimitReached, Status::kNoOffset,
                 "split the model", "the model needs %zu tensors, a file holds at most %llu",
                 model().tensors.size(), static_cast<unsigned long long>(format::kMaxTensors));
  if (plan_.bytes > format::kMaxArenaBytes)
    return error(Code::Unsupported, format::rule::C216_LimitReached, Status::kNoOffset,
                 "split the model", "one row needs %llu bytes of memory, at most %llu are allowed",
                 static_cast<unsigned long long>(plan_.bytes),
                 static_cast<unsigned long long>(format::kMaxArenaBytes));
  model().name = add_name(options.name.empty() ? graph_.name : options.name);
  model().license = add_name(options.license);
  model().author = add_name(options.author);
  for (const auto& [key, value] : options.meta) {
    auto pair = std::make_unique<fb::KVT>();
    pair->key = add_name(key);
    pair->value = add_name(value);
    model().meta.push_back(std::move(pair));
  }
  model().arena_bytes = plan_.bytes;
  strings_.store(program_);
  return {};
}

std::vector<format::SegmentSpec> ProgramBuilder::take_segments() {
  std::vector<format::SegmentSpec> segments;
  if (!constants_.empty()) segments.push_back(constants_.take());
  if (golden_.bytes() != 0) segments.push_back(std::move(golden_));
  return segments;
}

}  // namespace mle::compiler
