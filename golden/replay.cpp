// SPDX-License-Identifier: Apache-2.0
#include "golden/replay.h"

#include <mle/session.h>

#include "format/half.h"
#include "format/mle_generated.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <span>

namespace mle::golden {
namespace {

using GoldenPorts = flatbuffers::Vector<flatbuffers::Offset<fb::GoldenPort>>;
using Bytes = std::span<const std::byte>;

double as_double(const fb::Bits64* bits) {
  if (bits == nullptr) return 0;
  return std::bit_cast<double>(uint64_t{bits->hi()} << 32 | bits->lo());
}

// FileView has proved that golden ports are those of the entry, one by one, and fit the segment.
Bytes golden_bytes(const format::FileView& view, const fb::GoldenPort& port) {
  const int segment = view.find_segment(format::kGolden);
  if (segment < 0) return {};
  return view.segment(static_cast<size_t>(segment)).subspan(port.offset(), port.bytes());
}

// Strings are recorded as indices into the program's pool.
std::vector<std::string_view> golden_strings(const format::FileView& view, Bytes bytes) {
  std::vector<std::string_view> texts(bytes.size() / sizeof(uint32_t));
  for (size_t i = 0; i < texts.size(); ++i) {
    uint32_t index = 0;
    std::memcpy(&index, bytes.data() + i * sizeof index, sizeof index);
    if (index != format::kMissingString) texts[i] = view.string(index);
  }
  return texts;
}

template <class T>
T element(const void* data, size_t index) {
  T value;
  std::memcpy(&value, static_cast<const std::byte*>(data) + index * sizeof value, sizeof value);
  return value;
}

bool is_real(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F64 || dtype == DType::F16 || dtype == DType::BF16;
}

double real_element(DType dtype, const void* data, size_t index) {
  switch (dtype) {
    case DType::F64: return element<double>(data, index);
    case DType::F16: return double{format::half_to_float(element<uint16_t>(data, index))};
    case DType::BF16: return double{format::bfloat_to_float(element<uint16_t>(data, index))};
    default: return double{element<float>(data, index)};
  }
}

// The distance between neighbours at |x|: 2^(exponent - bits of the fraction).
double ulp_of(DType dtype, double x) {
  const int bits = dtype == DType::F64   ? 52
                   : dtype == DType::F32 ? 23
                   : dtype == DType::F16 ? 10
                                         : 7;
  const int least = dtype == DType::F64 ? -1022 : dtype == DType::F16 ? -14 : -126;
  const int exponent = x == 0 ? least : std::max(std::ilogb(x), least);
  return std::ldexp(1.0, exponent - bits);
}

// The one with fewer digits.
DType coarser(DType a, DType b) { return ulp_of(a, 1) < ulp_of(b, 1) ? b : a; }

class Comparison {
 public:
  Comparison(GoldenReport& report, DType ulp) : report_(report) { report_.ulp = ulp; }

  void compare(const TensorSpec& spec, const void* got, const void* recorded, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      if (is_real(spec.dtype)) {
        compare_real(spec, real_element(spec.dtype, got, i), real_element(spec.dtype, recorded, i),
                     i);
      } else if (spec.dtype == DType::Str) {
        const auto a = element<std::string_view>(got, i),
                   b = element<std::string_view>(recorded, i);
        if (a != b || (a.data() == nullptr) != (b.data() == nullptr))
          wrong(spec, i, "'" + std::string(a) + "'", "'" + std::string(b) + "'");
      } else {
        const size_t bytes = size_of(spec.dtype);
        const auto* a = static_cast<const std::byte*>(got) + i * bytes;
        const auto* b = static_cast<const std::byte*>(recorded) + i * bytes;
        if (std::memcmp(a, b, bytes) != 0)
          wrong(spec, i, whole_text(a, bytes), whole_text(b, bytes));
      }
    }
  }

