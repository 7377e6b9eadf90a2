// Composer: a graph made of ONNX operators, one at a time, for importers whose sources say in other
// words what ONNX says: what an operator means, and what of it is compiled, is known in one place.
// After each operator the shape of what it made is known.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/result.h>

#include "compiler/graph/graph.h"
#include "compiler/import/importer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mle::compiler::onnx {

struct Attribute {
  std::string name;
  std::variant<int64_t, double, std::string, std::vector<int64_t>> value;
};

// One operator of opset 24. An empty name of an input: it is absent.
struct Operation {
  std::string type;
  std::vector<std::string> inputs;
  std::vector<Attribute> attributes = {};
  size_t outputs = 1;
};

// An integer that may depend on the number of rows: fixed + rows * number of rows.
struct Length {
  int64_t fixed = 0;
  int64_t rows = 0;
  bool is_fixed() const { return rows == 0; }
  bool operator==(const Length&) const = default;
};

class Composer {
 public:
  struct Input {
    std::string name;
    DType dtype = DType::F32;
    // 0: free, and called as `axes` says; only the first may be in the end.
    std::vector<uint32_t> dims;
    std::vector<std::string> axes = {};
  };
  // What is known of a value: dims with the batch axis.
  struct Shape {
    DType dtype = DType::F32;
    std::vector<Length> dims;
    bool is_constant = false;
    size_t rank() const { return dims.size(); }
  };

  // The source's name and size are those of messages and limits.
  Composer(const SourceFile& source, const ImportOptions& options, Problems& problems);
  ~Composer();

  // Declares all inputs; false where that was a problem, which has been told.
  bool declare(const std::vector<Input>& inputs);

  // A constant under a name of its own, which is `hint` or begins so.
  std::string constant(const std::string& hint, DType dtype, Dims dims, Constant data);
  std::string number(double value, DType dtype);
  std::string numbers(const std::vector<double>& values, DType dtype);
  std::string integers(const std::vector<int64_t>& values);
  std::string lengths(const std::vector<Length>& values);  // a shape

  // The outputs' names.
  Result<std::vector<std::string>> add(const Operation& operation);
  Result<std::string> add_one(const Operation& operation);
  // Messages are about this node of the source from now on.
  void set_place(std::string place) { place_ = std::move(place); }
  void note(std::string text);

  Shape shape(const std::string& value) const;
  // The elements of a constant: as numbers; as lengths where they are integers.
  std::optional<std::vector<double>> reals(const std::string& value) const;
  std::optional<std::vector<Length>> elements(const std::string& value) const;
  bool is_row_wise() const;

  // Names in the file and the values they stand for, and how often operators were added.
  std::optional<Graph> finish(const std::vector<std::pair<std::string, std::string>>& outputs);
  size_t operations() const { return operations_; }

 private:
  struct State;
  std::string fresh_name();

  ImportOptions options_;
  Problems& problems_;
  std::unique_ptr<State> state_;
  std::string place_;
  size_t named_ = 0, operations_ = 0;
};

}  // namespace mle::compiler::onnx
