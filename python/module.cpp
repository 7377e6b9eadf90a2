// The module mle._mle: what mle/*.py stand on. Not for users: mle/__init__.pyi is what they see.
// SPDX-License-Identifier: Apache-2.0
#include <mle/version.h>

#include "python/convert.h"
#include "python/loaded_model.h"
#include "python/question.h"
#include "python/refused.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using mle::python::LoadedModel;
using mle::python::Question;

namespace {

nb::list entries_of(const LoadedModel& loaded) {
  nb::list entries;
  for (const mle::EntrySpec& entry : loaded.model.entries())
    entries.append(nb::make_tuple(nb::str(entry.name.data(), entry.name.size()),
                                  mle::python::specs_of(entry.inputs),
                                  mle::python::specs_of(entry.outputs)));
  return entries;
}

// How the only input is taken beside [rows, dims].
const char* axes_of(const Question& asked) {
  if (asked.inputs().size() != 1) return "";
  switch (asked.inputs()[0].axes) {
    case mle::Axes::AsDims: break;
    case mle::Axes::Flattened: return "flattened";
    case mle::Axes::Leading: return "leading";
  }
  return "";
}

nb::object bytes_of(const LoadedModel& loaded) {
  if (!loaded.memory) return nb::none();
  return nb::bytes(loaded.memory->bytes().data(), loaded.memory->bytes().size());
}

}  // namespace

NB_MODULE(_mle, m) {
  mle::python::translate_refused();
  m.attr("version") = MLE_VERSION_STRING;
  m.def("convert", &mle::python::convert, nb::arg(), nb::arg(), nb::arg().none());
  m.def("write_file", &mle::python::write_file);

  nb::class_<LoadedModel>(m, "LoadedModel")
      .def_static("from_path", &LoadedModel::from_path)
      .def_static("from_bytes", &LoadedModel::from_bytes)
      .def_prop_ro("entries", &entries_of)
      .def_prop_ro("bytes", &bytes_of)
      .def_prop_ro("name",
                   [](const LoadedModel& loaded) {
                     const std::string_view name = loaded.model.name();
                     return nb::str(name.data(), name.size());
                   })
      .def_prop_ro("isa", [](const LoadedModel& loaded) { return loaded.model.isa(); })
      .def_prop_ro("rows_mix", [](const LoadedModel& loaded) { return loaded.model.rows_mix(); })
      .def_prop_ro("file_bytes",
                   [](const LoadedModel& loaded) { return loaded.model.memory().file_bytes; })
      .def_prop_ro(
          "labels",
          [](const LoadedModel& loaded) { return mle::python::texts_of(loaded.model.labels()); })
      // A list of classes for each column that has any.
      .def_prop_ro("classes",
                   [](const LoadedModel& loaded) {
                     nb::list columns;
                     for (size_t i = 0; !loaded.model.classes(i).empty(); ++i)
                       columns.append(mle::python::texts_of(loaded.model.classes(i)));
                     return columns;
                   })
      .def_prop_ro("features", [](const LoadedModel& loaded) {
        return mle::python::texts_of(loaded.model.features());
      });

  nb::class_<Question>(m, "Question")
      .def(nb::init<const LoadedModel&, const std::string&, const std::vector<std::string>&, int>())
      .def_prop_ro("inputs",
                   [](const Question& asked) { return mle::python::specs_of(asked.inputs()); })
      .def_prop_ro("outputs",
                   [](const Question& asked) { return mle::python::specs_of(asked.outputs()); })
      .def_prop_ro("axes", &axes_of)
      .def("fast", &Question::fast, nb::arg(), nb::arg().none())
      .def("ask", &Question::ask);
}
