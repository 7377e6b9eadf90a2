// What <mle/model.h> and <mle/options.h> promise about loading.
// SPDX-License-Identifier: Apache-2.0
#include "format/header.h"
#include "format/limits.h"
#include "format/rules.h"
#include "runtime/kernels/kernels.h"
#include "tests/runtime/networks.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

namespace mle::testing {
namespace {

namespace rule = format::rule;

// A file that goes away with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::span<const std::byte> bytes) {
    const int file = ::mkstemp(path_);
    REQUIRE(file >= 0);
    REQUIRE(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    ::close(file);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { ::unlink(path_); }
  const char* path() const { return path_; }

 private:
  char path_[32] = "/tmp/mle-model-test-XXXXXX";
};

bool mentions(const Status& status, const char* text) {
  return std::strstr(status.message(), text) != nullptr;
}

TEST_CASE("model: a small file is read and a large one mapped, with the same answers") {
  for (const std::vector<uint32_t>& widths : {std::vector<uint32_t>{7, 5}, {400, 400, 3}}) {
    const TinyModel network = random_mlp(widths, 1);
    const AlignedBytes bytes = make_file(network);
    const TemporaryFile file(bytes.span());
    const std::vector<float> rows = random_rows(5 * widths[0], 2);
    Session expected = Session::make(load(network)).or_exit();
    for (const Populate populate : {Populate::Auto, Populate::Never, Populate::Always}) {
      for (const Verify verify : {Verify::Auto, Verify::Everything}) {
        LoadOptions options;
        options.populate = populate;
        options.verify = verify;
        const Model model = Model::load(file.path(), options).or_exit();
        Session session = Session::make(model).or_exit();
        CHECK(same_bits(answers(session, rows), answers(expected, rows)));
        CHECK(model.memory().file_bytes == bytes.size());
        const bool mapped = bytes.size() > format::kReadWhole;
        CHECK((model.memory().own_bytes < bytes.size()) == mapped);
      }
    }
  }
}

TEST_CASE("model: what cannot be opened says which path and why") {
  const Status missing = Model::load("/no/such/file.mle").error();
  CHECK(missing.code() == Code::NotFound);
  CHECK(missing.rule() == rule::R101_Open);
  CHECK(mentions(missing, "/no/such/file.mle"));
  const Status folder = Model::load("/tmp").error();
  CHECK(folder.code() == Code::Io);
  CHECK(mentions(folder, "not a regular file"));
  const Status device = Model::load("/dev/null").error();
  CHECK(device.code() == Code::Io);
  CHECK(Model::load(nullptr).error().code() == Code::InvalidArgument);
}

TEST_CASE("model: a named pipe is refused without waiting for its writer") {
  char path[] = "/tmp/mle-pipe-test-XXXXXX";
  REQUIRE(::mkdtemp(path) != nullptr);
  const std::string pipe = std::string(path) + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(Model::load(pipe.c_str()).error().code() == Code::Io);
  ::unlink(pipe.c_str());
  ::rmdir(path);
}

TEST_CASE("model: a damaged file is refused by its rule, under its path") {
  AlignedBytes bytes = make_file(tiny_linear());
  bytes[1] = std::byte{'x'};
  const TemporaryFile file(bytes.span());
  const Status status = Model::load(file.path()).error();
  CHECK(status.code() == Code::Corrupt);
  CHECK(status.rule() == rule::V02_Magic);
  CHECK(mentions(status, file.path()));
  const TemporaryFile empty({});
  CHECK(Model::load(empty.path()).error().rule() == rule::V01_FileTooShort);
  CHECK(Model::from_memory({}).error().rule() == rule::V01_FileTooShort);
}

TEST_CASE("model: a file of a newer minor version loads, one of another major version does not") {
  AlignedBytes bytes = make_file(tiny_linear());
  format::Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.format_minor = 0xFFFF;
  std::memcpy(bytes.data(), &header, sizeof header);
  refit_sums(bytes.span());
  CHECK(Model::from_memory(bytes.span()).has_value());
  ++header.format_major;
  std::memcpy(bytes.data(), &header, sizeof header);
  refit_sums(bytes.span());
  const Status status = Model::from_memory(bytes.span()).error();
  CHECK(status.code() == Code::Unsupported);
  CHECK(status.rule() == rule::V03_Major);
}

TEST_CASE("model: from_memory borrows aligned bytes and copies others only when told to") {
  const AlignedBytes bytes = make_file(tiny_mlp());
  const Model borrowed = Model::from_memory(bytes.span()).or_exit();
  AlignedBytes shifted(bytes.size() + 4);
  std::memcpy(shifted.data() + 4, bytes.data(), bytes.size());
  const Status status = Model::from_memory(shifted.span().subspan(4)).error();
  CHECK(status.code() == Code::InvalidArgument);
  CHECK(status.rule() == rule::R104_Alignment);
  LoadOptions options;
  options.copy = true;
  const Model copied = Model::from_memory(shifted.span().subspan(4), options).or_exit();
  std::memset(shifted.data(), 0, shifted.size());  // no longer needed
  Session a = Session::make(borrowed).or_exit();
  Session b = Session::make(copied).or_exit();
  const std::vector<float> rows = random_rows(9, 1);
  CHECK(same_bits(answers(a, rows), answers(b, rows)));
  CHECK(copied.memory().own_bytes > borrowed.memory().own_bytes);
  const std::span<const std::byte> null(static_cast<const std::byte*>(nullptr), 8);
  CHECK(Model::from_memory(null).error().code() == Code::InvalidArgument);
}

TEST_CASE("model: says what it takes and gives, and what its columns are called") {
  const Model model = load(tiny_mlp());
  CHECK(model.name() == "mlp");
  REQUIRE(model.entries().size() == 1);
  CHECK(model.entries()[0].name == "predict_proba");
  REQUIRE(model.inputs().size() == 1);
  REQUIRE(model.outputs().size() == 1);
  CHECK(model.inputs()[0].name == "x");
  CHECK(model.inputs()[0].name.data()[1] == '\0');  // the C ABI hands it out as it is
  CHECK(model.inputs()[0].dtype == DType::F32);
  CHECK(model.inputs()[0].width() == 3);
  CHECK(model.inputs()[0].per_row);
  CHECK(model.outputs()[0].name == "probabilities");
  REQUIRE(model.labels().size() == 2);
  CHECK(model.labels()[1] == "yes");
  REQUIRE(model.features().size() == 3);
  CHECK(model.features()[0] == "age");
  const Model whole = load(tiny_whole());
  CHECK_FALSE(whole.inputs()[0].per_row);
  CHECK(whole.inputs()[0].dims.size() == 2);
  CHECK(whole.inputs()[0].width() == 12);
  CHECK(whole.labels().empty());
  CHECK(whole.features().empty());
}

TEST_CASE("model: labels are those of another entry where the default one has none") {
  TinyModel m = tiny_mlp();
  auto& entries = m.model().entries;
  const fb::EntryT& labelled = *entries[0];
  m.add_entry("first", {labelled.inputs[0]->tensor}, {labelled.outputs[0]->tensor});
  std::swap(entries[0], entries[1]);
  const Model model = load(std::move(m));
  CHECK(model.entries()[0].name == "first");
  REQUIRE(model.labels().size() == 2);
  CHECK(model.labels()[1] == "yes");
  CHECK(model.features().empty());
}

TEST_CASE("model: classes are told column by column, through all outputs of an entry") {
  TinyModel m = tiny_mlp();
  CHECK(load(tiny_mlp()).classes().empty());
  const auto strings = [&](std::initializer_list<const char*> texts) {
    std::vector<uint32_t> made;
    for (const char* text : texts) made.push_back(m.strings.add(text));
    return made;
  };
  fb::PortT& output = *m.entry().outputs[0];  // of two columns
  output.classes = strings({"a", "b", "c", "yes", "no"});
  output.class_counts = {3, 2};
  const Model counted = load(m);
  REQUIRE(counted.classes().size() == 3);
  CHECK(counted.classes()[2] == "c");
  REQUIRE(counted.classes(1).size() == 2);
  CHECK(counted.classes(1)[0] == "yes");
  CHECK(counted.classes(2).empty());
  output.class_counts = {};
  const Model shared = load(m);
  CHECK(shared.classes(0).size() == 5);
  CHECK(shared.classes(1).size() == 5);
  CHECK(shared.classes(2).empty());
}

TEST_CASE("model: each table of this machine can be forced, others are refused with the list") {
  const kernels::Tables tables = kernels::available_tables();
  for (size_t i = 0; i < tables.count; ++i) {
    const std::string isa = tables.begin[i]->isa;
    CHECK(load(tiny_linear(), isa).isa() == isa);
  }
  for (const char* wrong : {"sse9", "AVX2", "avx", "avx2 "}) {
    LoadOptions options;
    options.copy = true;
    options.isa = wrong;
    const Status status = Model::from_memory(make_file(tiny_linear()).span(), options).error();
    CHECK(status.code() == Code::Unsupported);
    CHECK(status.rule() == rule::R102_Isa);
    CHECK(mentions(status, wrong));
    CHECK(mentions(status, tables.begin[0]->isa));
  }
}

TEST_CASE("model: options that make no sense are refused") {
  const AlignedBytes bytes = make_file(tiny_linear());
  LoadOptions half;
  half.allocator.allocate = [](void*, size_t, size_t) -> void* { return nullptr; };
  CHECK(Model::from_memory(bytes.span(), half).error().rule() == rule::R103_Option);
  LoadOptions huge;
  huge.max_program_bytes = uint64_t{1} << 40;
  CHECK(Model::from_memory(bytes.span(), huge).error().rule() == rule::R103_Option);
  LoadOptions tiny;
  tiny.max_program_bytes = 64;
  CHECK(Model::from_memory(bytes.span(), tiny).error().rule() == rule::V18_ProgramTooLarge);
}

TEST_CASE("model: copies share one state and any of them may be the last") {
  const AlignedBytes bytes = make_file(tiny_linear());
  Model first = Model::from_memory(bytes.span()).or_exit();
  Model second = first;
  Model third;
  third = second;
  first = std::move(third);
  third = first;
  first = Model();
  Session session = Session::make(second).or_exit();
  second = Model();
  third = Model();
  CHECK(answers(session, random_rows(3, 1)).size() == 2);  // the session keeps it alive
}

TEST_CASE("model: replacing a mapped file by rename leaves the loaded one as it was") {
  const std::vector<uint32_t> widths = {300, 200, 3};
  const TemporaryFile file(make_file(random_mlp(widths, 1)).span());
  Session session = Session::make(Model::load(file.path()).or_exit()).or_exit();
  const std::vector<float> rows = random_rows(300, 2);
  const std::vector<float> before = answers(session, rows);
  const TemporaryFile other(make_file(random_mlp(widths, 2)).span());
  const std::string moved = std::string(other.path()) + ".new";
  REQUIRE(::link(other.path(), moved.c_str()) == 0);
  REQUIRE(::rename(moved.c_str(), file.path()) == 0);
  CHECK(same_bits(answers(session, rows), before));
  Session fresh = Session::make(Model::load(file.path()).or_exit()).or_exit();
  CHECK_FALSE(same_bits(answers(fresh, rows), before));
}

}  // namespace
}  // namespace mle::testing
