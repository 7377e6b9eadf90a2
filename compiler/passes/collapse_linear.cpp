// Dense layers with nothing between them are one matrix, if that is no more work. Chains multiply
// in double from end to end and are rounded once.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/all.h"
#include "compiler/passes/dense_weights.h"

#include <cstdint>
#include <unordered_map>
#include <utility>

namespace mle::compiler {
namespace {

constexpr uint64_t kMostWork = uint64_t{1} << 32;  // multiply-adds in the compiler, of all products

class Collapser {
 public:
  explicit Collapser(Graph& graph) : editor_(graph) {}

  Status run() {
    for (NodeId n = 0; n < editor_.node_count(); ++n)
      if (editor_.node(n).kind == OpKind::Dense) MLE_TRY(collapse(n));
    editor_.finish();
    return {};
  }

 private:
  Status collapse(NodeId n) {
    const ValueId x = editor_.node(n).inputs[0];
    const Node* first = editor_.producer(x);
    if (first == nullptr || first->kind != OpKind::Dense || first->act != Act::None ||
        editor_.only_user(x) != n || !is_worth_it(*first, editor_.node(n)))
      return {};
    MLE_TRY_ASSIGN(const DenseWeights a, weights_of(*first));
    MLE_TRY_ASSIGN(const DenseWeights b, weights_of(editor_.node(n)));
    DenseWeights both = product(a, b);
    work_ += uint64_t{a.k} * a.n * b.n;
    if (!both.keeps_digits()) return {};

    const std::string name = editor_.value(editor_.node(n).inputs[1]).name;
    const auto rows = static_cast<uint32_t>(both.k), columns = static_cast<uint32_t>(both.n);
    Node one = editor_.node(n);
    one.inputs = {first->inputs[0], editor_.add_float(name, both.dtype, {rows, columns}, both.w)};
    if (first->inputs.size() == 3 || editor_.node(n).inputs.size() == 3)
      one.inputs.push_back(editor_.add_float(name + ".bias", both.dtype, {columns}, both.b));
    exact_.emplace(one.inputs[1], std::move(both));
    editor_.replace(n, std::move(one));
    return {};
  }

  bool is_worth_it(const Node& first, const Node& second) const {
    const Dims& a = editor_.value(first.inputs[1]).fact.dims;
    const Dims& b = editor_.value(second.inputs[1]).fact.dims;
    const uint64_t k = a[0], m = a[1], n = b[1];
    return k * n <= k * m + m * n && k * m <= (kMostWork - work_) / n;
  }

  Result<DenseWeights> weights_of(const Node& dense) const {
    if (const auto found = exact_.find(dense.inputs[1]); found != exact_.end())
      return found->second;
    return DenseWeights::of(editor_, dense);
  }

  Editor editor_;
  uint64_t work_ = 0;
  std::unordered_map<ValueId, DenseWeights> exact_;  // by the weights they were rounded to
};

}  // namespace

Status collapse_linear(Graph& graph) { return Collapser(graph).run(); }

}  // namespace mle::compiler
