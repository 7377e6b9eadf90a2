// SPDX-License-Identifier: Apache-2.0
#include "python/refused.h"

#include "format/rules.h"

#include <nanobind/stl/string.h>

namespace mle::python {
namespace {

namespace nb = nanobind;

std::string rule_text(int rule) {
  const format::RuleText* text = format::find_rule(rule);
  return text == nullptr ? std::string() : text->code;
}

// "node 'Gemm_3': what", or "what".
std::string located(const compiler::Problem& problem) {
  return problem.where.empty() ? problem.what : problem.where + ": " + problem.what;
}

std::string lines_of(const compiler::Problems& problems) {
  std::string text;
  for (const compiler::Problem& problem : problems.kept())
    text += (text.empty() ? "" : "\n") + located(problem);
  if (problems.count() > problems.kept().size())
    text += "\n… and " + std::to_string(problems.count() - problems.kept().size()) + " more";
  return text;
}

}  // namespace

Refused::Refused(const Status& status)
    : code_(status.code()),
      rule_(status.rule()),
      offset_(status.offset()),
      message_(status.message()),
      hint_(status.hint()) {}

Refused::Refused(Code code, int rule, std::string message, std::string hint)
    : code_(code), rule_(rule), message_(std::move(message)), hint_(std::move(hint)) {}

Refused::Refused(const compiler::Problems& problems)
    : code_(problems.kept()[0].code),
      rule_(problems.kept()[0].rule),
      message_(lines_of(problems)),
      hint_(problems.kept()[0].hint),
      problems_(problems.kept()) {}

void Refused::set_python_error() const {
  nb::list problems;
  for (const compiler::Problem& problem : problems_)
    problems.append(nb::make_tuple(problem.where, problem.what, problem.hint,
                                   code_name(problem.code), rule_text(problem.rule)));
  const nb::object error =
      nb::module_::import_("mle._errors")
          .attr("make")(code_name(code_), rule_text(rule_), message_, hint_,
                        offset_ == Status::kNoOffset ? nb::none() : nb::object(nb::int_(offset_)),
                        problems);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.ptr())), error.ptr());
}

void translate_refused() {
  nb::register_exception_translator(
      [](const std::exception_ptr& thrown, void*) {
        try {
          std::rethrow_exception(thrown);
        } catch (const Refused& refused) {
          refused.set_python_error();
        }
      },
      nullptr);
}

}  // namespace mle::python
