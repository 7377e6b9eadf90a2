// The reader: what it accepts, what it gives, and that it refuses each broken file with its rule.
// SPDX-License-Identifier: Apache-2.0
#include "format/file_view.h"
#include "format/limits.h"
#include "format/mle_generated.h"
#include "format/rules.h"
#include "format/validation.h"
#include "tests/format/one_op.h"
#include "tests/format/refusals.h"

#include <doctest/doctest.h>

#include <cstring>
#include <set>
#include <string>

using namespace mle;
using namespace mle::format;
using namespace mle::testing;

namespace {

void check_accepted(const TinyModel& model) {
  const AlignedBytes file = make_file(model);
  for (const Verify verify : {Verify::Auto, Verify::Everything}) {
    const auto view = FileView::open(file.span(), {.verify = verify});
    CHECK_MESSAGE(view.has_value(), view.error().message());
  }
}

void check_refused(const std::vector<Refusal>& refusals) {
  for (const Refusal& refusal : refusals) {
    const std::string what = refusal.what;
    CAPTURE(what);
    const AlignedBytes file = refusal.make();
    const auto view = FileView::open(file.span());
    REQUIRE_FALSE_MESSAGE(view.has_value(), "accepted, expected V" << refusal.rule);
    const Status& status = view.error();
    const std::string message = status.message();
    CAPTURE(message);
    CHECK(status.rule() == refusal.rule);
    CHECK(status.offset() <= file.size());
    const bool known_code = status.code() == Code::Corrupt || status.code() == Code::Unsupported;
    CHECK(known_code);
    CHECK(std::string(status.hint()) == find_rule(refusal.rule)->way_out);
  }
}

}  // namespace

TEST_CASE("reader: tiny models are accepted") {
  check_accepted(tiny_linear());
  check_accepted(tiny_mlp());
  check_accepted(tiny_whole());
}

TEST_CASE("reader: a correct op of every kind is accepted") {
  std::set<fb::OpKind> seen;
  for (const auto& each : kOneOpModels) {
    const auto& name = each.name;
    const auto& make = each.make;
    CAPTURE(name);
    TinyModel model = make();
    seen.insert(model.op(0).kind);
    check_accepted(model);
  }
  CHECK(seen.size() == kOpKindCount - 1);  // number 0 is none
}

TEST_CASE("reader: broken headers and regions are refused with their rule") {
  check_refused(header_refusals());
}
TEST_CASE("reader: broken programs are refused with their rule") {
  check_refused(program_refusals());
}
TEST_CASE("reader: broken tensors are refused with their rule") {
  check_refused(tensor_refusals());
}
TEST_CASE("reader: broken op lists are refused with their rule") { check_refused(op_refusals()); }
TEST_CASE("reader: ops that break their kind are refused with their rule") {
  check_refused(op_rule_refusals());
  check_refused(table_rule_refusals());
  check_refused(sum_refusals());
  check_refused(movement_rule_refusals());
}
TEST_CASE("reader: broken entries are refused with their rule") { check_refused(entry_refusals()); }

TEST_CASE("reader: every rule about files has a file that breaks it, or a reason why none can") {
  std::set<int> covered = {
      rule::V20_ProgramOverflow,  // V18 refuses first: the ceiling is far below 2 GiB
      rule::V21_ProgramCopy,      // about the allocator, not the file: has its own case
      rule::V47_Counts,           // no op kind of this version has an index list
      rule::V53_TotalMemory,      // one model per file: the same as V51
      rule::V71_LoaderMemory,     // what 65535 tensors need stays below: has its own case
  };
  for (const auto& list :
       {header_refusals(), program_refusals(), tensor_refusals(), op_refusals(), op_rule_refusals(),
        table_rule_refusals(), sum_refusals(), movement_rule_refusals(), entry_refusals()}) {
    for (const Refusal& refusal : list) covered.insert(refusal.rule);
  }
  for (const RuleText& text : rules()) {
    if (text.code[0] != 'V') continue;
    CAPTURE(text.number);
    CHECK(covered.count(text.number) == 1);
  }
}

TEST_CASE("reader: a message names the tensor, what it states and what it needs") {
  TinyModel model = tiny_mlp();
  model.tensor(5).bytes = 1024;
  const auto view = FileView::open(make_file(model).span());
  REQUIRE_FALSE(view);
  CHECK(std::string(view.error().message()) ==
        "tensor 5 ('fc1.bias'): states 1024 bytes, its dims need 20");
  CHECK(view.error().offset() > 128);
  CHECK(view.error().code() == Code::Corrupt);
}

