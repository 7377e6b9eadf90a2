// What depends on constants only is computed now. Chains stay in double from end to end: only what
// the rest of the graph uses is rounded, once.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/evaluate.h"
#include "compiler/passes/all.h"
#include "compiler/passes/editor.h"
#include "format/rules.h"

#include <cstdint>
#include <unordered_map>
#include <utility>

namespace mle::compiler {
namespace {

// A small file can ask for huge constants; this many elements may be in work.
constexpr uint64_t kMostElements = uint64_t{1} << 27;

class Folder {
 public:
  explicit Folder(Graph& graph) : editor_(graph) {}

  Status run() {
    for (NodeId n = 0; n < editor_.node_count(); ++n)
      if (is_known(editor_.node(n))) MLE_TRY(compute(n));
    store();
    editor_.finish();
    return {};
  }

 private:
  bool is_known(const Node& node) const {
    if (editor_.value(node.outputs[0]).fact.dtype == DType::Str) return false;  // are no constants
    for (ValueId id : node.inputs)
      if (!editor_.value(id).is_constant && !exact_.contains(id)) return false;
    return true;
  }

  Status compute(NodeId n) {
    const Node& node = editor_.node(n);
    const ValueId out = node.outputs[0];
    elements_ += element_count(editor_.value(out).fact.dims);
    if (elements_ > kMostElements)
      return error(Code::Unsupported, format::rule::C216_LimitReached, Status::kNoOffset,
                   "export the model with its constants folded",
                   "constants computed by the model have more than %llu elements",
                   static_cast<unsigned long long>(kMostElements));
    std::vector<const Elements*> inputs;
    std::vector<Elements> read(node.inputs.size());
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      if (const auto found = exact_.find(id); found != exact_.end()) {
        inputs.push_back(&found->second);
        continue;
      }
      MLE_TRY_ASSIGN(read[i], read_constant(editor_.value(id)));
      inputs.push_back(&read[i]);
    }
    MLE_TRY_ASSIGN(Elements computed, evaluate_node(editor_.graph(), node, inputs, 1));
    exact_.emplace(out, std::move(computed));
    order_.push_back(out);
    return {};
  }

  bool is_used_outside(ValueId id) const {
    size_t inside = 0;
    for (NodeId user : editor_.users(id)) inside += exact_.contains(editor_.output(user));
    return editor_.use_count(id) > inside;
  }

  void store() {
    for (ValueId id : order_) {
      if (!is_used_outside(id)) continue;
      const Value& value = editor_.value(id);
      const DType dtype = value.fact.dtype;
      const ValueId constant = editor_.add_constant(value.name, dtype, value.fact.dims,
                                                    make_constant(exact_.at(id), dtype));
      editor_.redirect(id, constant);
    }
  }

  Editor editor_;
  std::unordered_map<ValueId, Elements> exact_;
  std::vector<ValueId> order_;  // of exact_, as the nodes come
  uint64_t elements_ = 0;
};

}  // namespace

Status fold_constants(Graph& graph) { return Folder(graph).run(); }

}  // namespace mle::compiler
