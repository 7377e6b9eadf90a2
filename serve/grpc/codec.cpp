// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/codec.h"

#include "format/rules.h"
#include "serve/engine/version.h"
#include "serve/grpc/open_inference.pb.h"
#include "serve/protocol/datatypes.h"
#include "serve/protocol/parameters.h"
#include "serve/protocol/raw.h"
#include "serve/protocol/service.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

namespace mle::serve {
namespace {

using Contents = inference::InferTensorContents;
using Parameters = google::protobuf::Map<std::string, inference::InferParameter>;

Status refuse(int rule, const std::string& message, const char* hint) {
  return Status::make(Code::InvalidArgument, rule, Status::kNoOffset, message, hint);
}

std::string quoted(std::string_view name) { return "'" + std::string(name.substr(0, 200)) + "'"; }

Status beyond(const InputTensor& tensor) {
  return refuse(format::rule::S409_RequestBytes,
                "input " + quoted(tensor.name) + ": a value is beyond its data type",
                "give values of the data type");
}

template <class Field>
void borrow(const Field& field, InputTensor& tensor) {
  tensor.data = field.data();
  tensor.count = static_cast<size_t>(field.size());
}

// Values that travel in a wider type than they are.
template <class T, class Field>
Status narrow(const Field& field, InputTensor& tensor, Buffer& numbers) {
  const auto count = static_cast<size_t>(field.size());
  auto* const to = reinterpret_cast<T*>(numbers.reserve(count * sizeof(T)));
  for (size_t i = 0; i < count; ++i) {
    const auto value = field.data()[i];
    if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max())
      return beyond(tensor);
    to[i] = static_cast<T>(value);
  }
  tensor.data = to;
  tensor.count = count;
  return {};
}

Status read_contents(const Contents& contents, InputTensor& tensor,
                     std::vector<std::string_view>& strings, Buffer& numbers) {
  switch (tensor.dtype) {
    case DType::F32: borrow(contents.fp32_contents(), tensor); return {};
    case DType::F64: borrow(contents.fp64_contents(), tensor); return {};
    case DType::I64: borrow(contents.int64_contents(), tensor); return {};
    case DType::U64: borrow(contents.uint64_contents(), tensor); return {};
    case DType::I32: borrow(contents.int_contents(), tensor); return {};
    case DType::U32: borrow(contents.uint_contents(), tensor); return {};
    case DType::Bool: borrow(contents.bool_contents(), tensor); return {};
    case DType::I16: return narrow<int16_t>(contents.int_contents(), tensor, numbers);
    case DType::I8: return narrow<int8_t>(contents.int_contents(), tensor, numbers);
    case DType::U16: return narrow<uint16_t>(contents.uint_contents(), tensor, numbers);
    case DType::U8: return narrow<uint8_t>(contents.uint_contents(), tensor, numbers);
    case DType::Str:
      strings.assign(contents.bytes_contents().begin(), contents.bytes_contents().end());
      tensor.data = strings.data();
      tensor.count = strings.size();
      return {};
    case DType::F16:
    case DType::BF16: break;
  }
  return refuse(format::rule::S414_Protocol,
                "input " + quoted(tensor.name) + ": " + std::string(protocol_name(tensor.dtype)) +
                    " has no typed contents in this protocol",
                "send it in raw_input_contents");
}

std::optional<uint64_t> whole_of(const inference::InferParameter& parameter) {
  if (parameter.has_uint64_param()) return parameter.uint64_param();
  if (parameter.has_int64_param() && parameter.int64_param() >= 0)
    return static_cast<uint64_t>(parameter.int64_param());
  return std::nullopt;
}

Status read_parameters(const Parameters& parameters, Request& request) {
  if (parameters.empty()) return {};
  if (const auto at = parameters.find("timeout"); at != parameters.end()) {
    const auto microseconds = whole_of(at->second);
    if (!microseconds) return bad_timeout();
    take_timeout(*microseconds, request);
  }
  if (const auto at = parameters.find("priority"); at != parameters.end())
    request.urgent = is_urgent_priority(whole_of(at->second).value_or(0));
  return {};
}

// Where a tensor lies instead of in the message.
constexpr const char* kRegion = "shared_memory_region";
constexpr const char* kSize = "shared_memory_byte_size";
constexpr const char* kOffset = "shared_memory_offset";
struct Place {
  std::string_view region;
  uint64_t offset = 0, size = 0;
  bool is_there() const noexcept { return !region.empty(); }
};

Status read_place(const Parameters& parameters, Place& place) {
  if (parameters.empty()) return {};
  const auto region = parameters.find(kRegion);
  if (region == parameters.end()) return {};
  const auto size = parameters.find(kSize), offset = parameters.find(kOffset);
  const auto bytes = size == parameters.end() ? std::nullopt : whole_of(size->second);
  const auto from =
      offset == parameters.end() ? std::optional<uint64_t>(0) : whole_of(offset->second);
  if (region->second.string_param().empty() || !bytes || !from)
    return refuse(format::rule::S414_Protocol,
                  "a tensor in shared memory has a region, a size and perhaps an offset",
                  "shared_memory_region is a text, the others are whole numbers");
  place = {region->second.string_param(), *from, *bytes};
  return {};
}

Status check_output(const inference::ModelInferRequest::InferRequestedOutputTensor& output) {
  const auto at = output.parameters().find("classification");
  if (at == output.parameters().end() || whole_of(at->second).value_or(1) == 0) return {};
  return refuse(format::rule::S414_Protocol,
                "output " + quoted(output.name()) + ": classification is not done here",
                "ask for the output as it is");
}

Status wrong_raw_count(const inference::ModelInferRequest& message) {
  return refuse(format::rule::S414_Protocol,
                std::to_string(message.inputs_size()) + " inputs came with " +
                    std::to_string(message.raw_input_contents_size()) + " raw contents",
                "give raw contents for every input or for none");
}

Status write_to(const Place& place, const AnswerTensor& answer, const Regions& regions,
                inference::ModelInferResponse::InferOutputTensor& output) {
  std::string bytes;
  append_raw(answer, bytes);
  if (bytes.size() > place.size)
    return refuse(format::rule::S418_SharedMemory,
                  "output " + quoted(answer.spec->name) + " has " + std::to_string(bytes.size()) +
                      " bytes, its place in shared memory " + std::to_string(place.size),
                  "give it more");
  MLE_TRY(regions.write(place.region, place.offset, bytes));
  auto& parameters = *output.mutable_parameters();
  parameters[kRegion].set_string_param(std::string(place.region));
  parameters[kSize].set_int64_param(static_cast<int64_t>(bytes.size()));
  parameters[kOffset].set_int64_param(static_cast<int64_t>(place.offset));
  return {};
}

template <class T, class Field>
void fill(const AnswerTensor& answer, Field& field) {
  const auto* from = static_cast<const T*>(answer.data);
  field.Reserve(static_cast<int>(answer.count));
  for (size_t i = 0; i < answer.count; ++i) field.Add(from[i]);
}

void write_contents(const AnswerTensor& answer, Contents& to) {
  switch (answer.spec->dtype) {
    case DType::F32: return fill<float>(answer, *to.mutable_fp32_contents());
    case DType::F64: return fill<double>(answer, *to.mutable_fp64_contents());
    case DType::I64: return fill<int64_t>(answer, *to.mutable_int64_contents());
    case DType::U64: return fill<uint64_t>(answer, *to.mutable_uint64_contents());
    case DType::I32: return fill<int32_t>(answer, *to.mutable_int_contents());
    case DType::I16: return fill<int16_t>(answer, *to.mutable_int_contents());
    case DType::I8: return fill<int8_t>(answer, *to.mutable_int_contents());
    case DType::U32: return fill<uint32_t>(answer, *to.mutable_uint_contents());
    case DType::U16: return fill<uint16_t>(answer, *to.mutable_uint_contents());
    case DType::U8: return fill<uint8_t>(answer, *to.mutable_uint_contents());
    case DType::Bool: return fill<bool>(answer, *to.mutable_bool_contents());
    case DType::Str: {
      const auto* from = static_cast<const std::string_view*>(answer.data);
      for (size_t i = 0; i < answer.count; ++i)
        to.add_bytes_contents(from[i].data() == nullptr ? "" : from[i].data(), from[i].size());
      return;
    }
    case DType::F16:
    case DType::BF16: return;
  }
}

bool only_raw(DType dtype) { return dtype == DType::F16 || dtype == DType::BF16; }

}  // namespace