TEST_CASE("reader: unknown features are named by their bits") {
  TinyModel model = tiny_linear();
  model.required_features |= uint64_t{1} << 4 | uint64_t{1} << 63;
  const auto view = FileView::open(make_file(model).span());
  REQUIRE_FALSE(view);
  CHECK(view.error().code() == Code::Unsupported);
  CHECK(std::string(view.error().message()).ends_with("bit 4, 63"));
}

TEST_CASE("reader: strings, segments and constants are those that were written") {
  const AlignedBytes file = make_file(tiny_mlp());
  const auto view = FileView::open(file.span());
  REQUIRE(view);
  CHECK(view->string(0).empty());
  CHECK(view->string(view->model().name()) == "mlp");
  CHECK(view->string(123456).empty());
  CHECK(view->find_segment(kWeights) == 0);
  CHECK(view->find_segment(kGolden) == 1);
  CHECK(view->find_segment(kCard) == -1);
  CHECK(view->own_bytes() >= view->header().program_size);
  const auto bytes = view->constant(*view->model().tensors()->Get(5));
  REQUIRE(bytes.size() == 5 * sizeof(float));
  CHECK(reinterpret_cast<uintptr_t>(bytes.data()) % 64 == 0);
  for (size_t i = 0; i < 5; ++i) {
    float value;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    CHECK(value == tiny_weight(i));
  }
}

TEST_CASE("reader: what was checked stays when the file is changed afterwards") {
  AlignedBytes file = make_file(tiny_mlp());
  const auto view = FileView::open(file.span());
  REQUIRE(view);
  std::memset(file.data(), 0xFF, view->header().program_offset + view->header().program_size);
  CHECK(view->string(view->model().name()) == "mlp");
  CHECK(view->segments().size() == 2);
}

TEST_CASE("reader: a moved view keeps its promises, the moved-from one owns nothing") {
  const AlignedBytes file = make_file(tiny_mlp());
  auto first = FileView::open(file.span()).or_exit();
  FileView second(std::move(first));
  CHECK(second.string(second.model().name()) == "mlp");
  auto third = FileView::open(make_file(tiny_whole()).span()).or_exit();
  third = std::move(second);
  CHECK(third.string(third.model().name()) == "mlp");
}

TEST_CASE("reader: an unknown segment whose kind begins in lower case is skipped") {
  TinyModel model = tiny_whole();
  model.golden.resize(64);
  AlignedBytes file = make_file(model);
  const uint32_t unknown = fourcc('n', 'e', 'w', '1');
  std::memcpy(file.data() + sizeof(Header), &unknown, sizeof unknown);
  refit_sums(file.span());
  const auto view = FileView::open(file.span());
  REQUIRE_MESSAGE(view.has_value(), view.error().message());
  CHECK(view->find_segment(unknown) == 0);
  CHECK(view->find_segment(kGolden) == -1);
}

TEST_CASE("reader: small files are summed whole") {
  TinyModel model = tiny_linear();
  model.weights.resize(kReadWhole - 4096);
  AlignedBytes file = make_file(model);
  REQUIRE(file.size() <= kReadWhole);
  const auto whole = FileView::open(file.span()).or_exit();
  for (const uint64_t byte : {whole.segments()[0].offset + 2000, whole.segments()[1].offset}) {
    file[byte] ^= std::byte{1};
    const auto view = FileView::open(file.span());
    REQUIRE_FALSE(view);
    CHECK(view.error().rule() == rule::V17_Sum);
    file[byte] ^= std::byte{1};
  }
}

TEST_CASE("reader: in larger files gaps between segments are read where all is to be verified") {
  TinyModel model = tiny_linear();
  model.weights.resize(kReadWhole + 64);
  model.golden.resize(65536);  // begins with a page
  AlignedBytes file = make_file(model);
  const auto intact = FileView::open(file.span(), {.verify = Verify::Everything}).or_exit();
  const SegmentEntry weights = intact.segments()[0];
  const uint64_t gap = weights.offset + weights.size;
  REQUIRE(gap < intact.segments()[1].offset);
  file[gap] = std::byte{1};
  CHECK(FileView::open(file.span()).has_value());
  const auto summed = FileView::open(file.span(), {.verify = Verify::Everything});
  REQUIRE_FALSE(summed);
  CHECK(summed.error().rule() == rule::V13_Gap);
  file[gap] = std::byte{0};
  file[weights.offset - 1] = std::byte{1};  // before the first segment all is always read
  CHECK(FileView::open(file.span()).error().rule() == rule::V13_Gap);
}

