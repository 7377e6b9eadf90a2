// SPDX-License-Identifier: Apache-2.0
#include "compiler/import/torch/torch.h"

#include "compiler/import/network/network.h"
#include "compiler/import/torch/checkpoint.h"
#include "compiler/import/torch/modules.h"
#include "compiler/import/torch/state_dict.h"
#include "format/rules.h"

#include <utility>

namespace mle::compiler::torch {
namespace {

Result<Checkpoint> open(const SourceFile& source, Problems& problems) {
  if (is_legacy(source.bytes)) return Checkpoint::open_legacy(source, problems);
  MLE_TRY_ASSIGN(const Archive archive, Archive::open(source));
  return Checkpoint::open_archive(source, archive, problems);
}

}  // namespace

bool can_read(const SourceFile& source) {
  if (is_legacy(source.bytes)) return true;
  if (!archive::is_zip(source.bytes)) return false;
  const auto archive = Archive::open(source);
  return archive && archive->has("data.pkl") && !archive->has("constants.pkl");
}

std::optional<Graph> read(const SourceFile& source, const ImportOptions& options,
                          Problems& problems) {
  const auto checkpoint = open(source, problems);
  if (!checkpoint) {
    problems.add(checkpoint.error(), "");
    return std::nullopt;
  }
  if (!problems.empty()) return std::nullopt;
  const pickle::Id module = find_module(*checkpoint);
  if (module != pickle::kNoObject && !options.architecture)
    return read_module(*checkpoint, module, source, options, problems);
  const auto found = module != pickle::kNoObject ? state_dict_of(*checkpoint, module)
                                                 : find_state_dict(*checkpoint);
  if (!found) {
    problems.add(found.error(), "");
    return std::nullopt;
  }
  auto graph = network::read_network(found->weights, "pytorch", source, options, problems);
  if (graph) {
    graph->notes.insert(graph->notes.begin(), found->notes.begin(), found->notes.end());
    graph->origin.framework = "pytorch";
  }
  return graph;
}

}  // namespace mle::compiler::torch
