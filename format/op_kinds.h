// The kinds of op and function a program can hold, as plain enums: the numbers are those of mle.fbs
// (op_rules.cpp asserts it). Includes nothing with code in it, so that kernels may use it too.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mle::format {

enum class OpKind : uint16_t {
  None,
  Dense,
  Unary,
  Binary,
  Compare,
  Select,
  Scale,
  Clip,
  Softmax,
  LogSoftmax,
  Concat,
  Slice,
  Reshape,
  ArgMax,
  Cast,
  MatMul,
  Reduce,
  CumSum,
  TopK,
  LayerNorm,
  Transpose,
  Expand,
  Gather,
  GatherElements,
  MapKeys,
  Labels,
  IsMissing,
  Products,
  Piecewise,
  ReduceRows,
  Couple,
};
inline constexpr int kOpKindCount = 31;

// alpha and beta are the op's fattr[0] and fattr[1]; functions without parameters ignore them.
enum class Act : uint8_t {
  None,         // x
  Relu,         // x < 0 ? 0 : x, so that NaN and -0 pass
  LeakyRelu,    // x < 0 ? alpha x : x
  Elu,          // x < 0 ? alpha (e^x - 1) : x
  Selu,         // x < 0 ? beta alpha (e^x - 1) : beta x
  Celu,         // x < 0 ? alpha (e^(x/alpha) - 1) : x
  Gelu,         // x/2 (1 + erf(x/sqrt 2))
  GeluTanh,     // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
  Sigmoid,      // 1 / (1 + e^-x)
  HardSigmoid,  // max(0, min(1, alpha x + beta))
  HardSwish,    // x max(0, min(1, x/6 + 1/2))
  Silu,         // x sigmoid(x)
  Softplus,     // log(1 + e^x)
  Softsign,     // x / (1 + |x|)
  Tanh,
  Mish,  // x tanh(softplus(x))
  Exp,
  Log,
  Sqrt,
  Neg,
  Abs,
  Reciprocal,
  Erf,
  Floor,
  Ceil,
  Sign,   // NaN of NaN
  Round,  // to the nearest whole number, of two to the even one
  Sin,
  Cos,
  Tan,
  Asin,
  Acos,
  Atan,
  Sinh,
  Cosh,
  Asinh,
  Acosh,
  Atanh,
  Log1p,  // log(1 + x)
  Expm1,  // e^x - 1
};
inline constexpr int kActCount = 40;
// The functions from Sin on are computed one element at a time (runtime/kernels/functions.h).
inline constexpr Act kFirstPlainAct = Act::Sin;

// iattr[0] of a Binary op.
enum class BinaryFn : uint32_t {
  Add,
  Sub,
  Mul,
  Div,
  Min,
  Max,  // NaN if either is
  Pow,
  PRelu,  // a < 0 ? a b : a
  // Of integers, Add, Sub and Mul wrap, Div drops the fraction, and what is divided by zero is 0.
  And,  // bit by bit; of bools the logical one
  Or,
  Xor,
  Mod,         // with the sign of b
  Fmod,        // with the sign of a
  ShiftLeft,   // 0 where b is as many bits as there are
  ShiftRight,  // of signed integers the sign comes in
};
inline constexpr int kBinaryFnCount = 15;
inline constexpr int kFloatBinaryFnCount = 8;  // the first ones are arithmetic, made for floats

// iattr[0] of a Reduce op; the last three are what others are made of: L1 is the Sum of Abs, L2 the
// square root of SumSquare. Of ReduceRows: Max or Min, which do not depend on the order of the
// rows.
enum class ReduceFn : uint32_t { Sum, Mean, Max, Min, Prod, SumSquare };
inline constexpr int kReduceFnCount = 6;

// iattr[0] of a Compare op.
enum class CompareFn : uint32_t { Less, LessEqual, Greater, GreaterEqual, Equal, NotEqual };
inline constexpr int kCompareFnCount = 6;

// iattr of MapKeys: a key that is unknown (0) or missing (1) has this answer, or none.
inline constexpr uint32_t kNoAnswer = ~uint32_t{0};

// indices of a Products op: in place of a column, the factor 1.
inline constexpr uint32_t kNoFactor = ~uint32_t{0};

// iattr[1] of a Piecewise op: what becomes of x below the first break and above the last.
enum class Outside : uint32_t {
  Polynomial,  // the first and the last interval go on for ever
  Clamp,       // as the nearest of the two breaks
  NaN,
  Fault,  // the row has no answer
};
inline constexpr int kOutsideCount = 4;

// Most classes of a Couple op, which compares each with each, round by round.
inline constexpr uint32_t kMaxCoupled = 128;

enum class Layout : uint8_t { Plain, Panel16, Panel16K2, Panel16K4, Lanes16 };

}  // namespace mle::format
