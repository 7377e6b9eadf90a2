// SPDX-License-Identifier: Apache-2.0
#include "serve/grpc/codec.h"

#include "format/rules.h"
#include "serve/engine/version.h"
#include "serve/grpc/open_inference.pb.h"
#include "serve/protocol/datatypes.h"
#include "serve/protocol/raw.h"
#include "serve/protocol/service.h"

#include <algorithm>
#include <chrono>
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
    if (!microseconds)
      return refuse(format::rule::S414_Protocol, "parameter 'timeout' is no number of microseconds",
                    "give an int64");
    constexpr uint64_t kDay = uint64_t{86'400} * 1'000'000;
    if (*microseconds > 0)
      request.deadline =
          std::min(request.deadline,
                   request.arrived + std::chrono::microseconds(std::min(*microseconds, kDay)));
  }
  // As in Triton, 1 goes before all others.
  if (const auto at = parameters.find("priority"); at != parameters.end())
    request.urgent = whole_of(at->second) == uint64_t{1};
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

Status decode(const inference::ModelInferRequest& message, Request& request, Scratch& scratch,
              bool& raw) {
  request.model = message.model_name();
  request.version = message.model_version();
  MLE_TRY(read_parameters(message.parameters(), request));
  for (const auto& output : message.outputs()) request.wanted.push_back(output.name());

  const int count = message.inputs_size();
  raw = message.raw_input_contents_size() > 0;
  if (raw && message.raw_input_contents_size() != count)
    return refuse(format::rule::S414_Protocol,
                  std::to_string(count) + " inputs came with " +
                      std::to_string(message.raw_input_contents_size()) + " raw contents",
                  "give raw contents for every input or for none");
  if (scratch.strings.size() < static_cast<size_t>(count)) {
    scratch.strings.resize(static_cast<size_t>(count));
    scratch.numbers.resize(static_cast<size_t>(count));
  }
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
    if (raw) {
      if (input.has_contents())
        return refuse(format::rule::S414_Protocol,
                      "input " + quoted(input.name()) + " has typed contents beside raw ones",
                      "give one of the two");
      MLE_TRY(read_raw(std::as_bytes(std::span(message.raw_input_contents(i))), tensor, strings));
    } else {
      MLE_TRY(read_contents(input.contents(), tensor, strings,
                            scratch.numbers[static_cast<size_t>(i)]));
    }
    request.inputs.push_back(tensor);
  }
  return {};
}

void encode(const Request& request, const std::string& id, bool raw,
            inference::ModelInferResponse& message) {
  message.set_model_name(request.served->model);
  message.set_model_version(std::to_string(request.served->number));
  message.set_id(id);
  for (const AnswerTensor& answer : request.answers) raw = raw || only_raw(answer.spec->dtype);
  for (const AnswerTensor& answer : request.answers) {
    auto& output = *message.add_outputs();
    output.set_name(answer.spec->name.data(), answer.spec->name.size());
    const std::string_view type = protocol_name(answer.spec->dtype);
    output.set_datatype(type.data(), type.size());
    if (answer.spec->per_row) output.add_shape(static_cast<int64_t>(request.rows));
    for (const uint32_t dim : answer.spec->dims) output.add_shape(dim);
    if (raw)
      append_raw(answer, *message.add_raw_output_contents());
    else
      write_contents(answer, *output.mutable_contents());
  }
}

}  // namespace mle::serve
