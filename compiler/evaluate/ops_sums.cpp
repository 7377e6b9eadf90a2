// Sums over axes and what goes with them: MatMul, Reduce, ReduceRows, CumSum, TopK, LayerNorm.
// SPDX-License-Identifier: Apache-2.0
#include "compiler/evaluate/op_site.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

namespace mle::compiler {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Integers wrap as the file's do. Sums of what doubles hold exactly fit 64 bits.
double wrapped(double x, DType dtype) { return cast(x, DType::I64, dtype); }

// `combine` over doubles, or over 64-bit integers that wrap.
double sum(double a, double b, DType dtype) {
  if (dtype == DType::F32 || dtype == DType::F64) return a + b;
  const auto wide = static_cast<uint64_t>(static_cast<int64_t>(a)) +
                    static_cast<uint64_t>(static_cast<int64_t>(b));
  return wrapped(static_cast<double>(static_cast<int64_t>(wide)), dtype);
}
double product(double a, double b, DType dtype) {
  if (dtype == DType::F32 || dtype == DType::F64) return a * b;
  const auto wide = static_cast<uint64_t>(static_cast<int64_t>(a)) *
                    static_cast<uint64_t>(static_cast<int64_t>(b));
  return wrapped(static_cast<double>(static_cast<int64_t>(wide)), dtype);
}

double start_of(ReduceFn fn) {
  switch (fn) {
    case ReduceFn::Prod: return 1;
    case ReduceFn::Max: return -kInfinity;
    case ReduceFn::Min: return kInfinity;
    default: return 0;
  }
}

double reduced(ReduceFn fn, double so_far, double x, DType dtype) {
  switch (fn) {
    case ReduceFn::Sum:
    case ReduceFn::Mean: return sum(so_far, x, dtype);
    case ReduceFn::SumSquare: return so_far + x * x;
    case ReduceFn::Prod: return product(so_far, x, dtype);
    case ReduceFn::Max: return apply(BinaryFn::Max, so_far, x);
    case ReduceFn::Min: return apply(BinaryFn::Min, so_far, x);
  }
  return so_far;
}

// For each element of a tensor of `dims`, where it goes in that tensor without `axes`.
std::vector<size_t> targets(const Dims& dims, const std::vector<uint32_t>& axes) {
  std::vector<size_t> index(element_count(dims));
  for (size_t i = 0; i < index.size(); ++i) {
    size_t rest = i, at = 0, step = 1;
    for (uint32_t axis = static_cast<uint32_t>(dims.size()); axis-- > 0;) {
      const size_t position = rest % dims[axis];
      rest /= dims[axis];
      if (std::binary_search(axes.begin(), axes.end(), axis)) continue;
      at += position * step;
      step *= dims[axis];
    }
    index[i] = at;
  }
  return index;
}

// NaN is the largest; of equals the first comes first, whichever way.
bool comes_before(double a, double b, bool largest) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) != std::isnan(b) && std::isnan(a) == largest;
  return largest ? a > b : a < b;
}

}  // namespace

Elements run_matmul(const OpSite& site) {
  const Dims &a = site.fact(0).dims, &b = site.fact(1).dims, &y = site.result().dims;
  const size_t m = a[a.size() - 2], k = a.back(), n = b.back();
  // Which matrix of a and of b belongs to each matrix of the result.
  const Dims before(y.begin(), y.end() - 2);
  const std::vector<size_t> left = broadcast({a.begin(), a.end() - 2}, before);
  const std::vector<size_t> right = broadcast({b.begin(), b.end() - 2}, before);
  const DType dtype = site.result().dtype;
  Elements result(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t matrix = 0; matrix < left.size(); ++matrix)
      for (size_t row = 0; row < m; ++row)
        for (size_t column = 0; column < n; ++column) {
          const double* from = site.row(0, r) + (left[matrix] * m + row) * k;
          const double* by = site.row(1, r) + right[matrix] * k * n + column;
          double total = 0;
          for (size_t i = 0; i < k; ++i)
            total = sum(total, product(from[i], by[i * n], dtype), dtype);
          result[r * site.width() + (matrix * m + row) * n + column] = total;
        }
  return result;
}

