// Common subexpressions: nodes of equal kind, attributes and inputs give equal values.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/all.h"
#include "compiler/passes/editor.h"

#include <bit>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace mle::compiler {
namespace {

// Attributes by their bits, so that -0 is not 0 and NaN equals itself.
using Key =
    std::tuple<OpKind, Act, std::vector<ValueId>, std::vector<uint32_t>, std::vector<uint64_t>,
               std::vector<uint32_t>, std::vector<std::string>, DType, Dims>;

Key key_of(const Editor& editor, const Node& node) {
  std::vector<uint64_t> bits;
  for (double attribute : node.fattr) bits.push_back(std::bit_cast<uint64_t>(attribute));
  const Fact& fact = editor.value(node.outputs[0]).fact;
  return {node.kind,    node.act,     node.inputs, node.iattr, std::move(bits),
          node.indices, node.strings, fact.dtype,  fact.dims};
}

}  // namespace

Status share_equal(Graph& graph) {
  Editor editor(graph);
  std::map<Key, ValueId> seen;
  for (NodeId n = 0; n < editor.node_count(); ++n) {
    const ValueId out = editor.output(n);
    const auto [found, is_new] = seen.emplace(key_of(editor, editor.node(n)), out);
    if (!is_new) editor.redirect(out, found->second);
  }
  editor.finish();
  return {};
}

}  // namespace mle::compiler
