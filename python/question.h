// Question: some outputs of a model, asked for arrays of Python.
// Promise: memory that already is as the model wants it is used in place, on both sides; the
// interpreter's lock is not held while the model runs.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/mle.h>

#include "python/array.h"
#include "python/loaded_model.h"

#include <nanobind/nanobind.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace mle::python {

// Any number of threads at a time: each call takes a session nobody uses, or makes one. The lists
// of sessions change with the interpreter's lock held and only then, which is held during fork(),
// too.
class Question {
 public:
  // Of the default entry where `entry` is empty; all its outputs where none are named.
  Question(const LoadedModel& model, const std::string& entry,
           const std::vector<std::string>& outputs, int threads);
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  std::span<const TensorSpec> inputs() const { return inputs_; }
  std::span<const TensorSpec> outputs() const { return outputs_; }

  // The common case: one input that is an array of just the right kind, one output of numbers,
  // `out` None or such an array. None where it is not that case.
  nanobind::object fast(nanobind::handle x, nanobind::handle out);

  // By input an array, or a flat list of str and None; by output an array to write to, or None.
  // Answers by output the array, or a flat list of str and None. Throws Refused where something
  // does not fit.
  nanobind::list ask(nanobind::list inputs, nanobind::list outs);

 private:
  class Lease;
  Session make_session() const;
  size_t string_outputs() const;
  void abandon();
  void run(std::span<const In> inputs, std::span<const Out> outputs);

  LoadedModel model_;
  std::string entry_;
  std::vector<std::string> output_names_;
  int threads_;
  std::vector<Session> idle_;
  pid_t owner_;  // of idle sessions that have threads
  std::vector<TensorSpec> inputs_, outputs_;
};

}  // namespace mle::python