Status decode(const inference::ModelInferRequest& message, const Regions& regions, Request& request,
              Scratch& scratch, bool& raw) {
  request.model = message.model_name();
  request.version = message.model_version();
  MLE_TRY(read_parameters(message.parameters(), request));
  for (const auto& output : message.outputs()) {
    MLE_TRY(check_output(output));
    request.wanted.push_back(output.name());
  }

  const int count = message.inputs_size();
  raw = message.raw_input_contents_size() > 0;
  if (scratch.strings.size() < static_cast<size_t>(count)) {
    scratch.strings.resize(static_cast<size_t>(count));
    scratch.numbers.resize(static_cast<size_t>(count));
  }
  int next_raw = 0;
  for (int i = 0; i < count; ++i) {
    const auto& input = message.inputs(i);
    const auto dtype = dtype_of(input.datatype());
    if (!dtype)
      return refuse(
          format::rule::S406_RequestInput,
          "input " + quoted(input.name()) + ": there is no data type " + quoted(input.datatype()),
          "the metadata of the model has the data types");
    InputTensor tensor;
    tensor.name = input.name();
    tensor.dtype = *dtype;
    tensor.shape = {input.shape().data(), static_cast<size_t>(input.shape_size())};
    auto& strings = scratch.strings[static_cast<size_t>(i)];
    auto& numbers = scratch.numbers[static_cast<size_t>(i)];
    Place place;
    MLE_TRY(read_place(input.parameters(), place));
    if ((raw || place.is_there()) && input.has_contents())
      return refuse(format::rule::S414_Protocol,
                    "input " + quoted(input.name()) + " has typed contents beside others",
                    "give one of them");
    if (place.is_there()) {
      MLE_TRY(regions.check(place.region, place.offset, place.size));
      const std::span<std::byte> bytes(numbers.reserve(place.size), place.size);
      MLE_TRY(regions.read(place.region, place.offset, bytes));
      MLE_TRY(read_raw(bytes, tensor, strings));
    } else if (raw) {
      if (next_raw == message.raw_input_contents_size()) return wrong_raw_count(message);
      MLE_TRY(read_raw(std::as_bytes(std::span(message.raw_input_contents(next_raw++))), tensor,
                       strings));
    } else {
      MLE_TRY(read_contents(input.contents(), tensor, strings, numbers));
    }
    request.inputs.push_back(tensor);
  }
  if (next_raw < message.raw_input_contents_size()) return wrong_raw_count(message);
  for (const auto& input : message.inputs()) raw = raw || input.parameters().contains(kRegion);
  return {};
}

