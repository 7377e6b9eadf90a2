// SPDX-License-Identifier: Apache-2.0
#include "serve/http/infer_body.h"

#include "format/rules.h"
#include "serve/http/json_tensor.h"
#include "serve/protocol/datatypes.h"
#include "serve/protocol/json_text.h"
#include "serve/protocol/parameters.h"
#include "serve/protocol/raw.h"

#include <simdjson.h>

#include <span>
#include <vector>

namespace mle::serve {

namespace dom = simdjson::dom;

namespace {

// Rank 8 and what lies around it; nobody means deeper ones.
constexpr size_t kMostDepth = 32;

Status refuse(const std::string& what, const char* hint) {
  return Status::make(Code::InvalidArgument, format::rule::S414_Protocol, Status::kNoOffset, what,
                      hint);
}

std::string quoted(std::string_view name) { return "'" + std::string(name.substr(0, 200)) + "'"; }

// A member that may be missing. False where it is there and of another type.
template <class T>
bool get(dom::object from, std::string_view name, T& to) {
  const auto found = from[name];
  if (found.error() == simdjson::NO_SUCH_FIELD) return true;
  return found.get(to) == simdjson::SUCCESS;
}

}  // namespace

struct InferBody::State {
  struct Input {
    std::vector<int64_t> shape;
    Buffer numbers;
    std::vector<std::string_view> strings;
  };

  // Of an answer: which outputs go as bytes.
  bool binary_all = false;
  std::vector<bool> binary;
  bool has_bytes = false;
  std::string_view id;
  dom::parser parser;
  std::vector<std::unique_ptr<Input>> inputs;

  Input& input(size_t at) {
    while (inputs.size() <= at) inputs.push_back(std::make_unique<Input>());
    return *inputs[at];
  }
  Status read_raw_body(std::string_view body, const Catalog& catalog, Request& request);
  Status read(dom::object root, std::string_view bytes, Request& request);
  Status read_parameters(dom::object root, Request& request);
  Status read_inputs(dom::object root, std::string_view bytes, Request& request);
  Status read_input(dom::object from, Input& to, std::string_view& bytes, Request& request);
  Status read_outputs(dom::object root, Request& request);
};

InferBody::InferBody() : state_(std::make_unique<State>()) {}
InferBody::~InferBody() = default;

Status InferBody::decode(std::string& body, std::optional<uint64_t> json_bytes,
                         const Catalog& catalog, Request& request) {
  State& state = *state_;
  state.binary_all = state.has_bytes = false;
  state.binary.clear();
  state.id = {};
  const uint64_t length = json_bytes.value_or(body.size());
  if (length > body.size())
    return refuse("Inference-Header-Content-Length is larger than the body",
                  "it is the length of the JSON in front of the tensors");
  if (json_bytes == uint64_t{0}) return state.read_raw_body(body, catalog, request);
  // What reads many bytes at a time looks at a few behind the last.
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  if (state.parser.max_depth() != kMostDepth &&
      state.parser.allocate(4096, kMostDepth) != simdjson::SUCCESS)
    return Status::out_of_memory();
  dom::element root;
  const auto failed = state.parser.parse(body.data(), static_cast<size_t>(length), false).get(root);
  if (failed == simdjson::MEMALLOC) return Status::out_of_memory();
  if (failed != simdjson::SUCCESS)
    return refuse(std::string("the body is no JSON: ") + simdjson::error_message(failed),
                  json_bytes ? "check Inference-Header-Content-Length"
                             : "tensors as bytes need the header Inference-Header-Content-Length");
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS)
    return refuse("the body is JSON, but no object", "{\"inputs\": [...]}");
  return state.read(object, std::string_view(body).substr(length), request);
}

Status InferBody::State::read_raw_body(std::string_view body, const Catalog& catalog,
                                       Request& request) {
  const CatalogModel* const model = catalog.find(request.model);
  const auto version = model == nullptr ? nullptr : Catalog::find(*model, request.version);
  if (version == nullptr) return {};  // admission says it
  const auto& specs = version->plans.front().inputs;
  if (specs.size() != 1)
    return refuse("model " + quoted(request.model) + ": takes " + std::to_string(specs.size()) +
                      " inputs, a body without JSON is one",
                  "describe the inputs by JSON in front of the bytes");
  const TensorSpec& spec = specs.front();
  Input& to = input(0);
  InputTensor tensor;
  tensor.name = spec.name;
  tensor.dtype = spec.dtype;
  if (spec.dtype == DType::Str) {
    to.strings.assign(1, body);
    tensor.data = to.strings.data();
    tensor.count = 1;
  } else {
    MLE_TRY(read_raw(std::as_bytes(std::span(body)), tensor, to.strings));
  }
  to.shape.clear();
  if (spec.per_row) to.shape.push_back(static_cast<int64_t>(tensor.count / spec.width()));
  for (const uint32_t dim : spec.dims) to.shape.push_back(dim);
  tensor.shape = to.shape;
  request.inputs.push_back(tensor);
  binary_all = true;  // who sends bytes alone reads them
  return {};
}