TEST_CASE("reader: a copy of the front is read instead of the file's first bytes") {
  TinyModel model = tiny_mlp();
  model.weights.resize(40000);
  AlignedBytes file = make_file(model);
  const AlignedBytes copy = file;
  const uint64_t end = FileView::open(file.span()).or_exit().segments()[0].offset;
  std::memset(file.data(), 0xEE, end);
  CHECK_FALSE(FileView::open(file.span()));
  const auto view = FileView::open(file.span(), {}, copy.span().first(end));
  REQUIRE_MESSAGE(view.has_value(), view.error().message());
  CHECK(view->string(view->model().name()) == "mlp");
  CHECK(view->constant(*view->model().tensors()->Get(5)).data() > file.data());
  // A front that ends within the program helps with what it has, whatever its length.
  for (const size_t size : {size_t{0}, size_t{64}, size_t{200}, size_t{400}, copy.size() + 0}) {
    CHECK(FileView::open(copy.span(), {}, copy.span().first(size)).has_value());
  }
}

TEST_CASE("reader: large files are summed only where everything is to be verified") {
  TinyModel model = tiny_linear();
  model.weights.resize(65536);
  AlignedBytes file = make_file(model);
  const auto whole = FileView::open(file.span(), {.verify = Verify::Everything});
  REQUIRE(whole);
  const uint64_t weight = whole->segments()[0].offset + 40000;
  file[weight] ^= std::byte{1};
  CHECK(FileView::open(file.span()).has_value());
  const auto summed = FileView::open(file.span(), {.verify = Verify::Everything});
  REQUIRE_FALSE(summed);
  CHECK(summed.error().rule() == rule::V17_Sum);
  CHECK(summed.error().offset() == whole->segments()[0].offset);
}

TEST_CASE("reader: golden rows of strings are indices, four bytes each") {
  TinyModel model = one_op({2}, {2});
  model.add_op(fb::OpKind::Reshape, {0}, 1);
  model.tensor(0).dtype = fb::DType::Str;
  model.tensor(1).dtype = fb::DType::Str;
  model.add_golden(3, std::vector<float>(6), std::vector<float>(6));
  check_accepted(model);
}

TEST_CASE("reader: an op may work in place where its kind allows it") {
  TinyModel model;
  const uint16_t x = model.add_input("x", {4, 6});
  const uint16_t a = model.add_arena("a", {4, 6});
  const uint16_t y = model.add_output("y", {24});
  std::vector<uint16_t> chain = {a};
  const auto in_place = [&](fb::OpKind kind, std::vector<uint32_t> dims) -> fb::OpT& {
    const uint16_t out = model.add_arena("", std::move(dims));
    model.tensor(out).offset = 0;
    fb::OpT& op = model.add_op(kind, {chain.back()}, out);
    chain.push_back(out);
    return op;
  };
  model.add_op(fb::OpKind::Unary, {x}, a);
  in_place(fb::OpKind::Unary, {4, 6});
  in_place(fb::OpKind::Clip, {4, 6}).fattr.assign(2, fb::Bits64(0, 0));
  in_place(fb::OpKind::Softmax, {4, 6}).iattr = {0};
  in_place(fb::OpKind::LogSoftmax, {4, 6}).iattr = {1};
  fb::OpT& sum = in_place(fb::OpKind::Binary, {4, 6});
  sum.iattr = {0};
  sum.inputs.push_back(sum.inputs[0]);
  in_place(fb::OpKind::Reshape, {24});
  model.add_op(fb::OpKind::Unary, {chain.back()}, y);
  model.add_entry("predict", {x}, {y});
  check_accepted(model);
}

TEST_CASE("reader: arena bytes may be used again by what is needed later") {
  TinyModel model;
  const uint16_t x = model.add_input("x", {100});
  uint16_t last = x;
  for (int i = 0; i < 40; ++i) {
    const uint16_t out = model.add_arena("", {100});
    model.tensor(out).offset = static_cast<uint64_t>(i % 2) * 448;
    model.add_op(fb::OpKind::Slice, {last}, out).iattr = {0, 0, 1};
    last = out;
  }
  const uint16_t y = model.add_output("y", {100});
  model.add_op(fb::OpKind::Unary, {last}, y);
  model.add_entry("predict", {x}, {y});
  check_accepted(model);
}

TEST_CASE("reader: constants may lie at the same place exactly") {
  TinyModel model = one_scale();
  model.tensor(3).offset = model.tensor(2).offset;
  check_accepted(model);
}