Status encode(const inference::ModelInferRequest& question, const Request& request, bool raw,
              const Regions& regions, inference::ModelInferResponse& message) {
  message.set_model_name(request.served->model);
  message.set_model_version(std::to_string(request.served->number));
  message.set_id(question.id());
  for (const auto& output : question.outputs()) {
    Place place;
    MLE_TRY(read_place(output.parameters(), place));
    raw = raw || place.is_there();
  }
  for (const AnswerTensor& answer : request.answers) raw = raw || only_raw(answer.spec->dtype);
  for (size_t i = 0; i < request.answers.size(); ++i) {
    const AnswerTensor& answer = request.answers[i];
    auto& output = *message.add_outputs();
    output.set_name(answer.spec->name.data(), answer.spec->name.size());
    const std::string_view type = protocol_name(answer.spec->dtype);
    output.set_datatype(type.data(), type.size());
    if (answer.spec->per_row)
      for (const int64_t axis : request.row_axes) output.add_shape(axis);
    for (const uint32_t dim : answer.spec->dims) output.add_shape(dim);
    if (!raw) {
      write_contents(answer, *output.mutable_contents());
      continue;
    }
    // An output in shared memory keeps its place among the raw ones, empty.
    std::string& to = *message.add_raw_output_contents();
    Place place;
    if (const int at = static_cast<int>(i); at < question.outputs_size())
      MLE_TRY(read_place(question.outputs(at).parameters(), place));
    if (place.is_there())
      MLE_TRY(write_to(place, answer, regions, output));
    else
      append_raw(answer, to);
  }
  return {};
}

}  // namespace mle::serve
