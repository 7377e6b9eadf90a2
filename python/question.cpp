// SPDX-License-Identifier: Apache-2.0
#include "python/question.h"

#include "format/rules.h"
#include "python/refused.h"

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>

namespace mle::python {
namespace {

namespace nb = nanobind;
using enum format::rule::Rule;

std::string shape_text(std::span<const Py_ssize_t> shape) {
  std::string text = "(";
  for (const Py_ssize_t length : shape) text += std::to_string(length) + ", ";
  if (shape.size() > 1) text.resize(text.size() - 2);
  if (shape.size() == 1) text.pop_back();
  return text + ")";
}

// "(rows, 4)".
std::string wanted_text(const TensorSpec& spec) {
  std::string text = spec.per_row ? "(rows" : "(";
  for (const uint32_t length : spec.dims)
    text += (text.size() > 1 ? ", " : "") + std::to_string(length);
  if (spec.per_row && spec.dims.empty()) text += ",";
  return text + ")";
}

[[noreturn]] void refuse_argument(int rule, const char* kind, const TensorSpec& spec,
                                  const std::string& what, std::string hint = {}) {
  throw Refused(Code::InvalidArgument, rule,
                std::string(kind) + " '" + std::string(spec.name) + "': " + what, std::move(hint));
}

bool has_shape(const Array& array, const TensorSpec& spec) {
  std::span<const Py_ssize_t> shape = array.shape();
  if (shape.size() != spec.dims.size() + (spec.per_row ? 1 : 0)) return false;
  if (spec.per_row) shape = shape.subspan(1);
  return std::equal(shape.begin(), shape.end(), spec.dims.begin(),
                    [](Py_ssize_t a, uint32_t b) { return a == static_cast<Py_ssize_t>(b); });
}

// Whether the runtime takes the memory as it lies there.
bool lies_well(const Array& array, const TensorSpec& spec) {
  if (!array.has_dense_rows()) return false;
  if (spec.per_row || array.shape().empty() || array.shape()[0] <= 1) return true;
  return array.row_bytes() * array.shape()[0] ==
         static_cast<ptrdiff_t>(array.count() * size_of(array.dtype()));
}

bool is_input(const Array& array, const TensorSpec& spec) {
  return (array.holds(spec.dtype) || (array.dtype() == DType::F64 && spec.dtype == DType::F32)) &&
         has_shape(array, spec) && lies_well(array, spec);
}

bool is_output(const Array& array, const TensorSpec& spec, Py_ssize_t rows) {
  return array.holds(spec.dtype) && has_shape(array, spec) && lies_well(array, spec) &&
         (!spec.per_row || array.shape()[0] == rows);
}

DType run_dtype(const Array& array, const TensorSpec& spec) {
  return array.holds(spec.dtype) ? spec.dtype : array.dtype();
}

ptrdiff_t run_stride(const Array& array, const TensorSpec& spec) {
  return spec.per_row && !array.shape().empty() ? array.row_bytes() : 0;
}

In in_of(const Array& array, const TensorSpec& spec) {
  return {run_dtype(array, spec), array.data(), array.count(), run_stride(array, spec)};
}

Out out_of(const Array& array, const TensorSpec& spec) {
  return {spec.dtype, array.data(), array.count(), run_stride(array, spec)};
}

// From the first byte of an array with dense rows to the one behind its last.
std::pair<const std::byte*, const std::byte*> extent(const Array& array) {
  const auto* first = static_cast<const std::byte*>(array.data());
  if (array.count() == 0 || array.shape().empty()) return {first, first};
  const ptrdiff_t rows = array.shape()[0];
  const auto dense = static_cast<ptrdiff_t>(array.count() * size_of(array.dtype())) / rows;
  return {first, first + (rows - 1) * array.row_bytes() + dense};
}

bool overlap(const Array& a, const Array& b) {
  const auto [a_first, a_end] = extent(a);
  const auto [b_first, b_end] = extent(b);
  return std::less<>()(a_first, b_end) && std::less<>()(b_first, a_end);
}

std::vector<Py_ssize_t> shape_of(const TensorSpec& spec, Py_ssize_t rows) {
  std::vector<Py_ssize_t> shape;
  if (spec.per_row) shape.push_back(rows);
  for (const uint32_t length : spec.dims) shape.push_back(static_cast<Py_ssize_t>(length));
  return shape;
}

std::vector<std::string_view> texts_in(nb::handle list, const TensorSpec& spec) {
  std::vector<std::string_view> texts(nb::len(list));
  for (size_t i = 0; i < texts.size(); ++i) {
    PyObject* text = PyList_GetItem(list.ptr(), static_cast<Py_ssize_t>(i));  // borrowed
    if (text == Py_None) continue;
    Py_ssize_t size = 0;
    const char* data = PyUnicode_Check(text) ? PyUnicode_AsUTF8AndSize(text, &size) : nullptr;
    if (data == nullptr) {
      PyErr_Clear();
      refuse_argument(R111_ArgumentType, "input", spec, "wants strings that UTF-8 can hold");
    }
    texts[i] = {data, static_cast<size_t>(size)};
  }
  return texts;
}

nb::list texts_out(const std::vector<std::string_view>& texts) {
  nb::list list;
  for (const std::string_view text : texts)
    list.append(text.data() == nullptr ? nb::none()
                                       : nb::object(nb::str(text.data(), text.size())));
  return list;
}

// What an input has to be and is not.
[[noreturn]] void refuse_input(const Array& array, const TensorSpec& spec) {
  if (!array)
    refuse_argument(R111_ArgumentType, "input", spec,
                    "wants an array of " + std::string(name_of(spec.dtype)));
  if (!has_shape(array, spec))
    refuse_argument(R112_ArgumentSize, "input", spec,
                    "wants shape " + wanted_text(spec) + ", got " + shape_text(array.shape()),
                    spec.per_row ? "rows lie along the first axis; one row is X[None, :]" : "");
  refuse_argument(R111_ArgumentType, "input", spec,
                  "wants densely packed " + std::string(name_of(spec.dtype)) + ", got " +
                      name_of(array.dtype()));
}

[[noreturn]] void refuse_output(const Array& array, const TensorSpec& spec, Py_ssize_t rows) {
  const std::string wanted = std::string(numpy_name(spec.dtype)) + " of shape " +
                             shape_text(shape_of(spec, rows)) + ", writable, its rows dense";
  if (!array) refuse_argument(R111_ArgumentType, "output", spec, "wants an array of " + wanted);
  refuse_argument(R112_ArgumentSize, "output", spec,
                  "wants an array of " + wanted + ", got " + numpy_name(array.dtype()) +
                      " of shape " + shape_text(array.shape()));
}

}  // namespace

// A session for one call; given back with the lock held.
class Question::Lease {
 public:
  explicit Lease(Question& question) : question_(question) {
    if (question.threads_ > 1 && question.owner_ != ::getpid()) question.abandon();
    if (question.idle_.empty()) {
      session_.emplace(question.make_session());
    } else {
      session_.emplace(std::move(question.idle_.back()));
      question.idle_.pop_back();
    }
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { question_.idle_.push_back(*std::move(session_)); }
  Session& session() { return *session_; }

 private:
  Question& question_;
  std::optional<Session> session_;
};

Question::Question(const LoadedModel& model, const std::string& entry,
                   const std::vector<std::string>& outputs, int threads)
    : model_(model), entry_(entry), output_names_(outputs), threads_(threads), owner_(::getpid()) {
  // The names and dims that a spec views are the model's; the specs are copied.
  Session session = make_session();
  inputs_.assign(session.inputs().begin(), session.inputs().end());
  outputs_.assign(session.outputs().begin(), session.outputs().end());
  idle_.push_back(std::move(session));
}

Session Question::make_session() const {
  const std::vector<std::string_view> names(output_names_.begin(), output_names_.end());
  SessionOptions options;
  options.entry = entry_;
  options.outputs = names;
  options.threads = threads_;
  return take(Session::make(model_.model, options));
}

// After fork() the parent's sessions have no threads here, and may not be destroyed either.
void Question::abandon() {
  static_cast<void>(new std::vector<Session>(std::move(idle_)));
  idle_.clear();
  owner_ = ::getpid();
}

void Question::run(std::span<const In> inputs, std::span<const Out> outputs) {
  Lease lease(*this);
  Status status;
  {
    const nb::gil_scoped_release unlocked;
    status = lease.session().run(inputs, outputs);
  }
  check(status);
}

nb::object Question::fast(nb::handle x, nb::handle out) {
  if (inputs_.size() != 1 || outputs_.size() != 1 || outputs_[0].dtype == DType::Str ||
      outputs_[0].dtype == DType::BF16)
    return nb::none();
  const Array input = Array::borrow(x, false);
  if (!input || !is_input(input, inputs_[0])) return nb::none();
  const Py_ssize_t rows = inputs_[0].per_row ? input.shape()[0] : 1;
  nb::object answer = nb::borrow(out);
  if (out.is_none()) answer = new_array(outputs_[0].dtype, shape_of(outputs_[0], rows));
  const Array output = Array::borrow(answer, true);
  if (!output || !is_output(output, outputs_[0], rows) || overlap(input, output)) return nb::none();
  const In in = in_of(input, inputs_[0]);
  const Out to = out_of(output, outputs_[0]);
  run({&in, 1}, {&to, 1});
  return answer;
}

nb::list Question::ask(nb::list inputs, nb::list outs) {
  if (nb::len(inputs) != inputs_.size() || nb::len(outs) != outputs_.size())
    throw Refused(Code::InvalidArgument, R110_ArgumentCount,
                  "wants " + std::to_string(inputs_.size()) + " inputs and " +
                      std::to_string(outputs_.size()) + " outputs",
                  "");
  std::deque<Array> arrays, answers;
  std::deque<std::vector<std::string_view>> texts;
  std::vector<In> in;
  std::vector<Out> out;
  std::optional<Py_ssize_t> rows;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const TensorSpec& spec = inputs_[i];
    if (spec.dtype == DType::Str) {
      const auto& list = texts.emplace_back(texts_in(inputs[i], spec));
      in.emplace_back(list);
      if (spec.per_row && !rows) rows = static_cast<Py_ssize_t>(list.size() / spec.width());
      continue;
    }
    const Array& array = arrays.emplace_back(Array::borrow(inputs[i], false));
    if (!array || !is_input(array, spec)) refuse_input(array, spec);
    in.push_back(in_of(array, spec));
    if (spec.per_row && !rows) rows = array.shape()[0];
  }
  nb::list given;
  for (size_t o = 0; o < outputs_.size(); ++o) {
    const TensorSpec& spec = outputs_[o];
    const std::vector<Py_ssize_t> shape = shape_of(spec, rows.value_or(1));
    if (spec.dtype == DType::Str) {
      const size_t count = spec.width() * static_cast<size_t>(spec.per_row ? shape[0] : 1);
      out.emplace_back(texts.emplace_back(count));
      given.append(nb::none());
      continue;
    }
    nb::object answer = outs[o];
    if (answer.is_none()) answer = new_array(spec.dtype, shape);
    const Array& array = answers.emplace_back(Array::borrow(answer, true));
    if (!array || !is_output(array, spec, rows.value_or(1)))
      refuse_output(array, spec, rows.value_or(1));
    for (const Array& input : arrays)
      if (overlap(input, array))
        refuse_argument(R112_ArgumentSize, "output", spec, "lies in the memory of an input",
                        "give it memory of its own");
    out.push_back(out_of(array, spec));
    given.append(answer);
  }
  run(in, out);
  for (size_t o = 0, t = texts.size() - string_outputs(); o < outputs_.size(); ++o)
    if (outputs_[o].dtype == DType::Str) given[o] = texts_out(texts[t++]);
  return given;
}

size_t Question::string_outputs() const {
  return static_cast<size_t>(
      std::count_if(outputs_.begin(), outputs_.end(),
                    [](const TensorSpec& spec) { return spec.dtype == DType::Str; }));
}

}  // namespace mle::python
