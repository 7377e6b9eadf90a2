// Golden rows (V64): whoever replays them may trust their extents and that they fit their entry.
// SPDX-License-Identifier: Apache-2.0
#include "format/layout.h"
#include "format/tensor_facts.h"
#include "format/validation.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace mle::format {
namespace {

constexpr uint64_t kStringIndexBytes =
    sizeof(uint32_t);  // a golden string is an index into the pool
using Ports = flatbuffers::Vector<flatbuffers::Offset<fb::Port>>;
using GoldenPorts = flatbuffers::Vector<flatbuffers::Offset<fb::GoldenPort>>;

struct GoldenUnderTest {
  Validation& v;
  const fb::Golden& golden;
  size_t index;
  uint64_t segment_bytes;

  [[gnu::format(printf, 2, 3)]] Status bad(const char* format, ...) const noexcept {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return refuse(Code::Corrupt, rule::V64_Golden, v.at(&golden), "%s: %s",
                  v.name_of("golden rows", index, golden.name()).text, text);
  }
};

Status check_tolerance(const GoldenUnderTest& g, const fb::Bits64* bits) noexcept {
  if (bits == nullptr) return {};
  const double tolerance = as_double(*bits);
  if (std::isfinite(tolerance) && tolerance >= 0) return {};
  return g.bad("a tolerance of %g", tolerance);
}

Status check_port(const GoldenUnderTest& g, const fb::GoldenPort& port) noexcept {
  const auto tensors = g.v.tensors;
  if (port.tensor() >= tensors.size()) {
    return g.bad("names tensor %u, the model has %zu", unsigned{port.tensor()}, tensors.size());
  }
  const TensorFacts& facts = tensors[port.tensor()];
  if (!facts.per_row && g.golden.rows() != 1) {
    return g.bad("has %u rows of a model that is computed whole", g.golden.rows());
  }
  const uint64_t element = facts.dtype == DType::Str ? kStringIndexBytes : size_of(facts.dtype);
  uint64_t needed = 0;
  if (__builtin_mul_overflow(element_count(facts.dims) * element, uint64_t{g.golden.rows()},
                             &needed) ||
      port.bytes() != needed) {
    return g.bad("states %llu bytes for %u rows of %s", print(port.bytes()), g.golden.rows(),
                 g.v.tensor_name(port.tensor()).text);
  }
  if (port.offset() % kAlignment != 0 || port.bytes() > g.segment_bytes ||
      port.offset() > g.segment_bytes - port.bytes()) {
    return g.bad("%llu bytes at %llu do not fit segment gold with %llu", print(port.bytes()),
                 print(port.offset()), print(g.segment_bytes));
  }
  return {};
}

Status check_golden_ports(const GoldenUnderTest& g, const GoldenPorts* ports) noexcept {
  MLE_TRY(g.v.spend(count_of(ports)));
  for (uint32_t i = 0; i < count_of(ports); ++i) MLE_TRY(check_port(g, *ports->Get(i)));
  return {};
}

Status check_golden(Validation& v, uint32_t index, const fb::Golden& golden) noexcept {
  MLE_TRY(v.check_name(golden.name(), &golden, "golden rows"));
  MLE_TRY(v.check_string(golden.reference(), &golden, "golden rows"));
  const int segment = v.view.find_segment(kGolden);
  const GoldenUnderTest g{v, golden, index,
                          segment < 0 ? 0 : v.view.segments()[static_cast<size_t>(segment)].size};
  if (golden.rows() == 0) return g.bad("has no rows");
  MLE_TRY(check_tolerance(g, golden.atol()));
  MLE_TRY(check_tolerance(g, golden.rtol()));
  MLE_TRY(check_golden_ports(g, golden.inputs()));
  return check_golden_ports(g, golden.outputs());
}

// An entry's golden rows are about its ports, one by one.
Status check_same_ports(const GoldenUnderTest& g, const GoldenPorts* golden,
                        const Ports& ports) noexcept {
  if (count_of(golden) != ports.size()) {
    return g.bad("is about %u ports of an entry that has %u", count_of(golden), ports.size());
  }
  MLE_TRY(g.v.spend(ports.size()));
  for (uint32_t i = 0; i < ports.size(); ++i) {
    if (golden->Get(i)->tensor() == ports.Get(i)->tensor()) continue;
    return g.bad("port %u is not that of its entry", i);
  }
  return {};
}

}  // namespace

Status check_goldens(Validation& v) noexcept {
  const auto* goldens = v.model.goldens();
  MLE_TRY(v.spend(uint64_t{count_of(goldens)} * 2));
  for (uint32_t i = 0; i < count_of(goldens); ++i) MLE_TRY(check_golden(v, i, *goldens->Get(i)));
  const auto& entries = *v.model.entries();
  for (uint32_t i = 0; i < entries.size(); ++i) {
    const fb::Entry& entry = *entries.Get(i);
    if (entry.golden() == kNoGolden) continue;
    const fb::Golden& golden = *goldens->Get(entry.golden());
    const GoldenUnderTest g{v, golden, entry.golden(), 0};
    MLE_TRY(check_same_ports(g, golden.inputs(), *entry.inputs()));
    MLE_TRY(check_same_ports(g, golden.outputs(), *entry.outputs()));
  }
  return {};
}

}  // namespace mle::format