Elements run_reduce(const OpSite& site) {
  const auto fn = static_cast<ReduceFn>(site.node.iattr[0]);
  const std::vector<size_t> to = targets(site.fact(0).dims, site.node.indices);
  Elements y(site.rows * site.width(), start_of(fn));
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t i = 0; i < to.size(); ++i) {
      double& element = y[r * site.width() + to[i]];
      element = reduced(fn, element, site.row(0, r)[i], site.result().dtype);
    }
  const double count = static_cast<double>(to.size()) / static_cast<double>(site.width());
  if (fn == ReduceFn::Mean)
    for (double& element : y) element /= count;
  return y;
}

// Of all rows: the input says how many there are.
Elements run_reduce_rows(const OpSite& site) {
  const auto fn = static_cast<ReduceFn>(site.node.iattr[0]);
  Elements y(site.width(), start_of(fn));
  for (size_t i = 0; i < site.inputs[0]->size(); ++i) {
    double& element = y[i % site.width()];
    element = reduced(fn, element, (*site.inputs[0])[i], site.result().dtype);
  }
  return y;
}

Elements run_cumsum(const OpSite& site) {
  const bool exclusive = site.node.iattr[1] == 1, reverse = site.node.iattr[2] == 1;
  const DType dtype = site.result().dtype;
  return along_axis(site, site.node.iattr[0],
                    [&](const double* x, double* y, size_t n, size_t step) {
                      double total = 0;
                      for (size_t i = 0; i < n; ++i) {
                        const size_t at = (reverse ? n - 1 - i : i) * step;
                        const double next = sum(total, x[at], dtype);
                        y[at] = exclusive ? total : next;
                        total = next;
                      }
                    });
}

Elements run_topk(const OpSite& site) {
  const Axis from(site.fact(0).dims, site.node.iattr[0]);
  const Axis to(site.result().dims, site.node.iattr[0]);
  const bool largest = site.node.iattr[1] == 1;
  Elements y(site.rows * site.width());
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t outer = 0; outer < from.outer; ++outer)
      for (size_t inner = 0; inner < from.inner; ++inner) {
        const double* x = site.row(0, r) + outer * from.n * from.inner + inner;
        std::vector<size_t> order(from.n);
        std::iota(order.begin(), order.end(), size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](size_t i, size_t j) {
          return comes_before(x[i * from.inner], x[j * from.inner], largest);
        });
        for (size_t i = 0; i < to.n; ++i)
          y[r * site.width() + (outer * to.n + i) * to.inner + inner] =
              static_cast<double>(order[i]);
      }
  return y;
}

Elements run_layer_norm(const OpSite& site) {
  const Dims& dims = site.fact(0).dims;
  const size_t n = element_count({dims.begin() + site.node.iattr[0], dims.end()});
  const bool centred = site.node.iattr[1] == 0;
  Elements y;
  for (size_t r = 0; r < site.rows; ++r)
    for (size_t line = 0; line < site.width(); line += n) {
      const double* x = site.row(0, r) + line;
      const auto count = static_cast<double>(n);
      const double mean = centred ? std::accumulate(x, x + n, 0.0) / count : 0;
      double squares = 0;
      for (size_t i = 0; i < n; ++i) squares += (x[i] - mean) * (x[i] - mean);
      const double spread = std::sqrt(squares / count + site.node.fattr[0]);
      for (size_t i = 0; i < n; ++i) {
        const double scaled =
            (x[i] - mean) / spread * (site.inputs.size() > 1 ? (*site.inputs[1])[i] : 1);
        y.push_back(scaled + (site.inputs.size() > 2 ? (*site.inputs[2])[i] : 0));
      }
    }
  return y;
}

}  // namespace mle::compiler
