// What doubles cannot say: integers in full, bools bit by bit, strings. Kinds that only move
// elements are run on the places of the elements, which doubles hold.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/op_site.h"
#include "format/integers.h"
#include "format/op_dtypes.h"
#include "format/rules.h"

#include <algorithm>
#include <utility>

namespace mle::compiler {
namespace {

// Calls f with a value of the C++ type; bools are 0 or 1 of u8.
template <class F>
void with_integer(DType dtype, F f) {
  switch (dtype) {
    case DType::I8: return f(int8_t{});
    case DType::I16: return f(int16_t{});
    case DType::U16: return f(uint16_t{});
    case DType::I32: return f(int32_t{});
    case DType::U32: return f(uint32_t{});
    case DType::I64: return f(int64_t{});
    case DType::U64: return f(uint64_t{});
    default: return f(uint8_t{});
  }
}

// y[i] = function(a[i], b[i]) of integers in full; both broadcast, b is 0 where there is none.
template <class Function>
std::vector<int64_t> each(const OpSite& site, Function function) {
  std::vector<std::vector<size_t>> index;
  for (size_t i = 0; i < site.inputs.size(); ++i)
    index.push_back(broadcast(site.fact(i).dims, site.result().dims));
  std::vector<int64_t> y;
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t e = 0; e < site.width(); ++e) {
      int64_t x[2] = {};
      for (size_t i = 0; i < site.inputs.size(); ++i)
        x[i] = site.inputs[i]->integer(r * site.row_step(i) + index[i][e], site.fact(i).dtype);
      y.push_back(function(x[0], x[1]));
    }
  return y;
}

template <class T>
T combine(BinaryFn fn, T a, T b) {
  switch (fn) {
    case BinaryFn::Add: return format::wrap_add(a, b);
    case BinaryFn::Sub: return format::wrap_sub(a, b);
    case BinaryFn::Mul: return format::wrap_mul(a, b);
    case BinaryFn::Div: return format::divide(a, b);
    case BinaryFn::Min: return b < a ? b : a;
    case BinaryFn::Max: return a < b ? b : a;
    case BinaryFn::Pow: return format::power(a, b);
    case BinaryFn::PRelu: return a < 0 ? format::wrap_mul(a, b) : a;
    case BinaryFn::And: return static_cast<T>(a & b);
    case BinaryFn::Or: return static_cast<T>(a | b);
    case BinaryFn::Xor: return static_cast<T>(a ^ b);
    case BinaryFn::Mod: return format::modulo(a, b);
    case BinaryFn::Fmod: return format::remainder(a, b);
    case BinaryFn::ShiftLeft: return format::shift_left(a, b);
    case BinaryFn::ShiftRight: return format::shift_right(a, b);
  }
  return 0;
}

template <class T>
bool compare(CompareFn fn, const T& a, const T& b) {
  switch (fn) {
    case CompareFn::Less: return a < b;
    case CompareFn::LessEqual: return !(b < a);
    case CompareFn::Greater: return b < a;
    case CompareFn::GreaterEqual: return !(a < b);
    case CompareFn::Equal: return a == b;
    case CompareFn::NotEqual: return !(a == b);
  }
  return false;
}

Elements run_integers(const OpSite& site) {
  const DType dtype = site.fact(0).dtype;
  std::vector<int64_t> y;
  with_integer(dtype, [&](auto type) {
    using T = decltype(type);
    y = each(site, [&](int64_t left, int64_t right) -> int64_t {
      const T a = static_cast<T>(left), b = static_cast<T>(right);
      if (site.node.kind == OpKind::Compare)
        return compare(static_cast<CompareFn>(site.node.iattr[0]), a, b);
      if (site.node.kind == OpKind::Binary)
        return static_cast<int64_t>(combine(static_cast<BinaryFn>(site.node.iattr[0]), a, b));
      if (site.node.act == Act::Neg) return static_cast<int64_t>(format::wrap_neg(a));
      if (site.node.act == Act::Abs) return static_cast<int64_t>(format::wrap_abs(a));
      if (site.node.act == Act::Sign) return static_cast<int64_t>(format::sign(a));
      return left;
    });
  });
  return from_integers(std::move(y), site.result().dtype);
}

Elements compare_texts(const OpSite& site) {
  const std::vector<size_t> left = broadcast(site.fact(0).dims, site.result().dims);
  const std::vector<size_t> right = broadcast(site.fact(1).dims, site.result().dims);
  Elements y;
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t e = 0; e < site.width(); ++e)
      y.push_back(compare(static_cast<CompareFn>(site.node.iattr[0]),
                          site.inputs[0]->texts[r * site.row_step(0) + left[e]],
                          site.inputs[1]->texts[r * site.row_step(1) + right[e]]));
  return y;
}

