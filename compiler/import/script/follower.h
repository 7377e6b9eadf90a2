// Follows TorchScript functions statement by statement: tensors become operators of the graph,
// numbers and conditions are known on the way. What is not known beforehand is refused.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/import/aten/value.h"
#include "compiler/import/onnx/composer.h"
#include "compiler/import/script/code.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace mle::compiler::script {

using aten::Value;

class Follower {
 public:
  Follower(Code& code, onnx::Composer& composer) : code_(code), composer_(composer) {}

  // The model's forward.
  Result<Value> run(std::vector<Value> inputs);
  // "linear, line 12": where it stopped.
  const std::string& place() const { return place_; }

 private:
  using Frame = std::map<std::string, Value, std::less<>>;
  struct Flow {
    bool returned = false;
    Value value;
  };

  Result<Value> call(const std::string& qualified, std::vector<Value> positional,
                     std::map<std::string, Value, std::less<>> named);
  Result<Flow> execute(const std::vector<Statement>& body, Frame& frame);
  Result<Flow> execute(const Statement& statement, Frame& frame);
  Result<Flow> loop(const Statement& statement, Frame& frame);
  Status assign(const Expression& target, Value value, Frame& frame);
  Result<bool> decide(const Expression& condition, Frame& frame);

  Result<Value> evaluate(const Expression& expression, Frame& frame);
  Result<Value> evaluate_call(const Expression& expression, Frame& frame);
  Result<Value> evaluate_name(const Expression& expression, Frame& frame);
  Result<Value> evaluate_attribute(const Expression& expression, Frame& frame);
  Result<Value> item(const Value& list, const Value& index);
  // "torch.linear" where the first name is no variable; else "".
  static std::string dotted(const Expression& expression, const Frame& frame);

  Result<Value> plain_call(const std::string& name, const Expression& expression, Frame& frame,
                           std::vector<Value>& positional, bool& known);
  Result<Value> builtin(const std::string& name, std::vector<Value> positional,
                        std::map<std::string, Value, std::less<>> named, bool& known);
  Result<Value> operate(const std::string& name, std::vector<Value> positional,
                        std::map<std::string, Value, std::less<>> named);
  Status change_in_place(const std::string& before, const std::string& after,
                         const std::string& op);

  Result<Value> to_value(const torch::Checkpoint& from, pickle::Id id, const std::string& name,
                         int depth);
  Result<Value> constant(const std::string& name);
  Status count_step();
  Status not_compiled(const std::string& what) const;

  Code& code_;
  onnx::Composer& composer_;
  std::vector<Frame*> frames_;
  std::map<std::pair<const torch::Checkpoint*, pickle::Id>, std::string> tensors_;
  std::set<std::string> shared_;  // tensors that others may show, too
  std::string place_, function_;
  size_t steps_ = 0;
  int depth_ = 0;
};

}  // namespace mle::compiler::script
