// compile(): the whole journey from a source file to the bytes of a .mle file. Start reading here.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/emit/emit.h"
#include "compiler/golden.h"
#include "compiler/import/importer.h"
#include "compiler/precision.h"
#include "compiler/problem.h"
#include "compiler/weights.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mle::compiler {

enum class Precision : uint8_t { Auto, F32, F64 };

struct CompileOptions {
  std::string from;                        // importer by name; empty: detected by content
  std::map<std::string, uint32_t> shapes;  // --shape NAME=N
  bool free_batch = false;                 // --free-batch
  std::optional<SourceFile> architecture;  // --arch: what stands beside weights alone
  bool quantize_by_row = false;            // --dynamic-quantize row
  bool dequantized_exactly = false;        // --dequantized exact
  uint32_t golden_rows = 8;                // answers of the judge to store; 0: none
  // Asks the framework itself, where it is at hand; then golden_rows is only 0 or not 0.
  std::function<Result<RecordedRows>(const Graph&)> record;
  std::vector<std::string> features, labels;
  std::string name, license, author, card;
  std::optional<uint64_t> timestamp;
  // Of a source that computes in f64. Auto tries f32 on rows and stays with f64 where no trial is
  // given.
  Precision precision = Precision::Auto;
  // Weights in f16, bf16 or i8 of a model that computes in f32; and how far answers may move then.
  std::optional<DType> weights;
  bool narrow_rows = false;  // with i8 weights: layers sum whole numbers; with bf16: rows, too
  std::optional<double> weights_tolerance;
  Trial trial;         // runs a file
  TimeFiles time;      // and times some
  ReadRows read_rows;  // the user's rows; empty: they are made
  std::string rows_name;
  // Told about the graph after import and after each pass: (stage, sentence, graph).
  std::function<void(std::string_view, std::string_view, const Graph&)> observe;
};

// What was made, for the user's eyes.
struct Summary {
  std::string importer;
  std::string model_name;
  uint64_t nodes_in_source = 0, ops = 0, parameters = 0;
  std::vector<std::string> inputs, outputs;  // "x [*, 40] f32"
  std::vector<std::string> notes;            // what was assumed
  std::optional<PrecisionReport> precision;  // of a source that computes in f64
  std::optional<WeightsReport> weights;      // where they were asked for in fewer bits
};

struct Compiled {
  // Kept alive for the writer, which packs from it.
  std::unique_ptr<Graph> graph;
  format::FileWriter writer;
  Summary summary;
};

// The compiled model, or nothing and at least one problem.
std::optional<Compiled> compile(const SourceFile& source, const CompileOptions& options,
                                Problems& problems);

}  // namespace mle::compiler