// Which inputs of a kind that moves elements are moved; the others say where to.
struct Moved {
  size_t first = 0, count = 0;
};

Moved moved_inputs(const Node& node) {
  switch (node.kind) {
    case OpKind::Select: return {1, 2};
    case OpKind::Concat: return {0, node.inputs.size()};
    case OpKind::Slice:
    case OpKind::Reshape:
    case OpKind::Transpose:
    case OpKind::Expand:
    case OpKind::Gather:
    case OpKind::GatherElements: return {0, 1};
    default: return {};
  }
}

Result<Elements> run_on_places(const OpSite& site, const Moved& moved) {
  Elements all;  // that are moved, one input after another
  std::vector<Elements> places;
  std::vector<const Elements*> inputs = site.inputs;
  for (size_t i = moved.first; i < moved.first + moved.count; ++i) {
    Elements& of_input = places.emplace_back();
    for (size_t e = 0; e < site.inputs[i]->size(); ++e)
      of_input.push_back(static_cast<double>(all.size() + e));
    all.append(*site.inputs[i], 0, site.inputs[i]->size());
  }
  for (size_t i = 0; i < moved.count; ++i) inputs[moved.first + i] = &places[i];
  MLE_TRY_ASSIGN(const Elements from, evaluate_node(site.graph, site.node, inputs, site.rows));
  std::vector<size_t> indices;
  for (const double place : from) indices.push_back(static_cast<size_t>(place));
  return all.at(indices);
}

// Which of several whole numbers come first does not change when each becomes its rank.
Elements ranks_of(const Elements& numbers) {
  std::vector<int64_t> sorted = numbers.wide;
  std::sort(sorted.begin(), sorted.end());
  Elements ranks;
  for (const int64_t number : numbers.wide)
    ranks.push_back(static_cast<double>(std::lower_bound(sorted.begin(), sorted.end(), number) -
                                        sorted.begin()));
  return ranks;
}

bool is_whole_number(DType dtype) { return format::is_integer(dtype) || dtype == DType::Bool; }

}  // namespace

bool wants_exact(const OpSite& site) {
  bool plain = true;
  for (const Elements* input : site.inputs)
    plain = plain && (input == nullptr || input->is_plain());
  switch (site.node.kind) {
    case OpKind::Unary:
    case OpKind::Binary:
    case OpKind::Compare: return !plain || is_whole_number(site.fact(0).dtype);
    case OpKind::Cast:
    case OpKind::MapKeys:
    case OpKind::Labels:
    case OpKind::IsMissing: return false;  // know them all
    default: return !plain;
  }
}

Result<Elements> run_exact(const OpSite& site) {
  switch (site.node.kind) {
    case OpKind::Unary:
    case OpKind::Binary:
    case OpKind::Compare:
      if (site.fact(0).dtype == DType::Str) return compare_texts(site);
      return run_integers(site);
    case OpKind::TopK: {
      const Elements ranks = ranks_of(*site.inputs[0]);
      return evaluate_node(site.graph, site.node, {&ranks}, site.rows);
    }
    default: break;
  }
  const Moved moved = moved_inputs(site.node);
  for (size_t i = moved.first; i < moved.first + moved.count; ++i)
    if (!site.inputs[i]->is_plain()) return run_on_places(site, moved);
  if (moved.count > 0)  // an index beyond 2^53 lies outside every table, and so does its double
    return error(Code::InvalidArgument, format::rule::R117_NoAnswer, Status::kNoOffset, "",
                 "an index beyond 2^53");
  return error(Code::Unsupported, format::rule::C207_UnsupportedType, Status::kNoOffset, "",
               "op kind %u of integers beyond 2^53 can't be evaluated",
               static_cast<unsigned>(site.node.kind));
}

}  // namespace mle::compiler
