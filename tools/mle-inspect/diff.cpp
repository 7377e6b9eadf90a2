// SPDX-License-Identifier: Apache-2.0
#include "tools/mle-inspect/diff.h"

#include "tools/cli/element.h"
#include "tools/cli/text.h"
#include "tools/mle-inspect/constants.h"
#include "tools/mle-inspect/match_ops.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace mle::tools {
namespace {

using format::FileView;
using Ports = flatbuffers::Vector<flatbuffers::Offset<fb::Port>>;

// Neighbouring floating numbers as neighbouring integers.
template <class Bits>
double ordered(Bits bits) {
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
  const auto size = static_cast<double>(bits & static_cast<Bits>(~kSign));
  return (bits & kSign) != 0 ? -size : size;
}

double ulp_distance(DType dtype, const void* a, const void* b, size_t i) {
  switch (dtype) {
    case DType::F32:
      return std::fabs(ordered(element<uint32_t>(a, i)) - ordered(element<uint32_t>(b, i)));
    case DType::F64: {
      // Near each other the doubles of ordered() would round: whole numbers don't.
      const auto x = element<uint64_t>(a, i), y = element<uint64_t>(b, i);
      if (x >> 63 == y >> 63) return static_cast<double>(x > y ? x - y : y - x);
      return std::fabs(ordered(x) - ordered(y));
    }
    case DType::F16:
    case DType::BF16:
      return std::fabs(ordered(element<uint16_t>(a, i)) - ordered(element<uint16_t>(b, i)));
    default: return 0;
  }
}

std::string shape_of(const fb::Tensor& tensor) {
  std::string text = tensor.rows() == fb::Rows::PerRow ? "[*" : "[";
  for (const uint64_t dim : dims_of(tensor))
    text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
  return text + "] " + name_of(dtype_of(tensor));
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

class Differ {
 public:
  Differ(const FileView& a, const FileView& b)
      : a_(a),
        b_(b),
        names_a_(tensor_names(a)),
        names_b_(tensor_names(b)),
        writers_a_(writers(a)),
        writers_b_(writers(b)) {}

  Result<DiffReport> run() {
    provenance();
    entries();
    MLE_TRY(ops());
    return std::move(report_);
  }

 private:
  const fb::Tensor& tensor_a(uint32_t i) const { return *a_.model().tensors()->Get(i); }
  const fb::Tensor& tensor_b(uint32_t i) const { return *b_.model().tensors()->Get(i); }
  std::string text_a(uint32_t i) const { return std::string(a_.string(i)); }
  std::string text_b(uint32_t i) const { return std::string(b_.string(i)); }

  void compare(std::vector<std::string>& to, const std::string& what, const std::string& from,
               const std::string& into) {
    if (from != into) to.push_back(what + ": " + quoted(from) + " → " + quoted(into));
  }

  void provenance() {
    const fb::Model &a = a_.model(), &b = b_.model();
    auto& to = report_.provenance;
    compare(to, "name", text_a(a.name()), text_b(b.name()));
    compare(to, "version", std::to_string(a.version()), std::to_string(b.version()));
    compare(to, "license", text_a(a.license()), text_b(b.license()));
    compare(to, "author", text_a(a.author()), text_b(b.author()));
    compare(to, "doc", text_a(a.doc()), text_b(b.doc()));
    const auto source = [](const FileView& view, uint32_t (fb::Source::*field)() const) {
      const fb::Source* from = view.model().source();
      return from == nullptr ? std::string() : std::string(view.string((from->*field)()));
    };
    compare(to, "source file", source(a_, &fb::Source::file_name),
            source(b_, &fb::Source::file_name));
    compare(to, "framework",
            source(a_, &fb::Source::framework) + " " + source(a_, &fb::Source::framework_version),
            source(b_, &fb::Source::framework) + " " + source(b_, &fb::Source::framework_version));
    compare(to, "converter", source(a_, &fb::Source::converter_version),
            source(b_, &fb::Source::converter_version));
  }

  void entries() {
    const auto find = [](const FileView& view, std::string_view name) -> const fb::Entry* {
      for (const fb::Entry* entry : *view.model().entries())
        if (view.string(entry->name()) == name) return entry;
      return nullptr;
    };
    for (const fb::Entry* entry : *a_.model().entries()) {
      const std::string name = text_a(entry->name());
      const fb::Entry* other = find(b_, name);
      if (other == nullptr) {
        report_.structure.push_back("entry " + quoted(name) + " is gone");
        continue;
      }
      compare(report_.structure, "entry " + quoted(name) + ", task",
              fb::EnumNameTask(entry->task()), fb::EnumNameTask(other->task()));
      ports("entry " + quoted(name) + ", input", *entry->inputs(), *other->inputs());
      ports("entry " + quoted(name) + ", output", *entry->outputs(), *other->outputs());
    }
    for (const fb::Entry* entry : *b_.model().entries())
      if (find(a_, b_.string(entry->name())) == nullptr)
        report_.structure.push_back("entry " + quoted(b_.string(entry->name())) + " is new");
  }

  void ports(const std::string& where, const Ports& a, const Ports& b) {
    if (a.size() != b.size())
      report_.structure.push_back(where + "s: " + std::to_string(a.size()) + " → " +
                                  std::to_string(b.size()));
    for (uint32_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      const fb::Port &x = *a.Get(i), &y = *b.Get(i);
      const std::string port = where + " " + quoted(text_a(x.name()));
      compare(report_.structure, port + ", name", text_a(x.name()), text_b(y.name()));
      compare(report_.structure, port + ", shape", shape_of(tensor_a(x.tensor())),
              shape_of(tensor_b(y.tensor())));
      names(port + ", label", x.labels(), y.labels());
      names(port + ", class", x.classes(), y.classes());
      names(port + ", column", x.features(), y.features());
    }
  }

  void names(const std::string& where, const flatbuffers::Vector<uint32_t>* a,
             const flatbuffers::Vector<uint32_t>* b) {
    const uint32_t count_a = a == nullptr ? 0 : a->size(), count_b = b == nullptr ? 0 : b->size();
    if (count_a != count_b)
      report_.labels.push_back(where + "s: " + std::to_string(count_a) + " → " +
                               std::to_string(count_b));
    for (uint32_t i = 0; i < std::min(count_a, count_b); ++i)
      compare(report_.labels, where + " " + std::to_string(i), text_a(a->Get(i)),
              text_b(b->Get(i)));
  }

  Status ops() {
    const std::vector<size_t> partner = match_ops(a_, b_);
    std::vector<bool> met(b_.model().ops()->size());
    for (size_t i = 0; i < partner.size(); ++i) {
      if (partner[i] == kNoMatch) {
        report_.structure.push_back(op_title(a_, i) + " is gone");
        continue;
      }
      met[partner[i]] = true;
      MLE_TRY(op(i, partner[i], partner));
    }
    for (size_t i = 0; i < met.size(); ++i)
      if (!met[i]) report_.structure.push_back(op_title(b_, i) + " is new");
    return {};
  }

  Status op(size_t i, size_t j, const std::vector<size_t>& partner) {
    const fb::Op& a = *a_.model().ops()->Get(static_cast<uint32_t>(i));
    const fb::Op& b = *b_.model().ops()->Get(static_cast<uint32_t>(j));
    const std::string title = op_title(a_, i);
    auto& to = report_.structure;
    compare(to, title + ", name", text_a(a.name()), text_b(b.name()));
    compare(to, title + ", function", fb::EnumNameAct(a.act()), fb::EnumNameAct(b.act()));
    compare(to, title + ", version", std::to_string(a.version()), std::to_string(b.version()));
    compare(to, title + ", flags", std::to_string(a.flags()), std::to_string(b.flags()));
    compare(to, title + ", iattr", numbers(a.iattr()), numbers(b.iattr()));
    compare(to, title + ", fattr", numbers(a.fattr()), numbers(b.fattr()));
    compare(to, title + ", indices", numbers(a.indices()), numbers(b.indices()));
    if (a.inputs()->size() != b.inputs()->size()) {
      to.push_back(title + ", inputs: " + std::to_string(a.inputs()->size()) + " → " +
                   std::to_string(b.inputs()->size()));
      return {};
    }
    for (uint32_t k = 0; k < a.inputs()->size(); ++k) {
      const uint16_t x = a.inputs()->Get(k), y = b.inputs()->Get(k);
      if (is_constant(tensor_a(x)) && is_constant(tensor_b(y))) {
        MLE_TRY(constants(title, x, y));
      } else if (!same_origin(x, y, partner)) {
        to.push_back(title + ", input " + std::to_string(k + 1) + ": " + names_a_[x] + " → " +
                     names_b_[y]);
      }
    }
    return {};
  }

  static std::string numbers(const flatbuffers::Vector<uint32_t>* values) {
    std::string text;
    if (values != nullptr)
      for (const uint32_t value : *values)
        text += (text.empty() ? "" : " ") + std::to_string(value);
    return text;
  }
  static std::string numbers(const flatbuffers::Vector<const fb::Bits64*>* values) {
    std::string text;
    if (values != nullptr)
      for (const fb::Bits64* bits : *values) {
        if (!text.empty()) text += ' ';
        append_number(text, double_of(*bits));
      }
    return text;
  }

  // For each tensor the op that writes it, or kNoMatch.
  static std::vector<size_t> writers(const FileView& view) {
    std::vector<size_t> list(view.model().tensors()->size(), kNoMatch);
    const auto& ops = *view.model().ops();
    for (uint32_t i = 0; i < ops.size(); ++i)
      for (const uint16_t output : *ops.Get(i)->outputs()) list[output] = i;
    return list;
  }

  // Both come from the same op, input or kind of place.
  bool same_origin(uint16_t x, uint16_t y, const std::vector<size_t>& partner) const {
    const size_t writer = writers_a_[x], other = writers_b_[y];
    if (writer != kNoMatch) return partner[writer] != kNoMatch && partner[writer] == other;
    return other == kNoMatch && tensor_a(x).place() == tensor_b(y).place() &&
           a_.string(tensor_a(x).name()) == b_.string(tensor_b(y).name());
  }

  Status constants(const std::string& title, uint16_t x, uint16_t y) {
    const fb::Tensor &a = tensor_a(x), &b = tensor_b(y);
    if (shape_of(a) != shape_of(b)) {
      report_.structure.push_back(title + ", " + names_a_[x] + ": " + shape_of(a) + " → " +
                                  shape_of(b));
      return {};
    }
    MLE_TRY_ASSIGN(const std::vector<std::byte> left, unpack(a_, a));
    MLE_TRY_ASSIGN(const std::vector<std::byte> right, unpack(b_, b));
    TensorDiff found{title, names_a_[x], shape_of(a), elements_of(a), 0, 0, 0, 0};
    const DType dtype = dtype_of(a);
    const size_t size =
        dtype == DType::Str || found.elements == 0 ? 1 : left.size() / found.elements;
    if (dtype == DType::Str || left.size() != right.size()) {
      if (left != right) report_.structure.push_back(title + ", " + names_a_[x] + ": other bytes");
      return {};
    }
    for (uint64_t i = 0; i < found.elements; ++i) {
      if (std::memcmp(left.data() + i * size, right.data() + i * size, size) == 0) continue;
      const double p = element_value(dtype, left.data(), i),
                   q = element_value(dtype, right.data(), i);
      if (std::isnan(p) && std::isnan(q)) continue;
      ++found.different;
      const bool nan = std::isnan(p) || std::isnan(q);
      const double distance = nan ? std::numeric_limits<double>::infinity() : std::fabs(p - q);
      if (distance > found.max_abs || found.different == 1) found.at = i, found.max_abs = distance;
      if (!nan)
        found.max_ulp = std::max(found.max_ulp, ulp_distance(dtype, left.data(), right.data(), i));
    }
    if (found.different > 0) {
      report_.tensors.push_back(std::move(found));
    } else {
      ++report_.equal_tensors;
      report_.equal_elements += found.elements;
    }
    return {};
  }

  const FileView &a_, &b_;
  std::vector<std::string> names_a_, names_b_;
  std::vector<size_t> writers_a_, writers_b_;
  DiffReport report_;
};

}  // namespace

Result<DiffReport> diff(const FileView& a, const FileView& b) { return Differ(a, b).run(); }

}  // namespace mle::tools
