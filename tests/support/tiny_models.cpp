// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tiny_models.h"

#include <mle/version.h>

#include "format/checksum.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/stored_weights.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace mle::testing {

using fb::Bits64;
using fb::DType;
using fb::OpKind;
using fb::Place;

namespace {

uint64_t elements_of(const std::vector<uint32_t>& dims) {
  uint64_t count = 1;
  for (const uint32_t dim : dims) count *= dim;
  return count;
}

// Appends at a multiple of 64, padded to whole lines; returns the offset.
uint64_t append(std::vector<std::byte>& segment, std::span<const float> values) {
  const uint64_t offset = segment.size();
  const auto bytes = std::as_bytes(values);
  segment.insert(segment.end(), bytes.begin(), bytes.end());
  segment.resize(format::round_up(segment.size(), format::kAlignment));
  return offset;
}

std::vector<float> pack(std::span<const float> values, uint32_t k, uint32_t n,
                        format::Layout layout) {
  std::vector<float> packed(format::packed_elements(layout, k, n));
  for (uint32_t row = 0; row < k; ++row) {
    for (uint32_t column = 0; column < n; ++column) {
      const uint64_t at = layout == format::Layout::Lanes16
                              ? (uint64_t{row} / 16 * n + column) * 16 + row % 16
                              : (uint64_t{column} / 16 * k + row) * 16 + column % 16;
      packed[at] = values[uint64_t{row} * n + column];
    }
  }
  return packed;
}

format::SegmentSpec segment_of(uint32_t kind, const std::vector<std::byte>& bytes) {
  format::SegmentSpec segment(kind);
  segment.add({bytes.size(),
               [&bytes](std::span<std::byte> out) { std::ranges::copy(bytes, out.begin()); }});
  return segment;
}

}  // namespace

AlignedBytes::AlignedBytes(size_t size) : size_(size) {
  void* block = nullptr;
  if (posix_memalign(&block, 64, std::max<size_t>(size, 1)) != 0) throw std::bad_alloc();
  data_.reset(static_cast<std::byte*>(block));
  std::memset(block, 0, size);
}

AlignedBytes::AlignedBytes(std::span<const std::byte> bytes) : AlignedBytes(bytes.size()) {
  if (!bytes.empty()) std::memcpy(data(), bytes.data(), bytes.size());
}

AlignedBytes AlignedBytes::extended(size_t count, std::byte filler) const {
  AlignedBytes longer(size_ + count);
  std::memcpy(longer.data(), data(), size_);
  std::fill(longer.data() + size_, longer.data() + size_ + count, filler);
  return longer;
}

TinyModel::TinyModel() { program.models.push_back(std::make_unique<fb::ModelT>()); }

uint16_t TinyModel::add_tensor(const char* name, Place place, std::vector<uint32_t> dims) {
  auto made = std::make_unique<fb::TensorT>();
  made->name = strings.add(name);
  made->dtype = DType::F32;
  made->place = place;
  made->dims = std::move(dims);
  model().tensors.push_back(std::move(made));
  return static_cast<uint16_t>(model().tensors.size() - 1);
}

uint16_t TinyModel::add_input(const char* name, std::vector<uint32_t> dims) {
  return add_tensor(name, Place::Input, std::move(dims));
}

uint16_t TinyModel::add_output(const char* name, std::vector<uint32_t> dims) {
  return add_tensor(name, Place::Output, std::move(dims));
}

uint16_t TinyModel::add_arena(const char* name, std::vector<uint32_t> dims) {
  const uint16_t index = add_tensor(name, Place::Arena, std::move(dims));
  tensor(index).bytes = format::row_stride_bytes(elements_of(tensor(index).dims), sizeof(float));
  tensor(index).offset = model().arena_bytes;
  model().arena_bytes += tensor(index).bytes;
  return index;
}

uint16_t TinyModel::add_constant(const char* name, std::vector<uint32_t> dims,
                                 std::span<const float> values) {
  const uint16_t index = add_tensor(name, Place::Constant, std::move(dims));
  tensor(index).rows = fb::Rows::Whole;
  tensor(index).bytes = values.size_bytes();
  tensor(index).offset = append(weights, values);
  return index;
}

uint16_t TinyModel::add_dense_weight(const char* name, uint32_t k, uint32_t n,
                                     std::span<const float> values) {
  const format::Layout layout = format::dense_order(k, n, mle::DType::F32).layout;
  const uint16_t index = add_constant(name, {k, n}, pack(values, k, n, layout));
  tensor(index).layout = static_cast<fb::Layout>(layout);
  required_features |=
      layout == format::Layout::Lanes16 ? format::kFeatureLanes16 : format::kFeaturePanel16;
  return index;
}

