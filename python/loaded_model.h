// LoadedModel: a Model and the memory it lies in, as Python holds it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mle/mle.h>

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mle::python {

// The bytes of a file at a 64-byte line, as Model::from_memory() wants them.
class FileInMemory {
 public:
  explicit FileInMemory(size_t size) : lines_((size + sizeof(Line) - 1) / sizeof(Line)) {
    bytes_ = {reinterpret_cast<std::byte*>(lines_.data()), size};
  }
  FileInMemory(const FileInMemory&) = delete;
  FileInMemory& operator=(const FileInMemory&) = delete;
  std::span<std::byte> bytes() { return bytes_; }

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::vector<Line> lines_;
  std::span<std::byte> bytes_;
};

// A value, as Model is one. Immutable; any thread.
struct LoadedModel {
  std::shared_ptr<FileInMemory> memory;  // null: the model was loaded from a path
  Model model;                           // destroyed first

  static LoadedModel from_path(const std::string& path, bool verify, const std::string& isa);
  static LoadedModel from_bytes(nanobind::bytes bytes, bool verify, const std::string& isa);
  static LoadedModel from_memory(std::shared_ptr<FileInMemory> memory, bool verify,
                                 const std::string& isa);
};

// (name, dtype, shape, per_row): a TensorSpec of Python.
nanobind::tuple spec_of(const TensorSpec& spec);
nanobind::tuple specs_of(std::span<const TensorSpec> specs);
nanobind::list texts_of(std::span<const std::string_view> texts);

}  // namespace mle::python