Status InferBody::State::read(dom::object root, std::string_view bytes, Request& request) {
  if (!get(root, "id", id)) return refuse("'id' is no text", "\"id\": \"any text\"");
  MLE_TRY(read_parameters(root, request));
  MLE_TRY(read_outputs(root, request));
  return read_inputs(root, bytes, request);
}

Status InferBody::State::read_parameters(dom::object root, Request& request) {
  dom::object parameters;
  const auto found = root["parameters"];
  if (found.error() == simdjson::NO_SUCH_FIELD) return {};
  if (found.get(parameters) != simdjson::SUCCESS)
    return refuse("'parameters' is no object", "{\"parameters\": {\"timeout\": 1000}}");
  if (!get(parameters, "binary_data_output", binary_all))
    return refuse("parameter 'binary_data_output' is neither true nor false", "give one of them");
  const auto timeout = parameters["timeout"];
  if (timeout.error() == simdjson::SUCCESS) {
    uint64_t microseconds = 0;
    if (timeout.get(microseconds) != simdjson::SUCCESS) return bad_timeout();
    take_timeout(microseconds, request);
  }
  uint64_t priority = 0;
  request.urgent =
      parameters["priority"].get(priority) == simdjson::SUCCESS && is_urgent_priority(priority);
  return {};
}

Status InferBody::State::read_outputs(dom::object root, Request& request) {
  dom::array outputs;
  const auto found = root["outputs"];
  if (found.error() == simdjson::NO_SUCH_FIELD) return {};
  if (found.get(outputs) != simdjson::SUCCESS)
    return refuse("'outputs' is no array", "\"outputs\": [{\"name\": \"y\"}]");
  for (const dom::element each : outputs) {
    dom::object output;
    std::string_view name;
    if (each.get(output) != simdjson::SUCCESS || output["name"].get(name) != simdjson::SUCCESS)
      return refuse("an output has no name", "\"outputs\": [{\"name\": \"y\"}]");
    bool as_bytes = binary_all;
    dom::object parameters;
    if (output["parameters"].get(parameters) == simdjson::SUCCESS) {
      if (!get(parameters, "binary_data", as_bytes))
        return refuse("output " + quoted(name) + ": 'binary_data' is neither true nor false",
                      "give one of them");
      uint64_t classes = 0;
      if (parameters["classification"].get(classes) == simdjson::SUCCESS && classes > 0)
        return refuse("output " + quoted(name) + ": classification is not done here",
                      "ask for the output as it is");
      if (parameters["shared_memory_region"].error() == simdjson::SUCCESS)
        return refuse("output " + quoted(name) + ": answers do not go to shared memory here",
                      "take the answer from the body");
    }
    request.wanted.push_back(name);
    binary.push_back(as_bytes);
  }
  return {};
}

Status InferBody::State::read_inputs(dom::object root, std::string_view bytes, Request& request) {
  dom::array given;
  if (root["inputs"].get(given) != simdjson::SUCCESS)
    return refuse("there are no 'inputs'",
                  "{\"inputs\": [{\"name\": ..., \"datatype\": ..., ...}]}");
  size_t at = 0;
  for (const dom::element each : given) {
    dom::object object;
    if (each.get(object) != simdjson::SUCCESS)
      return refuse("an input is no object", "{\"inputs\": [{\"name\": ...}]}");
    MLE_TRY(read_input(object, input(at++), bytes, request));
  }
  if (!bytes.empty())
    return refuse(std::to_string(bytes.size()) + " bytes behind the JSON belong to no input",
                  "the binary_data_size of the inputs add up to what follows the JSON");
  return {};
}

