// The optimiser's table of contents.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/passes.h"

#include "compiler/graph/check.h"
#include "compiler/passes/all.h"

#include <array>

namespace mle::compiler {

std::span<const Pass> passes() {
  static constexpr std::array kPasses = {
      Pass{"drop_dead", "drop what no output needs", drop_dead},
      Pass{"fold_constants", "compute what depends on constants only, in double", fold_constants},
      Pass{"drop_identity", "drop nodes that give back what they get", drop_identity},
      Pass{"share_equal", "compute equal nodes once", share_equal},
      Pass{"recognize_simple", "find ReLU, leaky ReLU and clip in Max, Min and PRelu",
           recognize_simple},
      Pass{"recognize_sigmoid", "find the sigmoid of f32 in its parts", recognize_sigmoid},
      Pass{"recognize_activations", "find GELU, SiLU, hard swish and Mish in their parts",
           recognize_activations},
      Pass{"recognize_softplus", "find softplus with a threshold, and the logarithm of a sigmoid",
           recognize_softplus},
      Pass{"recognize_layer_norm", "find layer and RMS normalisation in their parts",
           recognize_layer_norm},
      Pass{"fold_affine", "fold scaling and shifting into the dense layer beside it, in double",
           fold_affine},
      Pass{"collapse_linear", "make one dense layer of those with nothing between, in double",
           collapse_linear},
      Pass{"merge_affine", "make one Scale of neighbouring scaling and shifting", merge_affine},
      Pass{"fuse_activation", "let a dense layer apply the activation that follows it",
           fuse_activation},
      Pass{"share_again", "compute equal nodes once, now that there are fewer kinds", share_equal},
  };
  return kPasses;
}

Status run_passes(Graph& graph, const std::function<void(const Pass&, const Graph&)>& after) {
  for (const Pass& pass : passes()) {
    MLE_TRY(pass.run(graph));
    if (const Status status = check(graph); !status.ok())
      return error(Code::Internal, status.rule(), Status::kNoOffset, status.hint(),
                   "after pass %s: %s", pass.name, status.message());
    if (after) after(pass, graph);
  }
  return {};
}

}  // namespace mle::compiler
