// SPDX-License-Identifier: Apache-2.0
#include "tests/onnx/support.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace mle;
using namespace mle::onnx_test;
namespace fs = std::filesystem;

namespace {

// A folder that goes when the test ends.
struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "mle-onnx-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name, std::ios::binary) << bytes;
  }
};

std::string floats(std::initializer_list<float> values) {
  std::string bytes;
  for (const float value : values) bytes.append(reinterpret_cast<const char*>(&value), 4);
  return bytes;
}

// y = x + c, with c in a file of its own.
Model with_external(const std::string& location, const std::string& offset = {},
                    const std::string& length = {}) {
  Model model;
  model.input("x", "N,2").output("y");
  onnx_pb::TensorProto& tensor = model.initializer("c", {2}, kF32);
  tensor.set_data_location(onnx_pb::TensorProto::EXTERNAL);
  const auto entry = [&](const char* key, const std::string& value) {
    auto& added = *tensor.add_external_data();
    added.set_key(key);
    added.set_value(value);
  };
  entry("location", location);
  if (!offset.empty()) entry("offset", offset);
  if (!length.empty()) entry("length", length);
  model.node("Add", {"x", "c"});
  return model;
}

Elements answer_in(const Folder& folder, const Model& model) {
  Problems problems;
  const auto graph = import_bytes(model.bytes(), problems, folder.path.string());
  REQUIRE(graph.has_value());
  const auto answers = compiler::evaluate_outputs(*graph, {{0, 0}}, 1);
  REQUIRE(answers.has_value());
  return answers->at(0);
}

}  // namespace

TEST_CASE("onnx: external data is read at its offset, aligned or not") {
  Folder folder;
  folder.write("w.bin", "abcd" + floats({1, 2}) + "z" + floats({3, 4}));
  folder.write("deep/er/w.bin", floats({5, 6}));
  CHECK(near(answer_in(folder, with_external("w.bin", "4", "8")), {1, 2}));
  CHECK(near(answer_in(folder, with_external("w.bin", "13")), {3, 4}));
  CHECK(near(answer_in(folder, with_external("deep/er/w.bin")), {5, 6}));
}

TEST_CASE("onnx: external data beyond the end of its file is refused") {
  Folder folder;
  folder.write("w.bin", floats({1, 2}));
  folder.write("empty.bin", "");
  const std::string in = folder.path.string();
  for (const auto& [offset, length] :
       std::initializer_list<std::pair<const char*, const char*>>{{"1", ""},
                                                                  {"8", ""},
                                                                  {"9", "8"},
                                                                  {"18446744073709551615", ""},
                                                                  {"18446744073709551616", ""},
                                                                  {"-4", ""},
                                                                  {"4x", ""},
                                                                  {"0", "7"},
                                                                  {"0", "1125899906842624"},
                                                                  {"", "-8"}})
    CHECK(contains(refusal_of_bytes(with_external("w.bin", offset, length).bytes(), in), "C211"));
  CHECK(contains(refusal_of_bytes(with_external("empty.bin").bytes(), in), "C211"));
  CHECK(contains(refusal_of_bytes(with_external("none.bin").bytes(), in), "C211"));
}

TEST_CASE("onnx: no location leaves the model's folder") {
  Folder outside, folder;
  outside.write("w.bin", floats({1, 2}));
  folder.write("sub/w.bin", floats({1, 2}));
  const std::string in = (folder.path / "sub").string();
  for (const std::string& location :
       {(outside.path / "w.bin").string(), std::string("../sub/w.bin"), std::string("./w.bin"),
        std::string("a/../w.bin"), std::string("w.bin/"), std::string("//w.bin"), std::string(""),
        std::string("w.bin\0.txt", 10), std::string(".."), std::string("/dev/zero")})
    CHECK(contains(refusal_of_bytes(with_external(location).bytes(), in), "C211"));
}

TEST_CASE("onnx: no link is followed to external data") {
  Folder outside, folder;
  outside.write("w.bin", floats({1, 2}));
  fs::create_symlink(outside.path / "w.bin", folder.path / "file");
  fs::create_symlink(outside.path, folder.path / "folder");
  folder.write("real.bin", floats({1, 2}));
  fs::create_symlink("real.bin", folder.path / "inside");
  const std::string in = folder.path.string();
  for (const char* location : {"file", "folder/w.bin", "inside"})
    CHECK(contains(refusal_of_bytes(with_external(location).bytes(), in), "C211"));
}

TEST_CASE("onnx: pipes and folders are no external data, and nobody waits for them") {
  Folder folder;
  REQUIRE(::mkfifo((folder.path / "pipe").c_str(), 0600) == 0);
  fs::create_directory(folder.path / "folder");
  const std::string in = folder.path.string();
  for (const char* location : {"pipe", "folder"})
    CHECK(contains(refusal_of_bytes(with_external(location).bytes(), in), "C211"));
}

TEST_CASE("onnx: a model in memory has no external data") {
  CHECK(contains(refusal(with_external("w.bin")), "C211"));
}
