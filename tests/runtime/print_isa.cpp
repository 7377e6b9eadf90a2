// Prints the kernel table that is chosen without LoadOptions::isa, or why there is none, and then
// the one chosen with it.
// SPDX-License-Identifier: Apache-2.0
#include <mle/mle.h>

#include "tests/support/tiny_models.h"

#include <cstdio>

namespace {

void print(std::span<const std::byte> file, const char* isa) {
  mle::LoadOptions options;
  options.isa = isa;
  const mle::Result<mle::Model> model = mle::Model::from_memory(file, options);
  std::printf("%s ", model ? model->isa() : model.error().message());
}

}  // namespace

int main() {
  const mle::testing::AlignedBytes file = make_file(mle::testing::tiny_linear());
  print(file.span(), "");
  print(file.span(), mle::testing::kPlainIsa);
}
