// The importer's journey: form, parse, opset, inputs, nodes, outputs.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/onnx/onnx.h"

#include "compiler/import/onnx/importing.h"
#include "compiler/import/onnx/limits.h"
#include "compiler/import/onnx/text.h"
#include "compiler/import/onnx/wire_scan.h"

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mle::compiler::onnx {
namespace {

using enum format::rule::Rule;
using onnx_pb::GraphProto;
using onnx_pb::ModelProto;

Result<std::shared_ptr<const ModelProto>> parse(std::span<const std::byte> bytes) {
  MLE_TRY(scan_wire_format(bytes));
  auto model = std::make_shared<ModelProto>();
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(kMaxDepth);
  if (!model->ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
    return broken(C204_Damaged, "the file is no ONNX model", "export or copy it again");
  if (!model->has_graph()) return broken(C204_Damaged, "an ONNX model without a graph");
  if (model->ir_version() < 1) return broken(C204_Damaged, "an ONNX model without an IR version");
  return std::shared_ptr<const ModelProto>(std::move(model));
}

// The version of the default operator set in force.
Result<int> find_opset(const ModelProto& model) {
  int64_t version = 0;
  for (const onnx_pb::OperatorSetIdProto& import : model.opset_import()) {
    if (!import.domain().empty() && import.domain() != "ai.onnx") continue;
    if (version != 0 && version != import.version())
      return broken(C206_UnsupportedOpset, "the model imports two versions of the default opset");
    version = import.version();
  }
  // A model of ai.onnx.ml alone need not say.
  if (version == 0 && std::ranges::any_of(model.opset_import(), [](const auto& import) {
        return import.domain() == kMlDomain && import.version() >= 1;
      }))
    return 0;
  if (version == 0)
    return broken(C206_UnsupportedOpset, "the model does not say which opset it is written in",
                  "export it again");
  if (version < kOldestOpset || version > kNewestOpset)
    return unsupported(C206_UnsupportedOpset,
                       "the model is written in opset " + std::to_string(version) +
                           ", mle reads opsets " + std::to_string(kOldestOpset) + " to " +
                           std::to_string(kNewestOpset),
                       "export it with another opset_version");
  return static_cast<int>(version);
}

// The version of ai.onnx.ml; operators of it look into the default set, too.
Result<int> find_ml_opset(const ModelProto& model) {
  int64_t version = 1;
  for (const onnx_pb::OperatorSetIdProto& import : model.opset_import())
    if (import.domain() == kMlDomain) version = import.version();
  if (version >= 1 && version <= kNewestMlOpset) return static_cast<int>(version);
  return unsupported(C206_UnsupportedOpset,
                     "the model is written in opset " + std::to_string(version) +
                         " of ai.onnx.ml, mle reads opsets 1 to " + std::to_string(kNewestMlOpset),
                     "export it with another opset_version");
}

// A text of the source that goes into the file: short and printable, or nothing.
std::string provenance(const std::string& text) {
  constexpr size_t kMost = 128;
  if (text.size() > kMost) return {};
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return {};
  return text;
}

void describe(Importing& importing, const SourceFile& source) {
  const ModelProto& model = *importing.model;
  importing.graph.name = provenance(model.graph().name());
  importing.graph.origin = {"onnx", source.path.substr(source.path.rfind('/') + 1),
                            provenance(model.producer_name()),
                            provenance(model.producer_version())};
}

}  // namespace

bool can_read(const SourceFile& source) { return looks_like_model(source.bytes); }

std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems) {
  auto model = parse(source.bytes);
  if (!model) {
    problems.add(model.error(), "");
    return {};
  }
  Importing importing(*model, source, options, problems);
  if (const auto opset = find_opset(*importing.model)) {
    importing.opset = *opset;
  } else {
    problems.add(opset.error(), "");
    return {};
  }
  if (const auto opset = find_ml_opset(*importing.model)) {
    importing.ml_opset = *opset;
  } else {
    problems.add(opset.error(), "");
    return {};
  }
  describe(importing, source);
  const GraphProto& source_graph = importing.source();
  const std::vector<int> live =
      find_live_nodes(importing, source_graph.node(), output_names(source_graph));
  import_inputs(importing);
  import_nodes(importing, source_graph.node(), live);
  import_outputs(importing);
  if (!problems.empty()) return {};
  if (importing.graph.rows_mix())
    importing.graph.notes.push_back(
        "its dynamic quantisation takes the range of all rows of a call, so that the answer for a "
        "row depends on the others; --dynamic-quantize row takes the range of each row instead");
  if (importing.rounded_products != 0)
    importing.graph.notes.push_back(
        "rows of " + std::to_string(importing.rounded_products) +
        (importing.rounded_products == 1 ? " product" : " products") +
        " with dequantised weights are rounded to 8 bits in blocks, as ONNX Runtime has it; "
        "--dequantized exact computes what the graph says");
  importing.graph.compact();
  return std::move(importing.graph);
}

}  // namespace mle::compiler::onnx
