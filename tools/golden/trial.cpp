// SPDX-License-Identifier: Apache-2.0
#include "tools/golden/trial.h"

#include "golden/every_output.h"
#include "tools/golden/elements.h"

#include <string_view>

namespace mle::tools {
Result<Session> make_session(const Model& model) {
  const std::vector<std::string_view> names = golden::every_output(model);
  SessionOptions options;
  if (model.entries().size() > 1) options.outputs = names;
  return Session::make(model, options);
}

Result<std::vector<compiler::Elements>> run_trial(std::span<const std::byte> bytes,
                                                  const compiler::TrialRows& rows) {
  MLE_TRY_ASSIGN(const Model model, Model::from_memory(bytes));
  MLE_TRY_ASSIGN(Session session, make_session(model));
  InputBuffers buffers;
  for (size_t i = 0; i < rows.inputs.size(); ++i)
    buffers.add(session.inputs()[i].dtype, rows.inputs[i]);
  return run_elements(session, buffers.inputs(), rows.rows);
}

}  // namespace mle::tools
