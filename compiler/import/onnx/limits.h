// What the ONNX importer accepts at most. A source beyond these is refused by name, not half read.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace mle::compiler::onnx {

inline constexpr int kOldestOpset = 7;   // implicit broadcasting starts here
inline constexpr int kNewestOpset = 28;  // every operator of ops.cpp has been read up to here

inline constexpr int kNewestMlOpset = 5;  // of ai.onnx.ml

inline constexpr size_t kMaxModelBytes = (size_t{1} << 31) - 1;  // protobuf's own limit
inline constexpr int kMaxDepth = 100;                            // nested messages
inline constexpr size_t kMaxMessages = 500'000;                  // each becomes an object
inline constexpr size_t kMaxStrings = 2'000'000;
inline constexpr size_t kMaxNodes = 100'000;
inline constexpr size_t kMaxCallDepth = 16;                  // functions that call functions
inline constexpr int kMaxNodePorts = 4096;                   // inputs, and outputs, of one node
inline constexpr size_t kMaxIdentifierBytes = 4096;          // names of nodes, values, operators
inline constexpr uint64_t kMaxElements = uint64_t{1} << 31;  // of one tensor
// Bytes that constant folding may make beyond what the source brought along.
inline constexpr uint64_t kFoldBytesBase = uint64_t{16} << 20;
inline constexpr uint64_t kFoldBytesPerSourceByte = 4;
inline constexpr uint64_t kFoldSteps = uint64_t{1} << 30;  // multiplications in all
inline constexpr size_t kMaxGatherRuns = 256;  // runs of columns that one Gather may pick

// What operators of ONNX Runtime are said in.
inline constexpr int kRuntimeFunctionOpset = 23;

}  // namespace mle::compiler::onnx