TEST_CASE("reader: misaligned bytes and wild options are the caller's mistake") {
  const AlignedBytes file = make_file(tiny_linear()).extended(64, std::byte{0});
  auto view = FileView::open(file.span().subspan(8));
  REQUIRE_FALSE(view);
  CHECK(view.error().rule() == rule::R104_Alignment);
  CHECK(view.error().code() == Code::InvalidArgument);
  view = FileView::open(file.span(), {.max_program_bytes = kMaxProgramBytesCeiling + 1});
  REQUIRE_FALSE(view);
  CHECK(view.error().rule() == rule::R103_Option);
}

TEST_CASE("reader: the limit on the program can be lowered") {
  const AlignedBytes file = make_file(tiny_linear());
  const auto view = FileView::open(file.span(), {.max_program_bytes = 100});
  REQUIRE_FALSE(view);
  CHECK(view.error().rule() == rule::V18_ProgramTooLarge);
  CHECK(view.error().code() == Code::Unsupported);
}

TEST_CASE("reader: memory beyond the loader's limit is refused") {
  const AlignedBytes file = make_file(tiny_linear());
  const auto view = FileView::open(file.span()).or_exit();
  const Allocator allocator;
  Validation validation(view, allocator, view.own_bytes());
  CHECK(validation.take_memory(1 << 20).ok());
  const Status too_much = validation.take_memory(1 << 20);
  CHECK(too_much.rule() == rule::V71_LoaderMemory);
  CHECK(too_much.code() == Code::OutOfMemory);
}

// ---- the embedder's allocator

namespace {

struct CountedMemory {
  size_t calls = 0;
  size_t fail_at = ~size_t{0};  // this call gets null
  size_t shift = 0;             // added to every address
  size_t live = 0;
  size_t total = 0;

  Allocator allocator() {
    return {[](void* context, size_t bytes, size_t align) -> void* {
              auto& self = *static_cast<CountedMemory*>(context);
              if (self.calls++ == self.fail_at) return nullptr;
              ++self.live;
              self.total += bytes;
              const size_t whole = (bytes + 2 * align - 1) / align * align;
              return static_cast<std::byte*>(std::aligned_alloc(align, whole)) + self.shift;
            },
            [](void* context, void* block, size_t, size_t) {
              auto& self = *static_cast<CountedMemory*>(context);
              --self.live;
              std::free(static_cast<std::byte*>(block) - self.shift);
            },
            this};
  }
};

}  // namespace

TEST_CASE("reader: a small program is checked with one allocation, its copy") {
  CountedMemory memory;
  const AlignedBytes file = make_file(tiny_mlp());
  CHECK(FileView::open(file.span(), {.allocator = memory.allocator()}));
  CHECK(memory.calls == 1);
}

TEST_CASE("reader: whichever allocation fails, the answer is OutOfMemory and nothing leaks") {
  // So many parts that the checks need memory of their own.
  TinyModel model;
  uint16_t last = model.add_input("x", {8});
  const uint16_t x = last;
  for (int i = 0; i < 1500; ++i) {
    const uint16_t out = model.add_arena("", {8});
    model.add_op(fb::OpKind::Unary, {last}, out);
    last = out;
  }
  const uint16_t y = model.add_output("y", {8});
  model.add_op(fb::OpKind::Unary, {last}, y);
  model.add_entry("predict", {x}, {y});
  const AlignedBytes file = make_file(model);
  size_t calls = 0;
  {
    CountedMemory memory;
    const auto view = FileView::open(file.span(), {.allocator = memory.allocator()});
    REQUIRE(view);
    CHECK(memory.live == 1);
    CHECK(memory.total <= 3 * view->header().program_size + (1 << 20));
    calls = memory.calls;
  }
  CHECK(calls > 5);
  for (size_t i = 0; i < calls; ++i) {
    CountedMemory memory;
    memory.fail_at = i;
    const auto view = FileView::open(file.span(), {.allocator = memory.allocator()});
    REQUIRE_FALSE(view);
    CHECK(view.error().code() == Code::OutOfMemory);
    CHECK(memory.live == 0);
  }
}

TEST_CASE("reader: a block that is not aligned as asked is refused") {
  const AlignedBytes file = make_file(tiny_mlp());
  CountedMemory memory;
  memory.shift = 8;
  const auto view = FileView::open(file.span(), {.allocator = memory.allocator()});
  REQUIRE_FALSE(view);
  CHECK(view.error().rule() == rule::V21_ProgramCopy);
  CHECK(memory.live == 0);
}