uint16_t TinyModel::add_stored_weight(const char* name, uint32_t k, uint32_t n, mle::DType dtype,
                                      const std::function<uint16_t(size_t)>& at) {
  const format::Layout layout = format::weights_layout(k, n, dtype);
  const uint64_t group = dtype == mle::DType::I8 ? 4 : dtype == mle::DType::BF16 ? 2 : 1;
  const uint64_t height = format::round_up(k, group) / group, size = size_of(dtype);
  const uint16_t index = add_constant(name, {k, n}, {});
  fb::TensorT& w = tensor(index);
  w.dtype = static_cast<DType>(dtype);
  w.layout = static_cast<fb::Layout>(layout);
  w.bytes = format::packed_elements(layout, k, n) * size;
  weights.resize(w.offset + format::round_up(w.bytes, format::kAlignment));
  for (uint64_t i = 0; i < k; ++i) {
    for (uint64_t j = 0; j < n; ++j) {
      const uint64_t place = ((j / 16 * height + i / group) * 16 + j % 16) * group + i % group;
      const uint16_t bits = at(i * n + j);
      std::memcpy(weights.data() + w.offset + place * size, &bits, size);
    }
  }
  required_features |= format::feature_of(layout, dtype);
  return index;
}

fb::OpT& TinyModel::add_op(OpKind kind, std::vector<uint16_t> inputs, uint16_t output,
                           const char* name) {
  auto made = std::make_unique<fb::OpT>();
  made->kind = kind;
  made->inputs = std::move(inputs);
  made->outputs = {output};
  made->name = strings.add(name);
  model().ops.push_back(std::move(made));
  return *model().ops.back();
}

fb::EntryT& TinyModel::add_entry(const char* name, std::vector<uint16_t> inputs,
                                 std::vector<uint16_t> outputs) {
  auto made = std::make_unique<fb::EntryT>();
  made->name = strings.add(name);
  const auto add_ports = [&](const std::vector<uint16_t>& tensors, auto& ports) {
    for (const uint16_t t : tensors) {
      auto port = std::make_unique<fb::PortT>();
      port->tensor = t;
      port->name = tensor(t).name;
      ports.push_back(std::move(port));
    }
  };
  add_ports(inputs, made->inputs);
  add_ports(outputs, made->outputs);
  model().entries.push_back(std::move(made));
  return *model().entries.back();
}

void TinyModel::add_golden(uint32_t rows, std::span<const float> inputs,
                           std::span<const float> outputs) {
  auto made = std::make_unique<fb::GoldenT>();
  made->rows = rows;
  made->reference = strings.add("judge");
  made->atol = std::make_unique<Bits64>(0x88E368F1u, 0x3EE4F8B5u);  // 1e-5
  const auto add_ports = [&](std::span<const float> values, const auto& ports, auto& out) {
    for (const auto& port : ports) {
      const uint64_t count = elements_of(tensor(port->tensor).dims) * rows;
      auto golden_port = std::make_unique<fb::GoldenPortT>();
      golden_port->tensor = port->tensor;
      golden_port->bytes = count * sizeof(float);
      golden_port->offset = append(golden, values.first(count));
      values = values.subspan(count);
      out.push_back(std::move(golden_port));
    }
  };
  add_ports(inputs, entry().inputs, made->inputs);
  add_ports(outputs, entry().outputs, made->outputs);
  entry().golden = static_cast<uint32_t>(model().goldens.size());
  model().goldens.push_back(std::move(made));
}

void TinyModel::make_whole() {
  for (auto& each : model().tensors) each->rows = fb::Rows::Whole;
}

fb::ProgramT finished_program(const TinyModel& model) {
  fb::ProgramT program(model.program);
  model.strings.store(program);
  return program;
}

AlignedBytes make_file(const TinyModel& model) {
  return make_file(model, [](fb::ProgramT&) {});
}

AlignedBytes make_file(std::span<const std::byte> program) {
  format::Header header{};
  std::memcpy(header.magic, format::kMagic, sizeof header.magic);
  header.format_major = kFormatMajor;
  header.header_size = sizeof header;
  header.file_size = sizeof header + program.size();
  header.program_offset = sizeof header;
  header.program_size = program.size();
  header.segment_entry_size = sizeof(format::SegmentEntry);
  AlignedBytes file(header.file_size);
  std::memcpy(file.data(), &header, sizeof header);
  std::ranges::copy(program, file.data() + sizeof header);
  refit_sums(file.span());
  return file;
}

AlignedBytes make_file(const TinyModel& model, const std::function<void(fb::ProgramT&)>& edit) {
  fb::ProgramT program = finished_program(model);
  edit(program);
  std::vector<format::SegmentSpec> segments;
  if (!model.weights.empty()) segments.push_back(segment_of(format::kWeights, model.weights));
  if (!model.golden.empty()) segments.push_back(segment_of(format::kGolden, model.golden));
  auto writer =
      format::FileWriter::plan(program, std::move(segments), model.required_features).or_exit();
  AlignedBytes file(writer.size());
  if (const Status status = writer.write(file.span()); !status.ok()) {
    throw std::runtime_error(status.message());
  }
  return file;
}