 private:
  static std::string whole_text(const std::byte* bytes, size_t count) {
    int64_t value = 0;
    std::memcpy(&value, bytes, count);
    return std::to_string(value);
  }
  static std::string real_text(double value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, static_cast<float>(value)).ptr};
  }

  void compare_real(const TensorSpec& spec, double got, double recorded, size_t index) {
    if (got == recorded || (std::isnan(got) && std::isnan(recorded))) return;
    const double error = std::fabs(got - recorded);
    if (std::isfinite(error)) {
      report_.worst_abs = std::max(report_.worst_abs, error);
      report_.worst_ulp = std::max(report_.worst_ulp, error / ulp_of(report_.ulp, recorded));
    }
    if (!(error <= report_.atol + report_.rtol * std::fabs(recorded)))
      wrong(spec, index, real_text(got), real_text(recorded));
  }

  void wrong(const TensorSpec& spec, size_t index, const std::string& got,
             const std::string& recorded) {
    if (report_.wrong++ > 0) return;
    const size_t width = spec.per_row ? spec.width() : std::numeric_limits<size_t>::max();
    report_.first_wrong = "output '" + std::string(spec.name) + "', row " +
                          std::to_string(index / width) + ", element " +
                          std::to_string(index % width) + ": " + got + ", recorded " + recorded;
  }

  GoldenReport& report_;
};

class Replay {
 public:
  Replay(const format::FileView& view, const fb::Entry& entry, const fb::Golden& golden)
      : view_(view), entry_(entry), golden_(golden) {}

  Result<GoldenReport> run(const Model& model) {
    GoldenReport report;
    report.entry = view_.string(entry_.name());
    report.reference = view_.string(golden_.reference());
    report.rows = golden_.rows();
    report.atol = as_double(golden_.atol());
    report.rtol = as_double(golden_.rtol());
    SessionOptions options;
    options.entry = report.entry;
    MLE_TRY_ASSIGN(Session session, Session::make(model, options));

    std::vector<In> inputs;
    for (size_t i = 0; i < session.inputs().size(); ++i)
      inputs.emplace_back(session.inputs()[i].dtype,
                          recorded(*golden_.inputs(), i, session.inputs()[i]),
                          count(session.inputs()[i]));
    std::vector<std::vector<uint64_t>> answers;
    std::vector<Out> outputs;
    for (const TensorSpec& spec : session.outputs()) {
      answers.emplace_back((count(spec) * size_of(spec.dtype) + 7) / 8);
      outputs.emplace_back(spec.dtype, answers.back().data(), count(spec));
    }
    MLE_TRY(session.run(inputs, outputs));
    Comparison comparison(report, unit(session.outputs()));
    for (size_t i = 0; i < session.outputs().size(); ++i) {
      const TensorSpec& spec = session.outputs()[i];
      comparison.compare(spec, answers[i].data(), recorded(*golden_.outputs(), i, spec),
                         count(spec));
    }
    return report;
  }

 private:
  // The unit of the coarsest type that the answers are computed in: one of f64 that was widened at
  // the very end has the digits of f32.
  DType unit(std::span<const TensorSpec> outputs) const {
    DType found = DType::F64;
    for (const TensorSpec& spec : outputs)
      if (is_real(spec.dtype)) found = coarser(found, spec.dtype);
    for (const fb::Tensor* tensor : *view_.model().tensors()) {
      const auto dtype = static_cast<DType>(tensor->dtype());
      if (tensor->place() == fb::Place::Arena && is_real(dtype)) found = coarser(found, dtype);
    }
    return found;
  }

  size_t count(const TensorSpec& spec) const {
    return spec.width() * (spec.per_row ? golden_.rows() : 1);
  }

  // What was recorded for port `index` of the entry.
  const void* recorded(const GoldenPorts& ports, size_t index, const TensorSpec& spec) {
    const Bytes bytes = golden_bytes(view_, *ports.Get(static_cast<flatbuffers::uoffset_t>(index)));
    if (spec.dtype != DType::Str) return bytes.data();
    return strings_.emplace_back(golden_strings(view_, bytes)).data();
  }

  const format::FileView& view_;
  const fb::Entry& entry_;
  const fb::Golden& golden_;
  std::deque<std::vector<std::string_view>> strings_;
};

}  // namespace

Result<std::vector<GoldenReport>> replay_golden(const format::FileView& view, const Model& model) {
  std::vector<GoldenReport> reports;
  const fb::Model& program = view.model();
  for (const fb::Entry* entry : *program.entries()) {
    if (program.goldens() == nullptr || entry->golden() >= program.goldens()->size()) continue;
    Replay replay(view, *entry, *program.goldens()->Get(entry->golden()));
    MLE_TRY_ASSIGN(GoldenReport report, replay.run(model));
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace mle::golden