Status InferBody::State::read_input(dom::object from, Input& to, std::string_view& bytes,
                                    Request& request) {
  InputTensor tensor;
  std::string_view type;
  if (from["name"].get(tensor.name) != simdjson::SUCCESS)
    return refuse("an input has no name", "\"name\" is a text");
  const std::string who = "input " + quoted(tensor.name);
  if (from["datatype"].get(type) != simdjson::SUCCESS)
    return refuse(who + ": has no 'datatype'", "the metadata of the model has the data types");
  const auto dtype = dtype_of(type);
  if (!dtype)
    return Status::make(Code::InvalidArgument, format::rule::S406_RequestInput, Status::kNoOffset,
                        who + ": there is no data type " + quoted(type),
                        "the metadata of the model has the data types");
  tensor.dtype = *dtype;
  dom::array shape;
  if (from["shape"].get(shape) != simdjson::SUCCESS)
    return refuse(who + ": has no 'shape'", "\"shape\": [rows, width]");
  to.shape.clear();
  for (const dom::element dim : shape) {
    int64_t size = 0;
    if (dim.get(size) != simdjson::SUCCESS)
      return refuse(who + ": its shape is no list of whole numbers", "\"shape\": [rows, width]");
    to.shape.push_back(size);
  }
  tensor.shape = to.shape;

  dom::object parameters;
  uint64_t size = 0;
  bool as_bytes = false;
  if (from["parameters"].get(parameters) == simdjson::SUCCESS) {
    if (parameters["shared_memory_region"].error() == simdjson::SUCCESS)
      return refuse(who + ": tensors in shared memory are not read over HTTP",
                    "send the tensor in the body");
    const auto found = parameters["binary_data_size"];
    as_bytes = found.error() != simdjson::NO_SUCH_FIELD;
    if (as_bytes && found.get(size) != simdjson::SUCCESS)
      return refuse(who + ": 'binary_data_size' is no whole number", "give the number of bytes");
  }
  const auto data = from["data"];
  if (as_bytes == (data.error() == simdjson::SUCCESS))
    return refuse(who + (as_bytes ? ": has 'data' beside bytes" : ": has no 'data'"),
                  "give 'data', or 'binary_data_size' and the bytes behind the JSON");
  if (as_bytes) {
    if (size > bytes.size())
      return refuse(who + ": " + std::to_string(size) + " bytes are announced, " +
                        std::to_string(bytes.size()) + " are left behind the JSON",
                    "tensors follow the JSON in the order of the inputs");
    MLE_TRY(read_raw(std::as_bytes(std::span(bytes.substr(0, size))), tensor, to.strings));
    bytes.remove_prefix(size);
  } else {
    MLE_TRY(read_json_tensor(data.value_unsafe(), tensor, to.numbers, to.strings));
  }
  request.inputs.push_back(tensor);
  return {};
}

size_t InferBody::encode(const Request& request, std::string& to) {
  State& state = *state_;
  const size_t before = to.size();
  const auto goes_as_bytes = [&](size_t i) {
    return state.binary.empty() ? state.binary_all : bool{state.binary[i]};
  };
  {
    JsonScope root(to, '{');
    root.field("model_name", request.served->model);
    root.field("model_version", std::to_string(request.served->number));
    if (!state.id.empty()) root.field("id", state.id);
    root.next("outputs");
    JsonScope outputs(to, '[');
    for (size_t i = 0; i < request.answers.size(); ++i) {
      const AnswerTensor& answer = request.answers[i];
      outputs.next();
      JsonScope output(to, '{');
      output.field("name", answer.spec->name);
      output.field("datatype", protocol_name(answer.spec->dtype));
      output.next("shape");
      {
        JsonScope shape(to, '[');
        if (answer.spec->per_row)
          for (const int64_t axis : request.row_axes) shape.value(axis);
        for (const uint32_t dim : answer.spec->dims) shape.value(dim);
      }
      if (goes_as_bytes(i)) {
        state.has_bytes = true;
        output.next("parameters");
        JsonScope(to, '{').field("binary_data_size", raw_bytes(answer));
      } else {
        append_json_tensor(answer, output.next("data"));
      }
    }
  }
  const size_t json = to.size() - before;
  for (size_t i = 0; i < request.answers.size(); ++i)
    if (goes_as_bytes(i)) append_raw(request.answers[i], to);
  return json;
}

void InferBody::shrink(size_t most_bytes) noexcept {
  if (state_->parser.capacity() > most_bytes) state_->parser = dom::parser();
  for (const auto& input : state_->inputs) {
    input->numbers.shrink(most_bytes);
    if (input->strings.capacity() * sizeof(std::string_view) > most_bytes) input->strings = {};
  }
}

bool InferBody::has_bytes() const noexcept { return state_->has_bytes; }

}  // namespace mle::serve
