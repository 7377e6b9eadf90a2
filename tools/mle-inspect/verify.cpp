// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-inspect/verify.h"

#include <mle/model.h>

#include "format/rules.h"
#include "tools/cli/table.h"
#include "tools/cli/text.h"
#include "tools/mle-inspect/padding.h"
#include "tools/mle-inspect/screens.h"

#include <utility>

namespace mle::tools {

uint64_t VerifyReport::wrong() const {
  uint64_t count = 0;
  for (const IsaReport& isa : isas)
    for (const GoldenReport& golden : isa.golden) count += golden.wrong;
  return count;
}

Result<VerifyReport> verify(const format::FileView& view) {
  MLE_TRY(check_padding(view));
  VerifyReport report;
  report.bytes_summed = view.file().size();
  for (const char* isa : {"sse2", "avx2", "avx512", "neon"}) {
    LoadOptions options;
    options.isa = isa;
    auto model = Model::from_memory(view.file(), options);
    if (!model && model.error().rule() == format::rule::R102_Isa) continue;
    if (!model) return std::move(model).error();
    MLE_TRY_ASSIGN(auto golden, golden::replay_golden(view, *model));
    report.isas.push_back({isa, std::move(golden)});
  }
  return report;
}

std::string verify_text(const VerifyReport& report) {
  std::string text = "  sums        " + byte_text(report.bytes_summed) + " read, all good\n";
  text += "  padding     all zero\n";
  Table table{{"golden rows", "entry", "rows", "max error", "ULP", "wrong"}, {}};
  std::string wrong;
  for (const IsaReport& isa : report.isas)
    for (const GoldenReport& golden : isa.golden) {
      table.rows.push_back({isa.isa, printable(golden.entry), grouped(golden.rows),
                            three_digits(golden.worst_abs), three_digits(golden.worst_ulp),
                            grouped(golden.wrong)});
      if (golden.wrong > 0) wrong += isa.isa + ": " + printable(golden.first_wrong) + "\n";
    }
  text += table.rows.empty() ? "  golden      none recorded\n" : "\n" + table.aligned();
  return text + wrong;
}

}  // namespace mle::tools