void refit_sums(std::span<std::byte> file) {
  format::Header header;
  if (file.size() < sizeof header) return;
  std::memcpy(&header, file.data(), sizeof header);
  const uint64_t directory_bytes = uint64_t{header.segment_count} * sizeof(format::SegmentEntry);
  if (directory_bytes > file.size() - sizeof header) return;
  const auto directory = file.subspan(sizeof header, directory_bytes);
  const auto inside = [&](uint64_t offset, uint64_t size) {
    return size <= file.size() && offset <= file.size() - size;
  };
  for (uint32_t i = 0; i < header.segment_count; ++i) {
    const auto place = directory.subspan(i * sizeof(format::SegmentEntry));
    format::SegmentEntry entry;
    std::memcpy(&entry, place.data(), sizeof entry);
    if (inside(entry.offset, entry.size)) {
      entry.xxh3 = format::xxh3(file.subspan(entry.offset, entry.size));
    }
    std::memcpy(place.data(), &entry, sizeof entry);
  }
  if (inside(header.program_offset, header.program_size)) {
    header.program_xxh3 = format::xxh3(file.subspan(header.program_offset, header.program_size));
  }
  header.header_xxh3 = format::header_sum(header, directory);
  std::memcpy(file.data(), &header, sizeof header);
}

float tiny_weight(size_t i) { return 0.25f * static_cast<float>(i % 7) - 0.75f; }

namespace {

std::vector<float> pattern(size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = tiny_weight(i);
  return values;
}

}  // namespace

TinyModel tiny_linear() {
  TinyModel m;
  m.model().name = m.strings.add("linear");
  const uint16_t x = m.add_input("x", {3});
  const uint16_t y = m.add_output("y", {2});
  const uint16_t w = m.add_dense_weight("w", 3, 2, pattern(6));
  const uint16_t b = m.add_constant("b", {2}, std::vector<float>{0.5f, -0.5f});
  m.add_op(OpKind::Dense, {x, w, b}, y, "fc");
  m.add_entry("predict", {x}, {y});
  // W = [[-0.75, -0.5], [-0.25, 0], [0.25, 0.5]]
  const std::vector<float> rows = {0, 0, 0, 1, 2, 4};
  const std::vector<float> answers = {0.5f, -0.5f, 0.25f, 1.0f};
  m.add_golden(2, rows, answers);
  return m;
}

TinyModel tiny_mlp() {
  TinyModel m;
  m.model().name = m.strings.add("mlp");
  const uint16_t x = m.add_input("x", {3});
  const uint16_t hidden = m.add_arena("hidden", {5});
  const uint16_t scores = m.add_arena("scores", {2});
  const uint16_t y = m.add_output("probabilities", {2});
  const uint16_t w1 = m.add_dense_weight("fc1.weight", 3, 5, pattern(15));
  const uint16_t b1 = m.add_constant("fc1.bias", {5}, pattern(5));
  const uint16_t w2 = m.add_dense_weight("fc2.weight", 5, 2, pattern(10));
  const uint16_t b2 = m.add_constant("fc2.bias", {2}, pattern(2));
  m.add_op(OpKind::Dense, {x, w1, b1}, hidden, "fc1").act = fb::Act::Relu;
  m.add_op(OpKind::Dense, {hidden, w2, b2}, scores, "fc2");
  m.add_op(OpKind::Softmax, {scores}, y, "softmax").iattr = {0};
  fb::EntryT& entry = m.add_entry("predict_proba", {x}, {y});
  entry.task = fb::Task::BinaryClass;
  for (const char* feature : {"age", "height", "weight"}) {
    entry.inputs[0]->features.push_back(m.strings.add(feature));
  }
  for (const char* label : {"no", "yes"}) {
    entry.outputs[0]->labels.push_back(m.strings.add(label));
  }
  // The hidden layer is relu(b1) = [0, 0, 0, 0, 0.25] for x = 0: scores b2 + 0.25 [-0.5, -0.25].
  const std::vector<float> rows = {0, 0, 0};
  const std::vector<float> answers = {0.42250463f, 0.57749537f};
  m.add_golden(1, rows, answers);
  return m;
}

TinyModel tiny_whole() {
  TinyModel m;
  m.model().name = m.strings.add("whole");
  const uint16_t x = m.add_input("x", {4, 3});
  const uint16_t y = m.add_output("y", {4, 3});
  m.add_op(OpKind::Softmax, {x}, y, "over rows").iattr = {0};
  m.add_entry("predict", {x}, {y});
  m.make_whole();
  return m;
}

}  // namespace mle::testing
